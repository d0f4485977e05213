"""pip's "from versions:" list: it names the interpreter and the index even where the user does not.

Without a +tag in it no PyTorch index was read; 0.1.2 alone means that no wheel fits; a wanted version below the lowest
means a Python too new for it, above the highest a Python too old or a mirror that lags.
"""

from __future__ import annotations

import re
from typing import Iterator, List, NamedTuple, Optional, Tuple

from ...compat import NoRow
from ...report import NeedCommand, NeedEnvironment, NeedTorch, Remedy
from ...versions import numbers
from ..evidence import Case, Clue
from ._pythons import minor, pips

_FAILED = re.compile(
    r"Could\s{1,4}not\s{1,4}find\s{1,4}a\s{1,4}version\s{1,4}that\s{1,4}satisfies\s{1,4}the\s{1,4}requirement\s{1,4}(\S{1,120}?)"
    r"(?:\s{1,4}\(from (?!versions)[^()\n]{1,80}\))?"
    r"(?:\s{1,12}\(from versions: ?([^)]{0,20000})\)|$)",
    re.M,
)
_REQUIREMENT = re.compile(
    r"([A-Za-z0-9._-]{1,60}?)(?:\[[^\]]{0,60}\])?(===?|~=|>=|<=|<|>)([\d.]{1,20}[\w.]{0,12})(\+\w{1,12})?"
)
_SOURCE = re.compile(
    r"(?:Looking in (?:indexes|links): |-f ?|-i ?|--find-links[= ]|--index-url[= ]"
    r"|--extra-index-url[= ]|index-url ?= ?'?)(\S{4,200})"
)
_MIRROR = re.compile(
    r"mirror|tuna|aliyun|ustc\.edu|sjtu|douban|tencent|huawei|bfsu|\.edu\.cn|nexus|artifactory|devpi"
    r"|jfrog|baidu|163\.com",
    re.I,
)
_INDEXES = re.compile(r"Looking in (?:indexes|links): ([^\n]{4,400})")
_MAKERS = re.compile(
    r"//(?:[\w.-]{0,40}\.)?(?:pypi\.org|pytorch\.org|pythonhosted\.org|nvidia\.com|pypi\.python\.org|data\.pyg\.org|openmmlab\.com|piwheels\.org)\b"
)
#: Packages whose wheels were manylinux2014 from a release on, and whose source takes a compiler.
_BUILT = re.compile(
    r"(?:Building wheels? for(?: collected packages:)?|Failed building wheel for"
    r"|Running setup\.py (?:bdist_wheel|install) for) "
    r"(opencv-\w{3,12}(?:-headless)?|tokenizers|sentencepiece|cryptography|pyarrow|scipy|numpy|grpcio|onnx\w{0,8}"
    r"|matplotlib|safetensors|h5py)\b"
)
_USED_PIP = re.compile(r"You are using pip version (\d{1,2}(?:\.\d{1,2}){1,2})")
_REFUSED = re.compile(r"(\S{1,160}(manylinux2014|manylinux_2_\d{1,2})_\S{1,60}\.whl) is not a supported wheel")
_NETWORK = ("pip.network", "pip.ssl")
_ODD_PLATFORM = re.compile(
    r"musl|alpine|armv[67]l|win32\b|32.?bit|i[36]86|win_arm64|cp313t|free.?threaded|ppc64le|riscv64", re.I
)


#: pip's last line, which some quote alone.
_LAST = re.compile(r"No\s{1,4}matching\s{1,4}distribution\s{1,4}found\s{1,4}for\s{1,4}(\S{1,120})")


class Failure(NamedTuple):
    requirement: str
    name: str
    version: str
    local: str
    offered: Optional[Tuple[str, ...]]  # None: the message has no list
    line: int


def failures(case: Case) -> List[Failure]:
    told = [_failure(match.group(1), match.group(2), line) for match, line in case.all(_FAILED)]
    return told or [_failure(match.group(1), None, line) for match, line in case.all(_LAST)]


