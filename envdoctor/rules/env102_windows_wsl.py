"""WSL without a usable GPU: WSL 1, no /dev/dxg, or a Linux driver installed inside.

It finds WSL 1, which has no GPU at all; WSL 2 whose kernel or Windows driver gives no /dev/dxg; and a libcuda outside
/usr/lib/wsl/lib, that is, an NVIDIA driver for Linux installed inside, which takes the place of the one that Windows
hands in. A Windows driver that is too old for this torch is `driver-too-old`.

It matters because CUDA then finds no device although the GPU works in Windows.

It is mended outside Linux: convert the distribution to WSL 2 and update WSL and the Windows driver; a Linux driver
inside is removed, because WSL needs none.

Example: nvidia-driver-550 installed with apt inside WSL 2.
"""

from __future__ import annotations

from typing import Iterator, List, Tuple

from ..compat import CompatTable
from ..facts import Facts
from ..reading import Known, need, source_of, value_or
from ..report import Evidence, Finding, NeedCommand, Remedy
from ._common import finding, seen
from ._gpus import variable

ID = "ENV102"
NAME = "windows-wsl"
SEVERITY = "error"
TAGS = ("environment", "driver")

_HANDED_IN = "/usr/lib/wsl/"


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    version = need(facts.session.wsl, "WSL")
    because = [seen(f"this is WSL {version}", facts.session.wsl)]
    if version == "1":
        name = variable(facts, "WSL_DISTRO_NAME")
        convert = (("wsl.exe", "--set-version", name, "2"),) if name else (("wsl.exe", "--list", "--verbose"),)
        title = "convert this distribution to WSL 2, in a Windows terminal"
        yield _say("WSL 1 has no GPU", because, [Remedy(title, (NeedCommand(convert, who="admin"),))])
        return
    files = [file.path for file in need(facts.driver.device_files, "device files")]
    if "/dev/dxg" not in files:
        because.append(seen("/dev/dxg is not there", facts.driver.device_files))
        update = NeedCommand((("wsl.exe", "--update"), ("wsl.exe", "--shutdown")), who="admin")
        title = "update WSL in a Windows terminal, and the Windows driver of the GPU"
        yield _say("WSL 2 hands no GPU in: /dev/dxg is missing", because, [Remedy(title, (update,))])
        return
    inside = _drivers_inside(facts)
    if inside:
        works = value_or(facts.driver.nvml_status, "") == "SUCCESS"
        because += [Evidence(f"a libcuda lies at {path}", source) for path, source in inside]
        yield _say(
            f"an NVIDIA driver for Linux is installed inside WSL: {inside[0][0]}",
            because,
            [_remove(facts)],
            "warning" if works else SEVERITY,
        )


def _say(title: str, because: List[Evidence], remedies: List[Remedy], severity: str = SEVERITY) -> Finding:
    meaning = "Below WSL the driver is Windows': CUDA works only through what Windows hands in under /usr/lib/wsl/lib."
    return finding(ID, NAME, severity, title, meaning, because, remedies)


def _drivers_inside(facts: Facts) -> Tuple[Tuple[str, str], ...]:
    """libcuda files of an own driver: not those handed in, no compatibility library, no stub."""
    found = []
    version = facts.driver.library_version
    if isinstance(version, Known) and version.source.startswith("/") and not version.source.startswith(_HANDED_IN):
        found.append((version.source, "the loader's folders"))
    for library in value_or(facts.libraries.libraries, ()):
        ours = library.path.startswith(_HANDED_IN) or "/compat/" in library.path or "/stubs/" in library.path
        if library.family == "libcuda" and library.where == "system" and not ours:
            found.append((library.path, source_of(facts.libraries.libraries)))
    return tuple(dict(found).items())


def _remove(facts: Facts) -> Remedy:
    title = "remove the driver that was installed inside; keep Windows' own"
    if value_or(facts.session.distro, "").startswith(("Ubuntu", "Debian")):
        purge = (("sudo", "apt-get", "purge", "libnvidia-*", "nvidia-driver-*"), ("sudo", "ldconfig"))
        return Remedy(title, (NeedCommand(purge, who="admin", safety="removes"),))
    return Remedy(title, ())
