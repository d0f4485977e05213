"""PyTorch's out-of-memory messages as each release prints them, written from the format strings of its allocator."""

from __future__ import annotations

from typing import Optional, Sequence, Tuple

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


def size(number: int) -> str:
    """c10's format_size."""
    if number <= 1024:
        return f"{number} bytes"
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if number >= unit or unit == KIB:
            return f"{number / unit:.2f} {name}"
    raise AssertionError


def unit_of(number: int) -> int:
    """Half of the last digit that `size` prints."""
    unit = 1 if number <= 1024 else GIB if number >= GIB else MIB if number >= MIB else KIB
    return max(1, round(unit * 0.005) + 1)


def parentheses(
    tried: int, total: int, allocated: int, free: int, reserved: int, series: str = "1.8", gpu: int = 0,
    allowed: Optional[int] = None,
) -> str:  # fmt: skip
    """1.0 to 2.0."""
    old = series in ("1.0", "1.1", "1.2", "1.3")
    last = f"{size(reserved - allocated)} cached" if old else f"{size(reserved)} reserved in total by PyTorch"
    cap = f"{size(allowed)} allowed; " if allowed is not None else ""
    text = (
        f"CUDA out of memory. Tried to allocate {size(tried)} (GPU {gpu}; {size(total)} total capacity; "
        f"{size(allocated)} already allocated; {size(free)} free; {cap}{last})"
    )
    if series in ("1.10", "1.11", "1.12", "1.13", "2.0"):
        text += (
            " If reserved memory is >> allocated memory try setting max_split_size_mb to avoid fragmentation.  "
            "See documentation for Memory Management and PYTORCH_CUDA_ALLOC_CONF"
        )
    raised = "torch.cuda.OutOfMemoryError" if series in ("1.13", "2.0") else "RuntimeError"
    return f"{raised}: {text}"


def sentences(
    tried: int, total: int, allocated: int, free: int, reserved: int, series: str = "2.4", gpu: str = "0",
    others: Sequence[Tuple[int, int]] = (), ours: Optional[int] = None, allowed: Optional[int] = None,
    pools: Optional[int] = None, device: str = "CUDA",
) -> str:  # fmt: skip
    """2.1 and later."""
    capacity = "capacty" if series == "2.1" else "capacity"
    text = (
        f"{device} out of memory. Tried to allocate {size(tried)}. GPU {gpu} has a total {capacity} of {size(total)} "
        f"of which {size(free)} is free. "
    )
    text += "".join(f"Process {pid} has {size(held)} memory in use. " for pid, held in others)
    if ours is not None:
        text += f"Including non-PyTorch memory, this process has {size(ours)} memory in use. "
    if allowed is not None:
        text += f"{size(allowed)} allowed; "
    text += f"Of the allocated memory {size(allocated)} is allocated by PyTorch, "
    if pools is not None:
        text += f"with {size(pools)} allocated in private pools (e.g., CUDA Graphs), "
    text += f"and {size(reserved - allocated)} is reserved by PyTorch but unallocated."
    if series == "2.1":
        text += " If reserved but unallocated memory is large try setting max_split_size_mb to avoid fragmentation."
    else:
        name = f"PYTORCH_{device}_ALLOC_CONF" if series != "2.9" else "PYTORCH_ALLOC_CONF"
        text += (
            f" If reserved but unallocated memory is large try setting {name}=expandable_segments:True to avoid "
            "fragmentation.  See documentation for Memory Management  "
            "(https://pytorch.org/docs/stable/notes/cuda.html#environment-variables)"
        )
    return f"torch.OutOfMemoryError: {text}"


ASYNC = """torch.OutOfMemoryError: Allocation on device 1 would exceed allowed memory. (out of memory)
Currently allocated     : 4.86 GiB
Requested               : 10.12 GiB
Device limit            : 24.00 GiB
Free (according to CUDA): 17.19 MiB
PyTorch limit (set by user-supplied memory fraction)
                        : 17179869184.00 GiB"""

MAPPING = (
    "[W905 00:28:47 CUDACachingAllocator.cpp:508] expandable_segments: memory mapping failed with OOM on device 2 "
    "while trying to map 20971520 bytes (free: 4521984, total: 101971460096)"
)
