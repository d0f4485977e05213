"""What helps against running out of memory with this torch on this machine, and what cannot."""

from __future__ import annotations

from typing import Dict, Iterator, NamedTuple, Optional, Tuple

from ...compat import AllocatorOption, CompatTable
from ...facts import Facts, Gpu
from ...reading import Known, value_or
from ...report import Evidence, NeedCommand, NeedVariable, Remedy
from ...rules._gpus import handle, label, roomiest
from ...versions import numbers
from .arithmetic import Balance
from .message import OomMessage
from .sizes import GIB, words

#: Shows who holds what, on every GPU.
HOLDERS = ("nvidia-smi", "--query-compute-apps=gpu_bus_id,pid,used_memory,process_name", "--format=csv")
GPUS = ("nvidia-smi", "--query-gpu=index,name,memory.used,memory.free,memory.total", "--format=csv")

#: Options against fragmentation, best first, with the value to begin with.
_AGAINST_PIECES = (("expandable_segments", "True"), ("max_split_size_mb", "128"))
_VARIABLES = ("PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_HIP_ALLOC_CONF")


class Span(NamedTuple):
    """Series of torch that it may be, "" where open, and who says so."""

    since: str
    until: str
    source: str

    @property
    def words(self) -> str:
        if self.since and self.since == self.until:
            return f"torch {self.since}"
        if self.since and self.until:
            return f"torch {self.since} to {self.until}"
        return f"torch {self.since} or later" if self.since else "an unknown torch"


def span(message: OomMessage, facts: Facts) -> Span:
    """Which torch it is: as the facts say, else as the wording of the message does."""
    version = facts.torch.version
    if isinstance(version, Known):
        try:
            series = ".".join(str(part) for part in (*numbers(version.value), 0)[:2])
            return Span(series, series, version.source)
        except ValueError:
            pass
    return Span(message.since, message.until, f"wording of the message in line {message.line}")


def knows(option: AllocatorOption, torch: Span) -> Optional[bool]:
    """Whether that torch knows an option or a variable; None where some of the span do."""
    if torch.until and numbers(torch.until) < numbers(option.first):
        return False
    if option.last and torch.since and numbers(torch.since) > numbers(option.last):
        return False
    from_the_start = bool(torch.since) and numbers(torch.since) >= numbers(option.first)
    to_the_end = not option.last or (bool(torch.until) and numbers(torch.until) <= numbers(option.last))
    return True if from_the_start and to_the_end else None


def allocator(message: OomMessage, facts: Facts, table: CompatTable) -> Tuple[Optional[Remedy], Evidence]:
    """The allocator option that helps against fragmentation here, and what it rests on; no remedy where none does."""
    torch = span(message, facts)
    rows = {row.name: row for row in table.allocator_options()}
    variable = _variable(torch, rows, facts, message.device)
    now = _settings(facts, variable)
    for name, value in _AGAINST_PIECES:
        row = rows[name]
        if name == "expandable_segments" and not _can_expand(message, facts):
            continue
        known = knows(row, torch)
        if known is False or (known is None and name == "expandable_segments"):
            continue
        if name in now:
            return None, Evidence(f"{variable} already has {name}:{now[name]}", "environment variables")
        wanted = {**{key: old for key, old in now.items() if key not in dict(_AGAINST_PIECES)}, name: value}
        setting = ",".join(f"{key}:{wanted[key]}" for key in wanted)
        title = f"set {name}: {row.effect[0].lower()}{row.effect[1:].split(';')[0].rstrip('.')}"
        if known is None:
            title += f" (torch {row.first} and later; an older one does not read the variable)"
        fact = f"{torch.words} knows {name}" if known else f"{name} exists from torch {row.first} on"
        return Remedy(title, (NeedVariable(variable, setting),)), Evidence(fact, str(row.origin))
    first = rows["max_split_size_mb"].first
    return None, Evidence(
        f"{torch.words} has no allocator option against it: the first one came with torch {first}",
        str(rows["max_split_size_mb"].origin),
    )


