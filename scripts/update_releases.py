"""Brings torch.json up to date with pip's index: releases of torch, torchvision and torchaudio, and their Pythons.

    python scripts/update_releases.py [--index URL] [--home FOLDER]

Three listings are read. A release that the table has gets the Pythons that wheels are there for, its day and whether it
was yanked. Of a new one METADATA, version.py and TorchConfig.cmake are read from a Linux wheel, in parts, and the
requirements of its companions: builds of other indexes are for a person to add, and the row says so. update_wheels.py
adds what the binaries say. A second run changes no byte.
"""

from __future__ import annotations

import re
import sys
from email.parser import HeaderParser
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Set, Tuple

from _published import Data, Index, Published, Trouble, changed_row, data, member, options, save, today, updated

from envdoctor.versions import numbers

LINUX = "linux_x86_64"
#: In the order in which rows name them; macOS universal wheels are none of torch's.
_PLATFORMS = (
    (LINUX, re.compile(r"(?:manylinux\w*|linux)_x86_64")),
    ("linux_aarch64", re.compile(r"(?:manylinux\w*|linux)_aarch64")),
    ("win_amd64", re.compile(r"win_amd64")),
    ("macos_arm64", re.compile(r"macosx_\w+_arm64")),
    ("macos_x86_64", re.compile(r"macosx_\w+_x86_64")),
)
Wheels = Dict[str, List[Published]]  # version -> its wheels
Pythons = Dict[str, List[str]]  # platform -> minor versions


def wheels(files: Iterable[Published], project: str) -> Wheels:
    """Final releases alone, without local versions: what is on PyPI."""
    found: Wheels = {}
    for file in files:
        parts = file.filename[: -len(".whl")].split("-")
        if file.filename.endswith(".whl") and parts[0] == project and re.fullmatch(r"[0-9]+(\.[0-9]+)*", parts[1]):
            found.setdefault(parts[1], []).append(file)
    return found


def pythons(found: Iterable[Published], all_of: Tuple[str, ...] = ()) -> Pythons:
    """Minor versions by platform, in order. A py3-none wheel serves `all_of`."""
    by_platform: Dict[str, Set[str]] = {}
    for file in found:
        python, abi, tag = file.filename[: -len(".whl")].split("-")[-3:]
        for platform, pattern in _PLATFORMS:
            if pattern.fullmatch(tag.split(".")[0]):
                by_platform.setdefault(platform, set()).update(_minors(python, abi, all_of))
    return {
        name: sorted(by_platform[name], key=lambda one: (numbers(one.rstrip("t")), one))
        for name, _ in _PLATFORMS
        if by_platform.get(name)
    }


def _minors(python: str, abi: str, all_of: Tuple[str, ...]) -> Iterable[str]:
    if python == "py3" and abi == "none":
        return all_of
    tag = re.fullmatch(r"cp([23])([0-9]+)", python)
    if tag is None:
        return ()
    minor = f"{tag[1]}.{tag[2]}"
    # Up to 3.7 ABI tags end in m (2.7 in m or mu), from 3.13 on t is the free-threaded build. 1.7.0 has a
    # cp38-cp38m wheel, which no Python takes.
    old = numbers(minor) < (3, 8)
    plain = {"none", "abi3", *((f"{python}m", f"{python}mu") if old else (python,))}
    return (minor,) if abi in plain else (f"{minor}t",) if abi == f"{python}t" else ()


def _trio(torch: Pythons, vision: Pythons, audio: Pythons) -> List[str]:
    shared = [set(one.get(LINUX, ())) for one in (vision, audio)]
    return [one for one in torch.get(LINUX, ()) if not one.endswith("t") and all(one in each for each in shared)]


def known(row: Dict[str, Any], listed: Tuple[Wheels, Wheels, Wheels]) -> bool:
    """Bring a release that the table has up to date with the listings. One that has gone from the index is left."""
    torch = listed[0].get(row["version"])
    if not torch:
        return False
    own = pythons(torch)
    vision = pythons(listed[1].get(row["torchvision"], ()), tuple(own.get(LINUX, ())))
    audio = pythons(listed[2].get(row["torchaudio"], ()), tuple(own.get(LINUX, ())))
    values: Dict[str, Any] = {
        "pythons": own,
        "vision_pythons": vision or row["vision_pythons"],
        "audio_pythons": audio or row["audio_pythons"],
        "yanked": all(file.yanked for file in torch),
    }
    values["trio_pythons"] = _trio(own, values["vision_pythons"], values["audio_pythons"])
    days = sorted(file.uploaded for file in torch if file.uploaded)
    if days and not row["released"]:
        values["released"] = days[0]
    return changed_row(row, values, ("files",), row["how"])


