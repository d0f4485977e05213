"""What files say about the NVIDIA driver. They answer at once, also where the driver itself never would."""

from __future__ import annotations

import posixpath
import re
from typing import Iterable, List, Optional, Tuple

from ..facts import DeviceFile
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown, mapped, value_or

MODULE = "/sys/module/nvidia"
PROC_VERSION = "/proc/driver/nvidia/version"

#: Where distributions, NVIDIA's installer, WSL, NixOS and containers put the driver's libraries.
FOLDERS = (
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib64/nvidia",
    "/usr/lib/x86_64-linux-gnu/nvidia/current",
    "/usr/lib/nvidia",
    "/usr/lib/wsl/lib",
    "/run/opengl-driver/lib",
    "/usr/local/nvidia/lib64",
    "/usr/lib",
)
LIBRARIES = ("libcuda.so.1", "libnvidia-ml.so.1")
_LOOKED = ("LD_LIBRARY_PATH", "/etc/ld.so.conf", "the usual library folders")


def module_version(host: Host) -> Reading[str]:
    """Of the loaded kernel module. Absent: none is loaded."""
    source = posixpath.join(MODULE, "version")
    said = mapped(host.read(source, 256), _first_word)
    if isinstance(said, Known):
        return said
    told = mapped(host.read(PROC_VERSION, 1 << 16), version_in_proc)
    if not isinstance(told, Absent):
        return told
    return said if isinstance(said, Unknown) else Absent((source, PROC_VERSION))


def _first_word(text: str) -> str:
    words = text.split()
    if not words or not words[0][:1].isdigit():
        raise ValueError(f"not a version: {text[:60]!r}")
    return words[0]


def version_in_proc(text: str) -> str:
    """The version in /proc/driver/nvidia/version; ValueError when there is none. Layouts over the years:

    NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.57.02  Tue Jul 13 16:14:05 UTC 2021
    NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build  (builder@host)
    """
    found = re.search(r"^NVRM version:.*?\bKernel Module\b.*?\s(\d{2,}\.\d+(?:\.\d+)*)", text, re.MULTILINE)
    if not found:
        raise ValueError(f"no version in {text.splitlines()[0][:80]!r}" if text.strip() else "empty")
    return found.group(1)


def loader_folders(host: Host) -> Tuple[str, ...]:
    """Where the loader would look for libcuda.so.1, in order: LD_LIBRARY_PATH, ld.so.conf, the usual folders."""
    said = [folder for folder in host.environ.get("LD_LIBRARY_PATH", "").split(":") if folder.startswith("/")]
    return tuple(dict.fromkeys(posixpath.normpath(folder) for folder in (*said, *_configured(host), *FOLDERS)))


def _configured(host: Host) -> List[str]:
    """Folders named in /etc/ld.so.conf and in what it includes (always /etc/ld.so.conf.d/*.conf in practice)."""
    names = value_or(host.listdir("/etc/ld.so.conf.d"), ())
    paths = ["/etc/ld.so.conf", *(f"/etc/ld.so.conf.d/{name}" for name in names if name.endswith(".conf"))]
    lines = [line.strip() for path in paths for line in value_or(host.read(path, 1 << 16), "").splitlines()]
    return [line for line in lines if line.startswith("/")]


def is_compat(path: str) -> bool:
    """Whether a libcuda belongs to CUDA's forward-compatibility package, by the folder it lies in."""
    return any(part == "compat" or part.startswith("cuda-compat") for part in posixpath.dirname(path).split("/"))


def compat_library(host: Host, folders: Iterable[str]) -> Reading[str]:
    """The libcuda that the loader meets first, where that is a forward-compatibility one: under the folder's name as
    the loader was told it, and the file's own name, which tells the version."""
    for folder in folders:
        path = posixpath.join(folder, LIBRARIES[0])
        real = host.realpath(path)
        if isinstance(real, Known):
            if not (is_compat(path) or is_compat(real.value)):
                return Absent((path,))
            own = posixpath.join(folder, posixpath.basename(real.value))
            return Known(own if isinstance(host.stat(own), Known) else path, path)
    return Absent(_LOOKED)


def library_version(host: Host, folders: Iterable[str]) -> Reading[str]:
    """Of the driver's user-space library by its file name: libcuda's where it tells, else libnvidia-ml's."""
    kept = [folder for folder in folders if posixpath.basename(folder) != "stubs" and not is_compat(folder + "/")]
    nameless: Optional[Unknown] = None
    for library in LIBRARIES:
        for folder in kept:
            path = posixpath.join(folder, library)
            real = host.realpath(path)
            if isinstance(real, Absent):
                continue
            if isinstance(real, Unknown):
                nameless = nameless or real
                continue
            if is_compat(real.value):
                continue
            version = version_of_file(real.value) or _beside(host, folder, library)
            if version:
                return Known(version, real.value)
            nameless = nameless or Unknown("unparsable", "the file name carries no version", real.value)
            break
    return nameless or Absent(_LOOKED)


def version_of_file(path: str) -> Optional[str]:
    """libcuda.so.550.54.15 -> 550.54.15. WSL's libcuda.so.1.1 carries none: a driver's has three digits and more."""
    found = re.search(r"\.so\.(\d{3,}\.\d+(?:\.\d+)*)$", path)
    return found.group(1) if found else None


def _beside(host: Host, folder: str, library: str) -> Optional[str]:
    """Where libcuda.so.1 is a file and no link: the version of the one file beside it that has one in its name."""
    stem = library[: -len(".1")] + "."
    names = [name for name in value_or(host.listdir(folder), ()) if name.startswith(stem)]
    versions = {version for version in map(version_of_file, names) if version}
    return versions.pop() if len(versions) == 1 else None


def device_files(host: Host) -> Reading[Tuple[DeviceFile, ...]]:
    names = host.listdir("/dev")
    if not isinstance(names, Known):
        return names
    found = []
    for name in names.value:
        path = f"/dev/{name}"
        if name != "dxg" and not name.startswith("nvidia"):
            continue
        stat = host.stat(path)
        if not (isinstance(stat, Known) and stat.value.kind == "dir"):
            found.append(DeviceFile(path, host.access(path, "rw") == Known(True, path)))
    return Known(tuple(found), "/dev")


def nouveau_loaded(host: Host) -> Reading[bool]:
    if isinstance(host.stat("/sys/module"), Absent):
        return Absent(("/sys/module",))
    found = host.stat("/sys/module/nouveau")
    return found if isinstance(found, Unknown) else Known(isinstance(found, Known), "/sys/module/nouveau")
