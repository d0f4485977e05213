"""Asking one rule about one machine, and the machines that several rules are asked about."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from functools import lru_cache
from typing import Any, Iterable, List, Tuple

import envdoctor.rules
from envdoctor.compat import CompatTable
from envdoctor.facts import Companion, Facts, ForeignLibrary, Gpu, Holder, PciGpu, SearchEntry
from envdoctor.judging import judge
from envdoctor.reading import Absent, Known, Unknown
from envdoctor.report import Finding, Need, Verdict
from envdoctor.rules import Rule

from ..healthy import GIB, SITE, change, dist, gpu, healthy

#: One table for all tests: it is read-only, and each of its files is read once.
TABLE = CompatTable()

NOT_KNOWN = Unknown("denied", "Permission denied", "/somewhere")
FAMILIES = ("tor", "drv", "cud", "gcc", "lib", "env", "gpu")


@lru_cache(maxsize=None)
def rule(rule_id: str) -> Rule:
    """The rule with that id, without loading the others."""
    for module_info in pkgutil.iter_modules(envdoctor.rules.__path__):
        if module_info.name.startswith(rule_id.lower() + "_"):
            module = importlib.import_module(f"envdoctor.rules.{module_info.name}")
            return Rule(
                module.ID,
                module.NAME,
                module.SEVERITY,
                tuple(module.TAGS),
                (module.__doc__ or "").strip(),
                module.check,
            )
    raise LookupError(rule_id)


def family_ids() -> List[str]:
    names = [module_info.name for module_info in pkgutil.iter_modules(envdoctor.rules.__path__)]
    return sorted(name.split("_")[0].upper() for name in names if name.startswith(FAMILIES))


def asked(rule_id: str, facts: Facts, table: CompatTable = TABLE) -> Verdict:
    """One rule's verdict; a rule that crashes fails the test with its reason."""
    (verdict,) = judge(facts, table, [rule(rule_id)])
    assert verdict.status != "crashed", verdict.why
    return verdict


def found(rule_id: str, facts: Facts, table: CompatTable = TABLE) -> Tuple[Finding, ...]:
    verdict = asked(rule_id, facts, table)
    assert verdict.status == "fail", (verdict.status, verdict.why)
    for one in verdict.findings:
        assert one.because and all(evidence.says and evidence.source for evidence in one.because), one.because
    return verdict.findings


def the_one(rule_id: str, facts: Facts, table: CompatTable = TABLE) -> Finding:
    (finding,) = found(rule_id, facts, table)
    return finding


def silent(rule_id: str, facts: Facts, table: CompatTable = TABLE) -> str:
    """Asserts that nothing is found; gives the status."""
    verdict = asked(rule_id, facts, table)
    assert not verdict.findings, [finding.title for finding in verdict.findings]
    return verdict.status


def needs(finding: Finding) -> List[Need]:
    return [need for remedy in finding.remedies for need in remedy.needs]


def evidence(finding: Finding) -> str:
    return "\n".join(f"{one.says} [{one.source}]" for one in finding.because)


# Machines


def torch_build(version: str, cuda: str, archs: Iterable[str] = (), facts: Any = None) -> Facts:
    """The healthy machine with another torch; an empty CUDA is a CPU build."""
    facts = facts or healthy()
    where = f"{SITE}/torch/version.py"
    return change(
        facts,
        "torch",
        version=Known(version, where),
        build=Known("cuda" if cuda else "cpu", where),
        cuda=Known(cuda, where) if cuda else Absent((where,)),
        arch_list=Known(tuple(archs), f"{SITE}/torch/lib/libtorch_python.so") if archs else NOT_KNOWN,
    )


def with_driver(facts: Facts, version: str, cuda: str) -> Facts:
    return change(
        facts,
        "driver",
        module_version=Known(version, "/sys/module/nvidia/version"),
        library_version=Known(version, f"/usr/lib/x86_64-linux-gnu/libcuda.so.{version}"),
        nvml_driver_version=Known(version, "nvml"),
        cuda=Known(cuda, "nvml"),
    )


def with_gpus(facts: Facts, *gpus: Gpu) -> Facts:
    return change(facts, "gpus", gpus=Known(tuple(gpus), "nvml"))


