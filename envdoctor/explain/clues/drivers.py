"""The driver in the text against the CUDA of the torch that was installed there."""

from __future__ import annotations

import re
from typing import Iterator, Optional, Tuple

from ...compat import NoRow
from ...reading import Known, source_of, value_or
from ...versions import at_least
from ..evidence import Case, Clue

_DRIVER = re.compile(
    r"Driver Version: (\d{3}\.\d{1,3}(?:\.\d{1,2})?)|^(?:.{0,80}, )?(\d{3}\.\d{2,3}(?:\.\d{2})?)$", re.M
)
_TORCH = re.compile(
    r"\btorch={2,3}(\d\.\d{1,2}\.\d)(?:\+(cu\d{2,3}|cpu))?"
    r"|Successfully installed [^\n]{0,3000}\btorch-(\d\.\d{1,2}\.\d)(?:\+(cu\d{2,3}|cpu))?"
)
_VERSION = re.compile(r"(\d\.\d{1,2}\.\d)(?:\.post\d)?(?:\+(cu\d{2,3}|cpu))?")
_TORCH_FOLDER = re.compile(r"libtorch|/torch/lib|caffe2", re.I)
_FALSE = re.compile(r"^False\b|\bFalse$|is_available\(\): False|CUDA available: (?:No|False)", re.M)
_LIB = re.compile(r"LD_LIBRARY_PATH[^\n]{0,20}[=\n:] ?(\S{0,200}(?:cuda|cudnn|conda)\S{0,100})", re.I)


#: CUDA of the wheels on PyPI before the releases that the table has.
_BEFORE = {"1.0": "9.0", "1.1": "9.0", "1.2": "10.0", "1.3": "10.1"}


def read(case: Case) -> Iterator[Clue]:
    yield from _too_old(case)
    path = case.find(_LIB)
    echoed = (
        None if path else case.find(re.compile(r"^\$ echo \$LD_LIBRARY_PATH\n(\S{1,200}(?:cuda|cudnn)\S{0,100})", re.M))
    )
    where = path or echoed
    if where and case.hit(
        "lib.cuda-symbol", "lib.nvjitlink", "lib.nccl-symbol", "cublas.execution", "lib.cudnn-symbol"
    ):
        yield Clue(
            "ld-library-path-conflict", 60, f"LD_LIBRARY_PATH leads to {where[0].group(1)[:120]}", f"line {where[1]}"
        )
    torch = _libtorch(case)
    if torch and case.hit("torch.own-symbol", "torch.c-attribute", "ext.c10-symbol"):
        says = f"LD_LIBRARY_PATH leads to another libtorch: {torch[0][:120]}"
        yield Clue("ld-library-path-conflict", 75, says, torch[1], says)
    if where and case.hit("cudnn.version", "cudnn.sublibrary"):
        yield Clue(
            "ld-library-path-conflict", 30, f"LD_LIBRARY_PATH leads to {where[0].group(1)[:120]}", f"line {where[1]}"
        )


def _libtorch(case: Case) -> Optional[Tuple[str, str]]:
    """A folder of a libtorch on LD_LIBRARY_PATH, and the line."""
    for name, value in value_or(case.facts.session.variables, ()):
        if name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") and _TORCH_FOLDER.search(value):
            return value, source_of(case.facts.session.variables)
    return None


def _too_old(case: Case) -> Iterator[Clue]:
    if isinstance(case.facts.torch.cuda, Known) and isinstance(case.facts.driver.module_version, Known):
        return  # the rule has both, and judges
    driver, build, seen = _driver(case), _build(case), case.find(_FALSE)
    if not driver or not build or not seen:
        return
    version, tag = build
    if tag == "cpu":
        return
    try:
        cuda = f"{tag[2:-1]}.{tag[-1]}" if tag else _BEFORE.get(version[:3]) or case.table.torch(version).default_cuda
        lowest = case.table.cuda(cuda).minimum_driver if cuda else None
    except NoRow:
        return
    if lowest and not at_least(driver[0], lowest):
        says = f"torch {version} is built for CUDA {cuda}, which needs driver {lowest}; this one is {driver[0]}"
        yield Clue("driver-too-old", 85, says, driver[1], says)


def _build(case: Case) -> Optional[Tuple[str, str]]:
    """torch's release and the tag of its build, "" where it has none: ("2.1.0", "cu118")."""
    known = value_or(case.facts.torch.version, "")
    found = _VERSION.fullmatch(known)
    if found:
        return found.group(1), found.group(2) or ""
    installed = case.find(_TORCH)
    if installed is None:
        return None
    one, other = installed[0].group(1, 2), installed[0].group(3, 4)
    return (one[0], one[1] or "") if one[0] else (other[0], other[1] or "")


def _driver(case: Case) -> Optional[Tuple[str, str]]:
    known = value_or(case.facts.driver.module_version, "") or value_or(case.facts.driver.nvml_driver_version, "")
    if known:
        return known, "the facts in the text"
    found = case.find(_DRIVER) if "nvidia-smi" in case.text.lower() else None
    return (found[0].group(1) or found[0].group(2), f"line {found[1]}") if found else None
