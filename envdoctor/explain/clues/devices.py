"""Which devices a text lists, which ones a variable or a command names, and what CUDA made of it."""

from __future__ import annotations

import re
from typing import Iterator, List, Optional, Tuple

from ...reading import value_or
from ..evidence import Case, Clue, out

_SET = (
    re.compile(
        r"(?:^|[\s;&\"'\[$(])(?:export +|set +|\$env:|-e +"
        r"|ENV +)?CUDA_VISIBLE_DEVICES *= ?[\"']?([^\s\"';&\])]{0,100})",
        re.M,
    ),
    re.compile(r"environ\[[\"']CUDA_VISIBLE_DEVICES[\"']\] *= *[\"']([^\"'\n]{0,100})[\"']"),
)
_ECHO = re.compile(r"echo [\"'\[]{0,3}\$\{?CUDA_VISIBLE_DEVICES|printenv CUDA_VISIBLE_DEVICES")
_BLIND = re.compile(
    r"No CUDA GPUs are available|no CUDA-capable device|^False\b|\bFalse$|is_available\(\): False"
    r"|device_count\(\): 0"
    r"|your machine only has: \[\]"
    r"|invalid device ordinal|Invalid CUDA .{0,20}device|RuntimeError: CUDA error: initialization",
    re.M,
)
_ENDS_IN_0 = re.compile(r"\b0$")
_LISTED = re.compile(r"^ {0,4}GPU (\d{1,2}): (.{1,80}?) \(UUID", re.M)
_ROW = re.compile(
    r"^ {0,4}(\d{1,2}), ((?:NVIDIA|GeForce|Tesla|Quadro|TITAN|RTX|GTX|A\d|H\d|L\d)[^,\n]{0,60}?)(?:,|$)", re.M
)
_MIG = re.compile(r"^ {0,6}MIG \d{1,2}(?:c\.\d{1,2})?g\.\d{1,3}gb", re.M)


def read(case: Case) -> Iterator[Clue]:
    yield from _masked(case)
    yield from _order(case)
    yield from _mig(case)
    yield from _nodes(case)


def _blind(case: Case) -> bool:
    """Whether something in the text sees no GPU; a count of them is at the end of its line."""
    return case.has(_BLIND) or any(line.text.endswith("0") and _ENDS_IN_0.search(line.text[-2:]) for line in case.kept)


def _count(case: Case) -> Optional[int]:
    """How many GPUs the machine has, as far as the text says."""
    for _, exchange in case.commands("nvidia-smi"):
        if "wc" in exchange.typed.text:
            number = out(exchange).strip().split("\n")[0].strip()
            if number.isdigit() and len(number) < 4:
                return int(number)
    listed = {found.group(1) for found, _ in case.all(_LISTED)} | {found.group(1) for found, _ in case.all(_ROW)}
    known = value_or(case.facts.gpus.gpus, ())
    return max(len(listed), len(known)) or None


def _values(case: Case) -> Iterator[Tuple[str, int]]:
    for pattern in _SET:
        for found, line in case.all(pattern):
            yield found.group(1).strip("\"'[]"), line
    for exchange in case.exchanges:
        asked = re.search(r"environ(?:\.get\(|\[)[\"']CUDA_VISIBLE_DEVICES[\"'][\])](?! *=)", exchange.typed.text)
        if (asked or _ECHO.search(exchange.typed.text)) and exchange.output:
            yield exchange.output[0].text.strip().strip("[]\"'"), exchange.output[0].number


def _masked(case: Case) -> Iterator[Clue]:
    if not _blind(case) or _MIG.search(case.text):
        return
    count = _count(case)
    values = list(_values(case))
    works = re.search(r"^(?:\S{3,20} )?True\b", case.text, re.M)
    for value, line in values[-3:]:
        source = f"line {line}"
        if value.lower() in ("none", "unset") or value.startswith(("$", "MIG-", "GPU-")):
            continue
        indexes = [int(part) for part in value.split(",") if part.strip().isdigit() and len(part.strip()) < 5]
        if value in ("", "-1", "NoDevFiles"):
            yield Clue(
                "cuda-visible-devices-masked",
                88,
                f"CUDA_VISIBLE_DEVICES is {value or 'empty'}: every GPU is hidden",
                source,
            )
        elif count is not None and indexes and max(indexes) >= count:
            says = f"CUDA_VISIBLE_DEVICES is {value}, and there are {count} GPU(s), counted from 0"
            yield Clue("cuda-visible-devices-masked", 90, says, source, says)
            yield Clue("wrong-device-index", -45, says, source)
        elif count is None and indexes and not works:
            yield Clue("cuda-visible-devices-masked", 35, f"CUDA_VISIBLE_DEVICES is {value}", source)