def without_gpu(facts: Facts) -> Facts:
    """A login node: no GPU, no driver."""
    facts = change(facts, "gpus", gpus=Absent(("libnvidia-ml.so.1",)), asked=Absent(("libnvidia-ml.so.1",)))
    return change(
        facts,
        "driver",
        module_version=Absent(("/sys/module/nvidia/version",)),
        library_version=Absent(("/usr/lib/x86_64-linux-gnu/libcuda.so.1",)),
        nvml_status=Absent(("libnvidia-ml.so.1",)),
        nvml_driver_version=Absent(("libnvidia-ml.so.1",)),
        cuda=Absent(("libcuda.so.1",)),
        pci_gpus=Known((), "/sys/bus/pci/devices"),
        device_files=Known((), "/dev"),
    )


def without_driver(facts: Facts) -> Facts:
    """The healthy machine with its RTX 3090 on the bus and no driver."""
    return change(without_gpu(facts), "driver", pci_gpus=healthy().driver.pci_gpus)


def with_variables(facts: Facts, **variables: str) -> Facts:
    return change(facts, "session", variables=Known(tuple(sorted(variables.items())), "environment"))


def in_container(facts: Facts, kind: str = "docker") -> Facts:
    return change(facts, "session", container=Known(kind, "/.dockerenv"))


def pci(device_id: str, driver: str = "nvidia", address: str = "0000:3b:00.0") -> PciGpu:
    base = healthy().driver.pci_gpus
    assert isinstance(base, Known)
    bound = Known(driver, "/sys/bus/pci") if driver else Absent(("/sys/bus/pci",))
    return dataclasses.replace(base.value[0], device_id=device_id, driver=bound, address=address)


def companion(name: str, version: str, **changes: Any) -> Companion:
    base = Companion(
        name=name,
        version=version,
        path=f"{SITE}/{name}",
        cuda=Known("12.1", f"{SITE}/{name}/version.py"),
        built_for_torch=Absent(("metadata",)),
        cxx11_abi=Known(False, f"{SITE}/{name}/_C.so"),
        missing_symbols=Known((), f"{SITE}/{name}/_C.so"),
        missing_libraries=Known((), f"{SITE}/{name}/_C.so"),
    )
    return dataclasses.replace(base, **changes)


def with_companions(facts: Facts, *companions: Companion) -> Facts:
    return change(facts, "torch", companions=Known(tuple(companions), SITE))


def with_dists(facts: Facts, *dists: Any) -> Facts:
    """The healthy machine with these distributions in place of those of the same name, or besides."""
    here = facts.installs.distributions
    assert isinstance(here, Known)
    names = {one.name for one in dists}
    return change(
        facts,
        "installs",
        distributions=Known((*(one for one in here.value if one.name not in names), *dists), here.source),
    )


def holder(pid: int, gib: float, user: str = "bo", mine: bool = False, **changes: Any) -> Holder:
    base = Holder(
        pid=pid,
        kind="C",
        memory=Known(int(gib * GIB), "nvml"),
        user=Known(user, f"/proc/{pid}"),
        command=Known("python", f"/proc/{pid}/comm"),
        state=Known("S", f"/proc/{pid}/stat"),
        mine=Known(mine, "uid"),
        started=Known("2026-11-24T08:00:00Z", f"/proc/{pid}/stat"),
    )
    return dataclasses.replace(base, **changes)


def held(index: int, *holders: Holder, used: float = -1.0, **changes: Any) -> Gpu:
    """A 24 GiB GPU held by these processes; `used` GiB in all where that is more than they hold."""
    taken = sum(int(one.memory.value) for one in holders if isinstance(one.memory, Known))
    taken = int(used * GIB) if used >= 0 else taken
    changes = {
        "memory_used": Known(taken, "nvml"),
        "memory_free": Known(24 * GIB - taken, "nvml"),
        "holders": Known(tuple(holders), "nvml"),
        **changes,
    }
    return gpu(index, **changes)


def path_entries(*folders: str) -> Any:
    entries = tuple(SearchEntry(folder, Known(True, folder), ()) for folder in folders)
    return Known(entries, "LD_LIBRARY_PATH")


def foreign_library(soname: str, taken: str, instead_of: str, by: str = "LD_LIBRARY_PATH") -> ForeignLibrary:
    return ForeignLibrary(soname, taken, by, instead_of, f"{SITE}/torch/lib/libtorch_cuda.so")


__all__ = ["GIB", "NOT_KNOWN", "SITE", "TABLE", "change", "dist", "gpu", "healthy"]
