"""What the command line says: a release of torch, and a machine as facts of which the rest is not known."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Optional, Sequence, Tuple

from ..compat import CompatTable, NoRow
from ..cure.planner import driver_of
from ..cure.specifiers import is_specifier
from ..facts import Facts, Gpu, nothing_known
from ..frozen import frozen
from ..reading import Absent, Known, Unknown
from ..report import Evidence
from ..versions import capability, cuda_tag, major
from ..voice import Unusable

SYSTEMS = {"linux": "linux", "windows": "windows", "mac": "darwin"}
_NOT_SAID = Unknown("not-looked", "the command line does not say it")


@frozen
class Wanted:
    """What is to be installed."""

    version: Optional[str] = None  # pinned: 2.5.1
    specifier: str = ""  # what else is asked of it: ">=2.1"
    accelerator: Optional[str] = None  # cu121 | cpu | rocm6.2


@frozen
class Described:
    """The options that describe a machine, as they were given."""

    os: Optional[str] = None  # linux | windows | mac
    arch: Optional[str] = None
    python: Optional[str] = None
    driver: Optional[str] = None
    gpus: Tuple[str, ...] = ()
    glibc: Optional[str] = None


def wanted(said: Optional[str], accelerator: Optional[str]) -> Wanted:
    """`said` is torch==X, torch>=X, or torch. Unusable where it is something else."""
    variant = None if accelerator is None else accelerator_of(accelerator)
    if said is None:
        return Wanted(accelerator=variant)
    found = re.fullmatch(r"\s*(?:torch|pytorch)\s*([^;@\[]*)", said, re.IGNORECASE)
    rest = found.group(1).strip() if found else ""
    if found is None or (rest and rest[0] not in "=<>!~"):
        raise Unusable(f"'{said}' is not torch, torch==X or torch>=X")
    pinned = re.fullmatch(r"={2,3}\s*(\d+(?:\.\d+)*)(?:\+([\w.]+))?", rest)
    if pinned is None:
        return Wanted(None, _specifier(said, rest), variant)
    version, local = pinned.groups()
    if local and variant is not None and accelerator_of(local) != variant:
        raise Unusable(f"'{said}' and --accelerator {variant} name two builds; give one of them")
    return Wanted(version, "", accelerator_of(local) if local else variant)


def _specifier(said: str, rest: str) -> str:
    if rest and not is_specifier(rest):
        raise Unusable(f"'{said}' is not a version that can be asked for")
    return rest


def accelerator_of(said: str) -> str:
    """However it is spelled: cu121, cuda12.1, 12.1, pytorch-cuda=12.1, cudatoolkit=11.3; cpu, cpuonly; rocm6.2."""
    text = said.strip().lower()
    if text in ("cpu", "cpuonly"):
        return "cpu"
    if re.fullmatch(r"cu\d{2,3}|rocm\d+(\.\d+){1,2}", text):
        return text
    found = re.fullmatch(r"(?:cuda|cu|pytorch-cuda=+|cudatoolkit=+)?[ -]?(\d+)\.(\d)(?:\.\d+)?|cuda(\d+)(\d)", text)
    if found is None:
        raise Unusable(f"--accelerator '{said}' is none: cpu, cu121 or rocm6.2 are")
    return cuda_tag(f"{found.group(1) or found.group(3)}.{found.group(2) or found.group(4)}")


def facts_of(said: Described, table: CompatTable, seen: Optional[Facts] = None) -> Facts:
    """The machine: what was given, over what was `seen`. Unusable where an option says nothing that can be used."""
    facts = nothing_known("", _NOT_SAID) if seen is None else seen
    system = SYSTEMS[said.os] if said.os else None if seen is not None else "linux"
    if system is not None:
        session = dataclasses.replace(facts.session, os=Known(system, "--os" if said.os else "assumed"))
        facts = dataclasses.replace(facts, session=session)
    facts = _with_python(facts, said, system)
    if said.driver is not None:
        facts = _with_driver(facts, said.driver, table)
    if said.gpus:
        facts = _with_gpus(facts, said.gpus, table)
    return facts


def _with_python(facts: Facts, said: Described, system: Optional[str]) -> Facts:
    change: dict[str, Any] = {}
    if said.python is not None:
        found = re.fullmatch(r"(\d+\.\d+(?:\.\d+)?)(t?)", said.python.strip())
        if found is None:
            raise Unusable(f"--python '{said.python}' is not a version like 3.10")
        change.update(version=Known(found.group(1), "--python"), free_threaded=Known(bool(found.group(2)), "--python"))
    if said.glibc is not None:
        if not re.fullmatch(r"\d+\.\d+(\.\d+)?", said.glibc.strip()):
            raise Unusable(f"--glibc '{said.glibc}' is not a version like 2.31")
        change["libc"] = Known(f"glibc {said.glibc.strip()}", "--glibc")
    if said.arch is not None:
        change["machine"] = Known(said.arch, "--arch")
    elif system is not None:
        change["machine"] = Known("arm64" if system == "darwin" else "x86_64", "assumed")
    return dataclasses.replace(facts, python=dataclasses.replace(facts.python, **change)) if change else facts


def _with_driver(facts: Facts, said: str, table: CompatTable) -> Facts:
    version = said.strip()
    if not re.fullmatch(r"\d{1,4}(\.\d{1,4}){0,3}", version):
        raise Unusable(f"--driver '{said}' is not a version like 535.129.03")
    cuda: Any = _NOT_SAID
    if "." not in version:
        # A whole branch is meant: of its drivers only the CUDA that all of them report is certain.
        try:
            row = table.driver_branch(version)
            cuda = Known(row.cuda, f"row drivers {row.branch}: {row.origin}")
        except NoRow as reason:
            raise Unusable(f"--driver {version}: {reason}") from None
    number = Known(version, "--driver")
    driver = dataclasses.replace(facts.driver, module_version=number, nvml_driver_version=number, cuda=cuda)
    return dataclasses.replace(facts, driver=driver)


def _with_gpus(facts: Facts, said: Sequence[str], table: CompatTable) -> Facts:
    names = [name for name in said if name.strip().lower() != "none"]
    found = tuple(_gpu(place, name, table) for place, name in enumerate(names))
    gpus = dataclasses.replace(facts.gpus, gpus=Known(found, "--gpu"))
    driver = dataclasses.replace(facts.driver, pci_gpus=Known((), "--gpu"))
    if not names:
        driver = dataclasses.replace(driver, module_version=Absent(("--gpu none",)))
    return dataclasses.replace(facts, gpus=gpus, driver=driver)


def _gpu(place: int, said: str, table: CompatTable) -> Gpu:
    """'RTX 3090', 'sm_86' or '8.6'."""
    source = "--gpu"
    text = said.strip()
    if re.fullmatch(r"sm_\d{2,3}[af]?|\d{1,2}\.\d", text):
        found = "{}.{}".format(*capability(text))
        try:
            table.architecture(found)
        except NoRow as reason:
            raise Unusable(f"--gpu '{said}': {reason}") from None
    else:
        try:
            row = table.gpu(text)
        except NoRow as reason:
            raise Unusable(f"--gpu '{said}': {reason}; its compute capability (8.6 or sm_86) will do too") from None
        found, source = row.capability, f"--gpu; row gpus {row.name}: {row.origin}"
    values: dict[str, Any] = {field.name: _NOT_SAID for field in dataclasses.fields(Gpu)}
    values.update(index=place, status="ok", name=Known(text, "--gpu"), capability=Known(found, source))
    return Gpu(**values)


def unserved(facts: Facts, table: CompatTable) -> Optional[Evidence]:
    """A GPU that this driver does not serve, whatever torch is installed; None where none is known to be."""
    driver = driver_of(facts, table)
    if driver is None or driver.version is None or not isinstance(facts.gpus.gpus, Known):
        return None
    number = major(driver.version)
    for gpu in facts.gpus.gpus.value:
        if not isinstance(gpu.capability, Known):
            continue
        try:
            span = table.architecture(gpu.capability.value)
        except NoRow as reason:
            return Evidence(str(reason), gpu.capability.source)
        source = f"row architectures {span.name}: {span.origin}"
        if span.first_branch is not None and number < span.first_branch:
            says = (
                f"driver {driver.version} does not serve {span.name} GPUs: {span.first_branch} is the first that does"
            )
            return Evidence(says, source)
        if span.last_branch is not None and number > span.last_branch:
            says = (
                f"driver {driver.version} no longer serves {span.name} GPUs: {span.last_branch} is the last that does"
            )
            return Evidence(says, source)
    return None