def _failure(requirement: str, offered: Optional[str], line: int) -> Failure:
    wanted = _REQUIREMENT.match(requirement)
    listed = None if offered is None else tuple(v.strip() for v in offered.split(",") if v.strip() not in ("", "none"))
    name = (wanted.group(1) if wanted else re.split(r"[=<>~!\[;]", requirement)[0]).lower()
    exact = wanted is not None and wanted.group(2) in ("==", "===")
    version = wanted.group(3) if wanted and exact else ""
    return Failure(requirement, name, version, (wanted.group(4) or "") if wanted else "", listed, line)


def read(case: Case) -> Iterator[Clue]:
    for failure in failures(case)[-3:]:
        yield from _one(failure, case)
    yield from _refused(case)
    yield from _built_by_old(case)


def _refused(case: Case) -> Iterator[Clue]:
    """A wheel whose platform tag is newer than the pip that was to install it."""
    wheel = case.find(_REFUSED)
    if not wheel:
        return
    needs = (19, 3) if "manylinux2014" in wheel[0].group(1) else (20, 3)
    old = next((one for one in _pip_versions(case) if numbers_of(one)[:2] < needs), None)
    if old:
        says = f"pip {old} does not know the tag {wheel[0].group(2)}, {needs[0]}.{needs[1]} and later do"
        yield Clue("pip-too-old", 88, says, f"line {wheel[1]}", says)
        yield Clue("python-unsupported", -30, says, f"line {wheel[1]}")


def _one(failure: Failure, case: Case) -> Iterator[Clue]:
    source = f"line {failure.line}"
    network = case.hit(*_NETWORK)
    if network:
        for name in ("python-unsupported", "wheel-not-on-index", "pip-mirror-missing-torch", "pip-too-old"):
            yield Clue(name, -75, f"the index was not reached: {network.text[:80]}", network.source)
    for name, weight, says in _readings(failure, case):
        remedies = _ways_out(name, failure, case)
        yield Clue(name, weight, says, source, f"pip finds no {failure.requirement}: {says}", remedies)


def _ways_out(name: str, failure: Failure, case: Case) -> Tuple[Remedy, ...]:
    if failure.name in ("torchvision", "torchaudio") and failure.local.startswith("+cu"):
        index = f"https://download.pytorch.org/whl/{failure.local[1:]}"
        command = ("python", "-m", "pip", "install", failure.requirement, "--index-url", index)
        return (Remedy("ask the index of that build for it", (NeedCommand((command,)),)),)
    if failure.name != "torch" or not failure.version:
        return ()
    if name == "python-unsupported":
        try:
            pythons = case.table.torch(failure.version).trio_pythons
        except NoRow:
            return ()
        wanted = (f"torch=={failure.version}",)
        need = NeedEnvironment(python=pythons[-1] if pythons else None, with_torch=False, requirements=wanted)
        return (Remedy(f"make an environment whose Python has wheels of torch {failure.version}", (need,)),)
    if name in ("wheel-not-on-index", "pip-mirror-missing-torch"):
        build = failure.local.lstrip("+") or None
        return (Remedy("ask PyTorch's own index for it", (NeedTorch(version=failure.version, accelerator=build),)),)
    return ()


