"""nvcc and a host compiler for building extensions: what is there and fits, else how to get it without root."""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from ..compat import CompatTable, NoRow
from ..facts import Facts
from ..frozen import frozen
from ..reading import Known, value_or
from ..versions import major, numbers
from . import pip
from .parts import Argv, Case, NoWay
from .spot import CONDA_TOOLS, Spot

#: A newer compiler than this is not needed by any torch, and old headers have not met it.
_NEWEST_GCC = 13
_TRIPLE = "x86_64-conda-linux-gnu"


@frozen
class Toolchain:
    commands: Tuple[Argv, ...]  # that bring it here; empty: it is here
    variables: Tuple[Tuple[str, str], ...]  # to be exported, in order
    notes: Tuple[str, ...]


@frozen
class Wanted:
    """A toolkit of that CUDA, with a gcc from `gcc_min` to `gcc_max`, both included."""

    cuda: str  # "12.1"
    gcc_min: int
    gcc_max: int

    @property
    def gcc(self) -> int:
        return max(self.gcc_min, min(self.gcc_max, _NEWEST_GCC))


def wanted(torch: str, cuda: str, table: CompatTable) -> Wanted:
    """NoWay where the table does not know which compilers that CUDA takes."""
    try:
        row = table.cuda(cuda)
    except NoRow as reason:
        raise NoWay(f"{reason}.") from None
    highest = row.gcc_max or 99
    lowest = max(row.gcc_min or 0, _of_headers(torch))
    try:
        checked = table.torch_compilers(torch, cuda)
    except NoRow:
        checked = None
    if checked is not None and checked.gcc_min:
        lowest = max(lowest, major(checked.gcc_min))
    if checked is not None and checked.gcc_below:
        # 11.5.1 is named as the first that is too new where 11.5.0 still does.
        highest = min(highest, major(checked.gcc_below))
    return Wanted(row.version, lowest, highest)


def _of_headers(torch: str) -> int:
    """The oldest gcc that torch's own headers take."""
    series = numbers(torch)[:2]
    return 10 if series >= (2, 12) else 9 if series >= (2, 2) else 7 if series >= (2, 1) else 5


def here(want: Wanted, facts: Facts) -> Optional[Toolchain]:
    """What is on the machine and fits; None where nvcc or the compiler is not."""
    roots = [
        toolkit.root
        for toolkit in value_or(facts.toolkit.toolkits, ())
        if isinstance(toolkit.nvcc, Known) and value_or(toolkit.version, "") == want.cuda
    ]
    pair = _pair(want, facts)
    if not roots or pair is None:
        return None
    variables = (
        ("CUDA_HOME", roots[0]),
        ("CC", pair[0]),
        ("CXX", pair[1]),
        ("NVCC_PREPEND_FLAGS", f"-ccbin={pair[1]}"),
    )
    return Toolchain((), variables, ())


def _pair(want: Wanted, facts: Facts) -> Optional[Tuple[str, str]]:
    """gcc and g++ of one major version within the limits, the newest."""
    found: Dict[Tuple[int, str], str] = {}
    for compiler in value_or(facts.compiler.compilers, ()):
        version = value_or(compiler.version, "")
        kind = "c++" if compiler.name.rstrip("0123456789-.").endswith("++") else "c"
        if value_or(compiler.family, "") == "gcc" and version and want.gcc_min <= major(version) <= want.gcc_max:
            found.setdefault((major(version), kind), compiler.path)
    both = [number for number, kind in found if kind == "c++" and (number, "c") in found]
    return (found[max(both), "c"], found[max(both), "c++"]) if both else None


def of_conda(want: Wanted, table: CompatTable, prefix: str, conda: str = "conda") -> Toolchain:
    """An environment of its own with nvcc and gcc, which leaves every other one as it is. NoWay where none is known."""
    try:
        row = table.nvcc(want.cuda)
    except NoRow as reason:
        raise NoWay(f"{reason}.") from None
    channels: List[str] = list(row.channels)
    if "conda-forge" not in channels:
        channels.append("conda-forge")
    words = (*row.packages, f"gxx_linux-64={want.gcc}", *(word for one in channels for word in ("-c", one)))
    variables = (("CUDA_HOME", prefix), *_compiler_in(prefix), *_libraries_in(prefix))
    return Toolchain(((conda, "create", "-p", prefix, "-y", *words),), variables, ())