def new(index: Index, version: str, listed: Tuple[Wheels, Wheels, Wheels], last: Mapping[str, Any]) -> Dict[str, Any]:
    """The row of a release that the table does not have; `last` is that of the release before, from which comes what
    no wheel says. Trouble where the Linux wheel does not say what it is."""
    found = listed[0][version]
    linux = linux_wheel(found)
    if linux is None:
        raise Trouble(f"torch {version}: the index has no wheel for Linux x86_64")
    requires, variant, cuda, old_abi = _read(index, linux, version)
    own = pythons(found)
    vision, refused = _companion(index, version, "torchvision", listed[1], last["torchvision"])
    audio = _companion(index, version, "torchaudio", listed[2], last["torchaudio"])[0] or last["torchaudio"]
    vision_pythons = pythons(listed[1].get(vision or "", ()), tuple(own[LINUX]))
    audio_pythons = pythons(listed[2].get(audio, ()), tuple(own[LINUX]))
    tag = re.search(r"manylinux_([0-9]+)_([0-9]+)_x86_64", linux.filename)
    cudnn = [line for line in requires if re.match(r"nvidia-cudnn-cu[0-9]+==", line)]
    pypi_on = {LINUX: variant, **{one: "cpu" for one in own if one.startswith(("win", "macos"))}}
    arm = _for(found, "linux_aarch64")
    if arm is not None:
        pypi_on["linux_aarch64"] = _read(index, arm, version)[1]
    odd = {"pythons_refused": refused} if refused else {}
    by_hand = "the wheels do not say it: for a person to add"
    return {
        "version": version,
        "released": min((file.uploaded for file in found if file.uploaded), default=""),
        "torchvision": vision,
        "torchaudio": audio,
        "triton": next((line[len("triton") :] for line in requires if re.match(r"triton[=~<>!]", line)), None),
        "default_cuda": cuda,
        "pythons": own,
        "vision_pythons": vision_pythons,
        "audio_pythons": audio_pythons,
        "trio_pythons": _trio(own, vision_pythons, audio_pythons),
        "variants": ["cpu", variant],
        "variants_on": {one: list(dict.fromkeys(["cpu", pypi_on[one]])) for one in pypi_on if not _mac_or(one, LINUX)},
        "pypi_on": {name: pypi_on[name] for name, _ in _PLATFORMS if name in pypi_on},
        "glibc": {"default": f"{tag[1]}.{tag[2]}"} if tag else last["glibc"],
        "cxx11_abi": {"default": not old_abi},
        "cudnn": {variant: cudnn[0].split("==")[1]} if cudnn else {},
        "numpy2": last["numpy2"],
        "numpy_min": None,
        "nvidia_pins": [line for line in requires if line.startswith(("nvidia-", "cuda-"))],
        "yanked": all(file.yanked for file in found),
        "wheel_tag": linux.filename[: -len(".whl")].split("-")[-1],
        "glibc_symbols": None,
        "glibcxx_symbols": None,
        "unknown": {
            "variants": f"PyPI's builds alone are listed: {by_hand}",
            "conda": "no channel was asked: for a person to add",
            "glibc_symbols": "scripts/update_wheels.py reads it",
            "glibcxx_symbols": "scripts/update_wheels.py reads it",
        },
        **odd,
        "source": ["files", "metadata"],
        "how": "derived",
        "checked": today(),
    }


def _mac_or(platform: str, other: str) -> bool:
    return platform == other or platform.startswith("macos")


def linux_wheel(found: Iterable[Published]) -> Optional[Published]:
    """A wheel for Linux x86_64, any Python's: what the updaters read is the same in all."""
    return _for(found, LINUX)


def _for(found: Iterable[Published], platform: str) -> Optional[Published]:
    pattern = dict(_PLATFORMS)[platform]
    for file in found:
        if pattern.fullmatch(file.filename[: -len(".whl")].split("-")[-1].split(".")[0]):
            return file
    return None