def _order(case: Case) -> Iterator[Clue]:
    """nvidia-smi's order of names, against that of CUDA."""
    smi = [found.group(2).strip() for found, _ in case.all(_LISTED)] or [
        found.group(2).strip() for found, _ in case.all(_ROW)
    ]
    if len(set(smi)) < 2:
        return
    for exchange in case.exchanges:
        for found in re.finditer(r"get_device_name\((\d)\)|get_device_properties\((\d)\)", exchange.typed.text):
            names = [name for name in smi if _bare(name) in out(exchange)]
            index = int(found.group(1) or found.group(2))
            shown = re.split(r"[|,\n]", out(exchange))
            place = [one for one in (part.strip(" '\"") for part in shown) if _bare(one) in map(_bare, smi)]
            if not names or not place or index >= len(smi):
                continue
            if _bare(place[0]) != _bare(smi[index]):
                yield from _differs(smi[index], index, place[0], f"line {exchange.typed.number}")
                return
            break
        if "get_device_name" in exchange.typed.text and "for " in exchange.typed.text:
            names = re.findall(r"'([^'\n]{3,60})'", out(exchange))
            if len(names) == len(smi) and sorted(map(_bare, names)) == sorted(map(_bare, smi)):
                for index, (one, other) in enumerate(zip(smi, names)):
                    if _bare(one) != _bare(other):
                        yield from _differs(one, index, other, f"line {exchange.typed.number}")
                        return


def _differs(smi: str, index: int, cuda: str, source: str) -> Iterator[Clue]:
    says = f"nvidia-smi counts {smi} as {index}, CUDA {cuda}"
    yield Clue("wrong-device-index", 88, says, source, says)
    # Too large for the GPU that was not meant.
    yield Clue("oom-too-large", -30, says, source)


def _bare(name: str) -> str:
    return name.replace("NVIDIA ", "").strip()


def _mig(case: Case) -> Iterator[Clue]:
    instances = list(case.all(_MIG))
    ordinal = case.hit(
        "cuda.invalid-ordinal",
        "cuda.no-gpus",
        "torch.device-index",
        "cuda.busy",
        "nccl.duplicate",
        "yolo.invalid-device",
    )
    if instances and ordinal:
        says = f"{len(instances)} MIG devices are listed; a process sees one of them"
        yield Clue("mig-misuse", 85, says, f"line {instances[-1][1]}", says)
        for name in ("wrong-device-index", "cuda-visible-devices-masked"):
            yield Clue(name, -55, says, f"line {instances[-1][1]}")
    elif len(instances) > 1:
        for exchange in case.exchanges:
            if "device_count" in exchange.typed.text and re.search(r"\b1\s*$", out(exchange).strip()):
                says = f"{len(instances)} MIG devices are listed, and CUDA counts one"
                yield Clue("mig-misuse", 75, says, f"line {exchange.typed.number}", says)
    slices = [float(found.group().rpartition(".")[2][:-2]) for found, _ in instances]
    for message in case.memory.messages[-1:]:
        total = (message.total or 0) / 2**30
        if any(0.85 * size < total < 1.05 * size for size in slices) and "MIG-" not in "".join(
            value for value, _ in _values(case)
        ):
            says = f"the device of {total:.1f} GiB that ran full is one of the MIG devices, not the whole GPU"
            yield Clue("mig-misuse", 80, says, f"line {message.line}", says)
            yield Clue("oom-too-large", -20, says, f"line {message.line}")
            yield Clue("gpu-occupied-by-others", -60, says, f"line {message.line}")
    none = re.search(r"No MIG devices found", case.text)
    if none and _blind(case):
        says = "MIG is enabled and no MIG device was made"
        yield Clue("mig-misuse", 88, says, f"line {case.line_at(none.start())}", says)
        for name in ("driver-missing-or-not-loaded", "cuda-visible-devices-masked"):
            yield Clue(name, -50, says, f"line {case.line_at(none.start())}")
    listed = case.find(_LISTED)
    # nvidia-smi -L would have shown them below their GPU.
    if listed and not instances and not none and _blind(case):
        enabled = next((one for one in value_or(case.facts.gpus.gpus, ()) if value_or(one.mig_mode, False)), None)
        if enabled:
            says = f"MIG is enabled on GPU {enabled.index}, and no MIG device is listed"
            yield Clue("mig-misuse", 85, says, f"line {listed[1]}", says)
            for name in ("driver-missing-or-not-loaded", "cuda-visible-devices-masked"):
                yield Clue(name, -50, says, f"line {listed[1]}")


def _nodes(case: Case) -> Iterator[Clue]:
    """Device files: nvidia-smi works without /dev/nvidia-uvm, CUDA does not."""
    nodes = re.findall(r"/dev/nvidia[\w-]{0,20}", case.text)
    if (
        not _blind(case)
        or not ({"/dev/nvidiactl", "/dev/nvidia0"} & set(nodes))
        or any("uvm" in node for node in nodes)
    ):
        return
    listing: List[str] = [line.text for line in case.kept if "/dev/nvidia" in line.text]
    at = next((line.number for line in case.kept if "/dev/nvidia" in line.text), 0)
    if case.find(_LISTED) or value_or(case.facts.gpus.gpus, ()) or len(listing) > 2:
        says = "device files of the driver are listed, and /dev/nvidia-uvm is not among them"
        yield Clue("cuda-unknown-error", 80, says, f"line {at}", says)