def _compiler_in(prefix: str) -> Tuple[Tuple[str, str], ...]:
    tool = f"{prefix}/bin/{_TRIPLE}"
    return (("CC", f"{tool}-cc"), ("CXX", f"{tool}-c++"), ("NVCC_PREPEND_FLAGS", f"-ccbin={tool}-c++"))


def _libraries_in(prefix: str) -> Tuple[Tuple[str, str], ...]:
    return (("CPATH", f"{prefix}/targets/x86_64-linux/include"), ("LIBRARY_PATH", f"{prefix}/lib"))


def brought(gcc: int, cuda: str, case: Case) -> Toolchain:
    """That gcc, and nvcc where `cuda` names one, by whoever can install it here. NoWay where nobody can."""
    spot, facts = case.spot, case.facts
    machine = str(value_or(facts.session.machine, value_or(facts.python.machine, "x86_64")))
    if machine not in ("x86_64", "amd64"):
        raise NoWay(f"How a compiler is got on {machine} without root is not known.")
    gcc = min(gcc, _NEWEST_GCC)
    if cuda:
        number = f"cuda-{cuda}"
        return of_conda(Wanted(cuda, gcc, gcc), case.table, f"{_envs(facts)}/{number}", _conda(case))
    package = f"gxx_linux-64={gcc}"
    command: Argv
    if spot.manager == "pixi" and spot.project is not None:
        command = (spot.program("pixi"), "add", "--manifest-path", spot.project, f"{package}.*")
        return Toolchain((command,), _compiler_in(spot.prefix), ())
    if spot.conda_words and spot.prefix:
        command = (spot.program(spot.conda_tool), "install", *spot.conda_words, "-y", package, "-c", "conda-forge")
        return Toolchain((command,), _compiler_in(spot.prefix), ())
    prefix = f"{_envs(facts)}/gcc-{gcc}"
    command = (_conda(case), "create", "-p", prefix, "-y", package, "-c", "conda-forge")
    return Toolchain((command,), _compiler_in(prefix), ())


def _conda(case: Case) -> str:
    if not any(tool in case.spot.programs for tool in CONDA_TOOLS):
        raise NoWay("conda brings a compiler without root, and none is here; micromamba is one file that does it too.")
    return case.spot.program(case.spot.conda_tool)


def _envs(facts: Facts) -> str:
    home = next((place.path for place in value_or(facts.storage.places, ()) if place.role == "home"), None)
    return f"{home or value_or(facts.session.cwd, '/tmp')}/envs"


def of_wheels(want: Wanted, facts: Facts, table: CompatTable, spot: Spot) -> Optional[Toolchain]:
    """NVIDIA's wheels, which have nvcc itself from CUDA 13 on, beside the libraries that torch brought along; None
    where they have none, or no gcc here would do."""
    try:
        wheels = table.nvcc(want.cuda).wheels
    except NoRow:
        return None
    site = facts.python.site_packages
    pair = _pair(want, facts)
    if not wheels or pair is None or spot.python is None or not isinstance(site, Known):
        return None
    home = f"{site.value}/nvidia/cu{major(want.cuda)}"
    commands = (
        *pip.install(spot, (wheels,)),
        # The linker looks for lib64 and for names without a number; the wheels have neither.
        ("ln", "-sfn", "lib", f"{home}/lib64"),
        ("ln", "-sf", f"libcudart.so.{major(want.cuda)}", f"{home}/lib/libcudart.so"),
    )
    variables = (("CUDA_HOME", home), ("CC", pair[0]), ("CXX", pair[1]), ("NVCC_PREPEND_FLAGS", f"-ccbin={pair[1]}"))
    return Toolchain(commands, variables, ())
