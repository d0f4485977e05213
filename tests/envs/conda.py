"""Real conda prefixes: a channel of our own as a folder, solved and installed by py-rattler.

The channel holds a real Python (copied from one on this machine) and stand-ins for what the pytorch channel carries.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from . import wheels

MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"
SITE = f"lib/python{MINOR}/site-packages"
SKIPPED = ("__pycache__", "/test/", "/tests/", "/idlelib/", "/tkinter/", "/ensurepip/", "/lib2to3/")


class Channel:
    """A conda channel in a folder, for linux-64."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records: Dict[str, Any] = {}

    def add(
        self,
        name: str,
        version: str,
        build: str,
        files: Mapping[str, bytes],
        depends: Sequence[str] = (),
        number: int = 0,
        links: Sequence[Tuple[str, str]] = (),
        entry_points: Sequence[str] = (),
    ) -> None:
        """A package; one with entry points is a noarch Python package, whose scripts the installer writes."""
        index = {"name": name, "version": version, "build": build, "build_number": number, "depends": list(depends)}
        index.update(subdir="linux-64", arch="x86_64", platform="linux", timestamp=1700000000000)
        if entry_points:
            index.update(noarch="python")
        paths = [
            {"_path": path, "path_type": "hardlink", "sha256": _sha(data), "size_in_bytes": len(data)}
            for path, data in files.items()
        ]
        paths += [
            {"_path": path, "path_type": "softlink", "sha256": _sha(b""), "size_in_bytes": 0} for path, _ in links
        ]
        file = self.folder / "linux-64" / f"{name}-{version}-{build}.tar.bz2"
        file.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(file, "w:bz2", compresslevel=1) as archive:
            _put(archive, "info/index.json", json.dumps(index).encode())
            _put(archive, "info/paths.json", json.dumps({"paths": paths, "paths_version": 1}).encode())
            _put(archive, "info/files", "".join(f"{entry['_path']}\n" for entry in paths).encode())
            if entry_points:
                link = {"noarch": {"type": "python", "entry_points": list(entry_points)}, "package_metadata_version": 1}
                _put(archive, "info/link.json", json.dumps(link).encode())
            for path, data in files.items():
                _put(archive, path, data, 0o755 if path.startswith("bin/") or ".so" in path else 0o644)
            for path, target in links:
                member = tarfile.TarInfo(path)
                member.type, member.linkname = tarfile.SYMTYPE, target
                archive.addfile(member)
        raw = file.read_bytes()
        self.records[file.name] = {**index, "sha256": _sha(raw), "md5": hashlib.md5(raw).hexdigest(), "size": len(raw)}

    def publish(self) -> str:
        """Write the repodata; returns the channel's URL."""
        for subdir, packages in (("linux-64", self.records), ("noarch", {})):
            (self.folder / subdir).mkdir(parents=True, exist_ok=True)
            data = {"info": {"subdir": subdir}, "packages": packages, "packages.conda": {}, "repodata_version": 1}
            (self.folder / subdir / "repodata.json").write_text(json.dumps(data))
        return self.folder.as_uri()


def _put(archive: tarfile.TarFile, name: str, data: bytes, mode: int = 0o644) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = len(data), mode, 1700000000
    archive.addfile(member, io.BytesIO(data))


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def real_python() -> Dict[str, bytes]:
    """The running CPython's interpreter and standard library, and pip with it."""
    base = Path(sys.base_prefix)
    library = base / "lib" / f"python{MINOR}"
    kept: Dict[str, bytes] = {f"bin/python{MINOR}": (base / "bin" / f"python{MINOR}").resolve().read_bytes()}
    for file in sorted(library.rglob("*")):
        name = str(file.relative_to(base))
        if file.is_dir() or any(part in name for part in SKIPPED) or "/config-" in name:
            continue
        if "site-packages/" not in name:
            kept[name] = file.read_bytes()
    return kept


def real_pip() -> Dict[str, bytes]:
    """pip as the running CPython bundles it."""
    import ensurepip

    bundled = next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    with zipfile.ZipFile(bundled) as archive:
        return {f"site-packages/{name}": archive.read(name) for name in archive.namelist()}


def pytorch_channel(folder: Path) -> str:
    """python, pytorch in CPU and CUDA builds, pytorch-mutex, cpuonly, numpy, mkl: named as on the real channel."""
    channel = Channel(folder)
    links = [("bin/python", f"python{MINOR}"), ("bin/python3", f"python{MINOR}")]
    channel.add("python", f"{MINOR}.0", "h0_0_cpython", real_python(), links=links)
    python = f"python >={MINOR},<{MINOR[:2]}{int(MINOR[2:]) + 1}.0a0"
    pip = ["pip = pip._internal.cli.main:main", "pip3 = pip._internal.cli.main:main"]
    channel.add("pip", "23.2.1", "py_0", real_pip(), ["python"], entry_points=pip)
    channel.add("pytorch-mutex", "1.0", "cpu", {})
    channel.add("pytorch-mutex", "1.0", "cuda", {}, number=100)
    channel.add("cpuonly", "2.0", "0", {}, ["pytorch-mutex 1.0 cpu"])
    for version in ("2023.1.0", "2024.2.0"):
        channel.add("mkl", version, "h0_0", {})
    channel.add("numpy", "1.26.4", "py_0", _module("numpy", wheels.numpy_files("1.26.4"), "1.26.4"), [python])
    for version, cuda, build in (
        ("2.1.0", None, "cpu"),
        ("2.1.0", "12.1", "cuda12.1_cudnn8.9.2"),
        ("2.2.0", None, "cpu"),
    ):
        files = _module("torch", wheels.torch_files(version, cuda), version)
        mutex = "pytorch-mutex 1.0 cuda" if cuda else "pytorch-mutex 1.0 cpu"
        depends = [python, "numpy", "mkl", mutex, *(["__cuda"] if cuda else [])]
        channel.add("pytorch", version, f"py{MINOR}_{build}_0", files, depends)
    return channel.publish()


def _module(name: str, files: wheels.Files, version: str) -> Dict[str, bytes]:
    info = f"{SITE}/{name}-{version}.dist-info"
    kept = {f"{SITE}/{path}": data for path, data in files.items()}
    kept[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    kept[f"{info}/INSTALLER"] = b"conda\n"
    record = [*files, *(f"{name}-{version}.dist-info/{part}" for part in ("METADATA", "INSTALLER", "RECORD"))]
    kept[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in record).encode()
    return kept


def prefix(folder: Path, channel: str, specs: List[str], cuda: Optional[str] = None) -> Path:
    """Solve and install an environment as conda would with (`cuda`) or without a driver; returns its interpreter."""
    asyncio.run(_install(folder, channel, specs, cuda))
    return folder / "bin" / "python"


async def _install(folder: Path, channel: str, specs: List[str], cuda: Optional[str]) -> None:
    import rattler

    machine = [package.into_generic() for package in rattler.VirtualPackage.detect()]
    machine = [package for package in machine if package.name.source != "__cuda"]
    if cuda:
        driver = rattler.GenericVirtualPackage(
            rattler.PackageName("__cuda"), rattler.Version(cuda), rattler.BuildString("0")
        )
        machine.append(driver)
    records = await rattler.solve([channel], list(specs), platforms=["linux-64", "noarch"], virtual_packages=machine)
    cache = folder.parent / "pkgs"
    await rattler.install(records, str(folder), cache_dir=cache, show_progress=False)