def _readings(failure: Failure, case: Case) -> Iterator[Tuple[str, int, str]]:
    offered, version = failure.offered, failure.version
    python = minor(case)
    mirror = _mirror(case)
    old_pip = next((one for one in _pip_versions(case) if numbers_of(one) < (19, 3)), None)
    if offered and old_pip and (offered[0].startswith("0.0.1") or failure.name.startswith("nvidia-")):
        yield "pip-too-old", 88, f"pip {old_pip} does not know manylinux2014, which the wheels are tagged with"
        return
    if offered is not None and _placeholders(offered):
        yield "python-unsupported", 80, "only placeholders are offered: no wheel fits this Python or platform"
        yield "wheel-not-on-index", 25, "no wheel is offered"
        return
    supported = _supported(failure, python, case)
    if not offered:
        yield from _nothing_offered(failure, python, supported, mirror, case)
        return
    public = {one.split("+")[0] for one in offered}
    tagged = any("+" in one for one in offered)
    if failure.local and (version in public or supported):
        where = "the index has that release and not that build" if version in public else "that build is not there"
        if not tagged:
            where = "no +build is offered, so no PyTorch index was read"
        yield "wheel-not-on-index", 70 if mirror else 86, where
        if mirror:
            yield "pip-mirror-missing-torch", 82, f"{mirror} does not carry it"
        return
    if not version:
        yield "python-unsupported", 45, "nothing that is offered fits"
        yield "wheel-not-on-index", 40, "nothing that is offered fits"
        return
    lowest, highest = (numbers_of(one) for one in (offered[0], offered[-1]))
    wanted = numbers_of(version)
    series = [one for one in offered if numbers_of(one)[:2] == wanted[:2]]
    if failure.local and _never_built(failure, case):
        yield "wheel-not-on-index", 90, f"torch {version} was never built for {failure.local[1:]}"
        yield "python-unsupported", 15, "it is not offered"
    elif failure.local and series and lowest <= wanted <= highest:
        # Its neighbours are there, so this Python is served.
        yield "wheel-not-on-index", 84, f"{version} is not among {', '.join(series[-4:])}"
        yield "python-unsupported", 25, "it is not offered"
    elif supported is False:
        yield "python-unsupported", 90, f"torch {version} has no wheel for {_this(python)}"
    elif wanted > highest and highest == (2, 2, 2) and not mirror:
        yield "python-unsupported", 82, "2.2.2 is the newest offered, the last one for macOS on Intel"
        yield "wheel-not-on-index", 35, "it is not offered"
    elif mirror and wanted > highest:
        yield "pip-mirror-missing-torch", 86, f"{mirror} ends at {offered[-1]}"
        yield "wheel-not-on-index", 40, "it is not offered"
    elif wanted < lowest:
        weight = 88 if supported is None else 60
        yield "python-unsupported", weight, f"the oldest offered is {offered[0]}: this Python is too new for {version}"
        yield "wheel-not-on-index", 40 if supported is None else 65, "it is not offered"
    elif tagged and wanted > highest and not supported:
        yield "wheel-not-on-index", 80, f"the newest build on that index is {offered[-1]}"
        yield "python-unsupported", 40, "or there is none for this Python"
    elif wanted > highest and supported is None:
        yield "python-unsupported", 80, f"the newest offered is {offered[-1]}: this Python is too old for {version}"
        yield "wheel-not-on-index", 35, "it is not offered"
    else:
        yield "wheel-not-on-index", 84, f"{version} is not among {offered[0]} to {offered[-1]}"
        if mirror:
            yield "pip-mirror-missing-torch", 70, f"{mirror} does not carry it"


def _never_built(failure: Failure, case: Case) -> bool:
    """Whether there is no build of that release for that CUDA, whatever the Python."""
    if failure.name != "torch" or not failure.local.startswith("+cu"):
        return False
    try:
        variants = case.table.torch(failure.version).variants
    except NoRow:
        return False
    return bool(variants) and failure.local[1:] not in variants


def _pip_versions(case: Case) -> Iterator[str]:
    yield from (pip.version for pip in pips(case))
    for found, _ in case.all(_USED_PIP):
        yield found.group(1)


def _this(python: Optional[str]) -> str:
    return f"Python {python}" if python else "the Python of this pip"