def _read(index: Index, wheel: Published, version: str) -> Tuple[List[str], str, str, bool]:
    """Requirements, variant, CUDA and whether the C++ ABI is the old one, of one wheel of torch."""
    with index.wheel(wheel) as archive:
        metadata = member(archive, f"torch-{version}.dist-info/METADATA")
        about = member(archive, "torch/version.py")
        cmake = member(archive, "torch/share/cmake/Torch/TorchConfig.cmake") or b""
    built = re.search(rb"^__version__ = '[^'+]+(?:\+([a-z0-9.]+))?'", about or b"", re.MULTILINE)
    if metadata is None or built is None:
        raise Trouble(f"{wheel.filename}: METADATA and torch/version.py do not say which build it is")
    found = re.search(rb"^cuda\b.*= '([0-9.]+)'", about or b"", re.MULTILINE)
    cuda = found[1].decode() if found else ""
    # Wheels of some releases name no build: then it is the CUDA that version.py names, or none.
    variant = built[1].decode() if built[1] else "cu" + cuda.replace(".", "") if cuda else "cpu"
    return _requires(metadata), variant, cuda, b"USE_CXX11_ABI=0" in cmake


def _requires(metadata: bytes) -> List[str]:
    """Requires-Dist lines as rows have them: 'nvidia-nccl-cu12==2.27.5', without spaces, markers and extras."""
    head = HeaderParser().parsestr(metadata.decode("utf-8", "replace"))
    lines = [line for line in head.get_all("Requires-Dist", []) if "extra ==" not in line]
    return [re.sub(r"[\s()]|\[[^]]*\]", "", line.split(";")[0]) for line in lines]


def _companion(
    index: Index, torch: str, project: str, listed: Wheels, last: Optional[str]
) -> Tuple[Optional[str], List[str]]:
    """The newest release, not older than the last pair's, that asks for this torch, and the exact Pythons that it
    refuses (3.14.1)."""
    from packaging.requirements import InvalidRequirement, Requirement

    candidates = [version for version in listed if numbers(version) >= numbers(last or "0")]
    for version in sorted(candidates, key=numbers, reverse=True):
        with index.wheel(listed[version][0]) as archive:
            metadata = member(archive, f"{project}-{version}.dist-info/METADATA")
        for line in _requires(metadata or b""):
            try:
                asked = Requirement(line)
            except InvalidRequirement:
                continue
            if asked.name == "torch" and asked.specifier.contains(torch):
                takes = HeaderParser().parsestr((metadata or b"").decode("utf-8", "replace"))["Requires-Python"] or ""
                return version, re.findall(r"!=\s*([0-9]+\.[0-9]+\.[0-9]+)(?![0-9.*])", takes)
    return None, []


def update(index: Index, home: Path) -> List[Path]:
    listed = (
        wheels(index.files("torch"), "torch"),
        wheels(index.files("torchvision"), "torchvision"),
        wheels(index.files("torchaudio"), "torchaudio"),
    )
    torch, eras = data(home, "torch"), data(home, "wheel_index")
    for row in torch.rows:
        if known(row, listed):
            print(f"torch {row['version']}: brought up to date", file=sys.stderr)
    there = {row["version"] for row in torch.rows}
    first = min(map(numbers, there))
    for version in sorted(listed[0], key=numbers):
        if version in there or numbers(version) < first:
            continue
        before = max((row for row in torch.rows if numbers(row["version"]) < numbers(version)), key=_version)
        torch.rows.append(new(index, version, listed, before))
        torch.rows.sort(key=_version)
        _extend(eras, version)
        print(f"torch {version}: new; read {index.came:,} bytes so far", file=sys.stderr)
    return save(home, (torch, eras))


def _version(row: Mapping[str, Any]) -> Tuple[int, ...]:
    return numbers(row["version"])


def _extend(eras: Data, version: str) -> None:
    """The newest era goes on until somebody finds that it does not."""
    last = max((row for row in eras.rows if "only" not in row), key=lambda row: numbers(row["last"]))
    if numbers(version) > numbers(last["last"]):
        changed_row(last, {"last": version}, (), "derived")


def main(argv: List[str]) -> int:
    said = options(__doc__).parse_args(argv)
    return updated(said.index, lambda index: update(index, said.home))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
