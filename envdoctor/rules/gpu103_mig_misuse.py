"""MIG: a GPU in MIG mode without instances, addressed as a whole, or an instance that does not exist.

It finds GPUs whose MIG mode is on and that have no instance; CUDA_VISIBLE_DEVICES with MIG- names that no instance
has, or with several of them; and, in MIG mode, more than one visible GPU where one process can see a single instance.

It matters because CUDA shows one MIG instance to a process, and none of a GPU without instances: "No CUDA GPUs are
available", "invalid device ordinal" for cuda:1.

It is mended by naming one existing instance a process; instances are made, and MIG mode is switched off, by an
administrator.

Example: an A100 in MIG mode with 7 instances, CUDA_VISIBLE_DEVICES=0,1 for two ranks.
"""

from __future__ import annotations

from typing import Iterator, List, Sequence, Tuple

from ..compat import CompatTable
from ..facts import Facts, Gpu, MigDevice
from ..reading import Missing, given, need, source_of, value_or
from ..report import Evidence, Finding, NeedCommand, NeedVariable, Remedy
from ._common import finding, listed
from ._gpus import answering, handles, label, nvml_gpus, variable, visible

ID = "GPU103"
NAME = "mig-misuse"
SEVERITY = "error"
TAGS = ("gpu",)

_NAME = "CUDA_VISIBLE_DEVICES"


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    gpus = answering(nvml_gpus(facts))
    value = _value(facts)
    mig = [gpu for gpu in gpus if value_or(gpu.mig_mode, False)]
    if not mig and not value.startswith("MIG-"):
        for gpu in gpus:
            given(gpu.mig_mode, f"MIG mode of {label(gpu)}")
        return
    instances = [one for gpu in mig for one in need(gpu.mig_devices, f"MIG instances of {label(gpu)}")]
    if value.startswith("MIG-"):
        yield from _named(facts, value, instances)
        return
    seen = [gpu for gpu in visible(facts, gpus) if gpu in mig]
    empty = [gpu for gpu in seen if not value_or(gpu.mig_devices, ())]
    if empty:
        yield _without_instances(empty, [gpu for gpu in gpus if gpu not in mig])
    elif seen and (len(seen) > 1 or len(visible(facts, gpus)) > 1) and value:
        yield _several(facts, seen, value, instances)


def _value(facts: Facts) -> str:
    try:
        return variable(facts, _NAME) or ""
    except Missing:
        return ""


def _named(facts: Facts, value: str, instances: Sequence[MigDevice]) -> Iterator[Finding]:
    entries = [entry.strip() for entry in value.split(",")]
    known = [one.uuid for one in instances]
    strange = [entry for entry in entries if not any(uuid.startswith(entry) for uuid in known)]
    # The names of drivers before 470 (MIG-GPU-<uuid>/<gi>/<ci>) cannot be compared with instances' own UUIDs.
    strange = [entry for entry in strange if "/" not in entry]
    because = [
        Evidence(f"{_NAME}={value}", source_of(facts.session.variables)),
        Evidence(f"MIG instances: {listed(_words(one) for one in instances) or 'none'}", source_of(facts.gpus.gpus)),
    ]
    if strange:
        title = f"{_NAME} names {listed(strange)}, which is no MIG instance of this machine"
        yield _say(title, because, _pick(instances))
    elif len(entries) > 1:
        title = f"{_NAME} names {len(entries)} MIG instances, and CUDA shows one to a process"
        yield _say(title, because, _pick(instances), "warning")


def _without_instances(empty: Sequence[Gpu], whole: Sequence[Gpu]) -> Finding:
    because = [Evidence(f"{label(gpu)}: MIG mode on, no instance", source_of(gpu.mig_devices)) for gpu in empty]
    remedies: List[Remedy] = []
    names = handles(whole)
    if names:
        remedies.append(Remedy("keep to the GPUs that are not in MIG mode", (NeedVariable(_NAME, names),)))
    off = tuple(("sudo", "nvidia-smi", "-i", str(gpu.index), "-mig", "0") for gpu in empty)
    remedies.append(Remedy("switch MIG mode off, or make instances on it", (NeedCommand(off, who="admin"),)))
    title = f"{listed(label(gpu) for gpu in empty)}: MIG mode is on and no instance exists"
    return _say(title, because, remedies, "warning" if whole else SEVERITY)


def _several(facts: Facts, seen: Sequence[Gpu], value: str, instances: Sequence[MigDevice]) -> Finding:
    because = [Evidence(f"{_NAME}={value}", source_of(facts.session.variables))]
    because += [Evidence(f"{label(gpu)} is in MIG mode", source_of(gpu.mig_mode)) for gpu in seen]
    title = f"{_NAME}={value} asks for several devices, and in MIG mode CUDA shows one instance to a process"
    return _say(title, because, _pick(instances), "warning")


def _pick(instances: Sequence[MigDevice]) -> Tuple[Remedy, ...]:
    if not instances:
        return (Remedy("unset it: no MIG instance exists", (NeedVariable(_NAME, None),)),)
    roomy = max(instances, key=lambda one: value_or(one.memory_total, 0) - value_or(one.memory_used, 0))
    title = f"name one instance a process, here {_words(roomy)}, and use cuda:0 in it"
    return (Remedy(title, (NeedVariable(_NAME, roomy.uuid),)),)


def _words(instance: MigDevice) -> str:
    return f"{instance.uuid} ({instance.profile})"


def _say(title: str, because: Sequence[Evidence], remedies: Sequence[Remedy], severity: str = SEVERITY) -> Finding:
    meaning = "A process sees at most one MIG instance, always as cuda:0."
    return finding(ID, NAME, severity, title, meaning, because, remedies)