def _nothing_offered(
    failure: Failure, python: Optional[str], supported: Optional[bool], mirror: str, case: Case
) -> Iterator[Tuple[str, int, str]]:
    odd = case.find(_ODD_PLATFORM)
    if supported is False:
        yield "python-unsupported", 88, f"torch {failure.version} has no wheel for {_this(python)}"
    elif odd:
        yield "python-unsupported", 85, f"no wheel fits {odd[0].group()}"
        yield "wheel-not-on-index", 50, "nothing is offered"
    elif mirror:
        yield "pip-mirror-missing-torch", 65, f"{mirror} offers nothing"
        yield "python-unsupported", 35, "nothing is offered"
    elif failure.local:
        yield "wheel-not-on-index", 72, f"builds such as {failure.local} are on PyTorch's own index"
        yield "python-unsupported", 45, "or there is none for this Python"
    else:
        yield "python-unsupported", 62, "nothing is offered: mostly no wheel fits this Python or platform"
        yield "wheel-not-on-index", 45, "or the index that was asked is another one"
        yield "proxy-or-ssl", 25, "or the index was not reached"


def _supported(failure: Failure, python: Optional[str], case: Case) -> Optional[bool]:
    """Whether torch of that version has wheels for that Python; None where it is not known."""
    offered = failure.offered or ()
    if failure.name != "torch" or not failure.version:
        return None
    try:
        row = case.table.torch(failure.version)
        pythons = set(row.pythons.get("linux_x86_64", ())) | set(row.pythons.get("win_amd64", ()))
    except NoRow:
        return None
    if offered and "+" not in "".join(offered) and (python is None or len(offered) > 3):
        # What the index offers names the Python more surely than a path in the text does.
        fits = _by_offer(offered, case)
        if fits:
            return bool(fits & pythons)
    return None if python is None or not pythons else python in pythons


def _by_offer(offered: Tuple[str, ...], case: Case) -> set[str]:
    """Minor versions for which PyPI's oldest torch is the oldest offered one."""
    oldest = {}
    for minor_version in ("3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"):
        for release in _releases(case):
            if minor_version in release[1]:
                oldest[minor_version] = release[0]
                break
    return {name for name, version in oldest.items() if numbers_of(version) == numbers_of(offered[0])}


def _releases(case: Case) -> List[Tuple[str, Tuple[str, ...]]]:
    rows = []
    for version in (
        "1.0.0",
        "1.0.1",
        "1.1.0",
        "1.2.0",
        "1.4.0",
        "1.7.0",
        "1.7.1",
        "1.8.0",
        "1.11.0",
        "1.12.0",
        "1.13.0",
        "2.0.0",
        "2.2.0",
        "2.5.0",
        "2.6.0",
        "2.9.0",
    ):
        try:
            rows.append((version, case.table.torch(version).pythons.get("linux_x86_64", ())))
        except NoRow:
            continue
    return rows


def _placeholders(offered: Tuple[str, ...]) -> bool:
    return bool(offered) and all(one.startswith(("0.1.2", "0.0.1")) for one in offered)


def _mirror(case: Case) -> str:
    for found, _ in case.all(_SOURCE):
        if _MIRROR.search(found.group(1)):
            return found.group(1)
    asked = [
        one for found, _ in case.all(_INDEXES) for one in re.findall(r"https?://\S{3,200}?(?=[,\s]|$)", found.group(1))
    ]
    # An index that is neither PyPI nor its makers' is somebody's copy.
    return asked[0] if asked and not any(_MAKERS.search(one) for one in asked) else ""


def _built_by_old(case: Case) -> Iterator[Clue]:
    """A source archive that is built although wheels are there: a pip that does not know their tag takes it."""
    built = case.find(_BUILT)
    old = next((one for one in _pip_versions(case) if numbers_of(one)[:2] < (19, 3)), None)
    if built and old:
        says = f"pip {old} does not know manylinux2014, and builds {built[0].group(1)} from its source"
        yield Clue("pip-too-old", 82, says, f"line {built[1]}", says)


def numbers_of(version: str) -> Tuple[int, ...]:
    """(2, 1, 0) of '2.1.0.post1+cpu'; () where it begins with no number."""
    found = re.match(r"\d{1,8}(?:\.\d{1,8}){0,5}", version)
    return numbers(found.group()) if found else ()