def _can_expand(message: OomMessage, facts: Facts) -> bool:
    windows = value_or(facts.session.os, "") == "windows" or bool(value_or(facts.session.wsl, None))
    return message.device == "CUDA" and not windows


def _variable(torch: Span, rows: Dict[str, AllocatorOption], facts: Facts, device: str) -> str:
    """The variable that this torch reads: the one that is set, else its own name for it."""
    for name in _VARIABLES:
        if name in _environment(facts) and knows(rows[name], torch) is not False:
            return name
    if device == "HIP" and knows(rows["PYTORCH_ALLOC_CONF"], torch) is not True:
        return rows["PYTORCH_HIP_ALLOC_CONF"].name
    return "PYTORCH_ALLOC_CONF" if knows(rows["PYTORCH_ALLOC_CONF"], torch) else "PYTORCH_CUDA_ALLOC_CONF"


def _environment(facts: Facts) -> Dict[str, str]:
    pairs: Tuple[Tuple[str, str], ...] = value_or(facts.session.variables, ())
    return dict(pairs)


def _settings(facts: Facts, variable: str) -> Dict[str, str]:
    """The options that the variable holds now."""
    found = {}
    for pair in _environment(facts).get(variable, "").split(","):
        name, colon, setting = pair.partition(":")
        if colon and name.strip():
            found[name.strip()] = setting.strip()
    return found


def useless(parts: Balance, tried: Optional[int]) -> Optional[str]:
    """Why no allocator option can help, where that is so; None where one may, or nobody can tell."""
    if parts.slack is None or parts.free is None or tried is None:
        return None
    if parts.slack + parts.free < tried:
        sum_ = words(parts.slack + parts.free)
        return f"no allocator option can help: what is free and what the allocator holds unused are {sum_} together"
    if parts.allocated and parts.slack * 20 < parts.allocated and parts.slack < GIB:
        return f"no allocator option can win back more than {words(parts.slack)}, whatever the hint in the message says"
    return None


def another_gpu(facts: Facts, here: Optional[Gpu], needed: int) -> Optional[Remedy]:
    """To a GPU that has room for what is needed, where the facts show one."""
    gpus = [gpu for gpu in value_or(facts.gpus.gpus, ()) if here is None or gpu.index != here.index]
    best = roomiest(gpus)
    if best is None or value_or(best.memory_free, 0) < needed:
        return None
    free = words(value_or(best.memory_free, 0))
    return Remedy(f"use {label(best)}, which has {free} free", (NeedVariable("CUDA_VISIBLE_DEVICES", handle(best)),))


def see_who(device: str) -> Remedy:
    """The command that decides between others and oneself."""
    commands = {"CUDA": (HOLDERS, GPUS), "HIP": (("rocm-smi", "--showpids", "--showmeminfo", "vram"),)}.get(device, ())
    title = "see who holds the GPU, and which one is free"
    return Remedy(title, (NeedCommand(commands, safety="safe"),) if commands else ())


def smaller() -> Iterator[Remedy]:
    """What makes the process itself need less, in the order of the trouble it makes."""
    yield Remedy("halve the batch, and accumulate gradients over two steps to keep the effective one", ())
    yield Remedy("compute in half precision (torch.autocast), or make the input smaller", ())
    yield Remedy(
        "keep fewer activations (torch.utils.checkpoint), or use an optimizer with smaller states (8-bit Adam)", ()
    )


def no_keeping() -> Iterator[Remedy]:
    """Against a leak: what mostly keeps tensors alive."""
    yield Remedy("sum loss.item() and not loss: a tensor that is kept keeps the whole graph of its step", ())
    yield Remedy("validate under torch.no_grad(), and detach() or .cpu() what is kept from step to step", ())


def whole_pieces() -> Iterator[Remedy]:
    yield Remedy("allocate the largest tensors first, and pad or bucket inputs so that sizes repeat", ())


def because_of_cache() -> str:
    return "torch.cuda.empty_cache() cannot help: the allocator gives back every unused segment before it raises"
