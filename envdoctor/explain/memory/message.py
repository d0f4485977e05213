"""PyTorch's out-of-memory messages, from 0.4 to today, as numbers.

They are read with all white space taken out, so that it does not matter where a terminal or a forum broke the lines.
Wordings: c10/cuda/CUDACachingAllocator.cpp and CUDAMallocAsyncAllocator.cpp of each release, and the strings of
libc10_cuda.so in the wheels 1.8.1, 2.1.2, 2.7.1 and 2.14.1.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, Match, NamedTuple, Optional, Pattern, Tuple

from ...frozen import frozen
from .sizes import NO_FIGURE, PATTERN, printed


@frozen
class OomMessage:
    """One message; sizes in bytes as printed (rounded to two decimals of their unit), None where it does not say.

    `form` says which wording it is: parentheses (1.0 to 2.0), sentences (2.1 on), async (the cudaMallocAsync
    backend), mapping (a warning of expandable segments), rejected (2.12 on), bare (no numbers), cpu (host memory).
    """

    line: int
    form: str
    device: str = "CUDA"  # CUDA | HIP | XPU | NPU ... as the message begins; CPU for host memory
    gpu: Optional[int] = None  # CUDA's index, after CUDA_VISIBLE_DEVICES
    tried: Optional[int] = None
    total: Optional[int] = None
    allocated: Optional[int] = None  # in tensors
    reserved: Optional[int] = None  # allocated, and cached or unallocated
    free: Optional[int] = None
    this_process: Optional[int] = None  # what NVML says; 0 where it gives nothing
    others: Tuple[Tuple[int, int], ...] = ()  # (pid, bytes) as listed; in a container one of them can be this process
    private_pools: Optional[int] = None  # of CUDA graphs, part of `allocated`
    allowed: Optional[int] = None  # set_per_process_memory_fraction
    since: str = ""  # the release series of torch that print this wording: first and last, "" where open
    until: str = ""
    says: str = ""  # what a bare message says
    starting: bool = False  # CUDA itself could not start: no statement about the memory of a model
    count: int = 1  # how often this very message came
    last_line: int = 0  # where it came last

    @property
    def slack(self) -> Optional[int]:
        """What the allocator holds and no tensor uses."""
        if self.reserved is None or self.allocated is None:
            return None
        return max(0, self.reserved - self.allocated)


class Found(NamedTuple):
    """A message and where it begins and ends in the text without white space. Its line is not filled in."""

    start: int
    end: int
    message: OomMessage


def _compile(pattern: str) -> Pattern[str]:
    """`{name}` in a pattern is a size that is kept under that name."""
    return re.compile(re.sub(r"{([a-z_]+)}", lambda name: f"(?P<{name.group(1)}>{PATTERN})", pattern), re.IGNORECASE)


_START = _compile(r"triedtoallocate(?:{tried}|(?P<huge>morethan1EBmemory))")
_DEVICE = re.compile(r"(CUDA|HIP|XPU|NPU|MLU|MUSA|PrivateUse1)outofmemory\W{0,3}$", re.IGNORECASE)
_IN_PARENTHESES = re.compile(r"\.?\((?:GPU|NPU|MLU|XPU|DCU)(\d{1,4});([^()]{0,600})", re.IGNORECASE)
_PART = _compile(r"{size}(totalcapacity|alreadyallocated|free|cached|inactive|allowed|reservedintotal)")
# 2.3 printed the index as a character, which is a control character that rarely survives being copied.
_CAPACITY = _compile(r"\.?(?:GPU|NPU|MLU|XPU)\D{0,2}?(?P<gpu>\d{0,4})hasatotalcapaci?tyof{total}ofwhich{free}isfree\.?")
_PROCESS = _compile(r"Process(?P<pid>\d{1,10})has{held}memoryinuse\.?")
_OURS = _compile(r"Includingnon-?PyTorchmemory,?thisprocesshas{ours}memoryinuse\.?")
_ALLOWED = _compile(r"{allowed}allowed;?")
_ALLOCATED = _compile(
    r"Oftheallocatedmemory{allocated}isallocatedbyPyTorch,?(?:with{pools}allocatedinprivatepools(?:\(e\.g\.,CUDAGraphs\))?,?)?"
    r"(?:and{unallocated}isreservedbyPyTorchbutunallocated)?"
)
_ASYNC = _compile(
    r"Allocationondevice(?P<gpu>\d{0,4})wouldexceedallowedmemory\.(?:\(outofmemory\))?\W{0,2}Currentlyallocated:{allocated}"
    r"\W{0,2}Requested:{tried}\W{0,2}Devicelimit:{total}(?:\W{0,2}Free\(accordingtoCUDA\):{free})?"
    r"(?:\W{0,2}PyTorchlimit\(setbyuser-suppliedmemoryfraction\):{allowed})?"
)
_MAPPING = re.compile(
    r"memory(?:mapping|allocation)failedwithOOMondevice(?P<gpu>\d{1,4})whiletryingto(?:map|allocate)"
    r"(?P<tried>\d{1,18})bytes\(free:(?P<free>\d{1,18}),total:(?P<total>\d{1,18})\)"
)
_REJECTED = re.compile(
    r"Preemptivelyrejectingallocation:requested(?P<tried>[\d.]{1,20}[a-z]{0,5}),?buttotal_allocated_memory"
    r"\((?P<reserved>[\d.]{1,20}[a-z]{0,5})\)\+requestedsizewouldexceedmemorylimit\((?P<allowed>[\d.]{1,20}[a-z]{0,5})\)",
    re.IGNORECASE,
)
_HOST = re.compile(
    r"DefaultCPUAllocator:(?:can'?tallocatememory|notenoughmemory):youtriedtoallocate(?P<tried>\d{1,18})bytes"
)

_HINT = 70  # characters of the hint that tell the release
_END = re.compile(
    r"(?:reservedintotalbyPyTorch|cached|inactive)\)|butunallocated|memoryfraction\):\d|total:\d{1,18}\)",
    re.IGNORECASE,
)

#: What says, on one line, that GPU memory ran out, and gives no number. White space is kept here.
_BARE = re.compile(
    r"(?:CUDA|HIP)(?: driver| runtime)? error(?: ?\(2\)| 2)?\s?: ?out of memory|error=2 : out of memory"
    r"|Cuda failure(?: \d{1,3})? '(?:out of memory)'|(?:CUDA|HIP) out of memory\b|Allocation on device\b"
    r"|CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation|hipErrorOutOfMemory|Error 2: out of memory"
    r"|(?:CUBLAS|CUDNN|CUSPARSE|CUSOLVER|CUFFT|HIPBLAS|MIOPEN)(?:_STATUS)?_ALLOC_FAILED",
    re.IGNORECASE,
)
_STARTING = re.compile(r"cudaGetDeviceCount|CUDA initialization", re.IGNORECASE)


def compact(text: str) -> str:
    """Text without white space, as `numbered` wants it."""
    return "".join(text.split())


def numbered(text: str) -> Iterator[Found]:
    """The messages with numbers in a text without white space, in its order."""
    at = 0
    while True:
        start = _START.search(text, at)
        if start is None:
            break
        found = _started(text, start)
        if found is not None:
            yield found
            at = found.end
        else:
            at = start.end()
    for pattern, form in ((_ASYNC, "async"), (_MAPPING, "mapping"), (_REJECTED, "rejected"), (_HOST, "cpu")):
        for match in pattern.finditer(text):
            yield Found(match.start(), match.end(), _of_groups(match, form))


def complete(text: str, wrapped: bool) -> bool:
    """Whether a text without white space holds a message to its end, so that the next line is no part of it.

    The hint at its end tells which release it is; where lines are wrapped it may stand on the next ones.
    """
    end = _END.search(text)
    return end is not None and (not wrapped or len(text) - end.end() >= _HINT)


def bare(line: str) -> Optional[OomMessage]:
    """What one line says about GPU memory without a number, None where it says nothing of the kind."""
    found = _BARE.search(line)
    if found is None:
        return None
    device = "HIP" if found.group().upper().startswith(("HIP", "MIOPEN")) else "CUDA"
    return OomMessage(0, "bare", device, says=found.group(), starting=_STARTING.search(line) is not None)


def _started(text: str, start: Match[str]) -> Optional[Found]:
    device = _DEVICE.search(text, max(0, start.start() - 40), start.start())
    brackets = _IN_PARENTHESES.match(text, start.end())
    capacity = None if brackets else _CAPACITY.match(text, start.end())
    if not (device or brackets or capacity):
        return None  # of another library, or of host memory
    begin = device.start() if device else start.start()
    tried = NO_FIGURE if start.group("huge") else printed(start.group("tried"))
    base: Dict[str, object] = {"device": device.group(1).upper() if device else "CUDA", "tried": tried}
    if brackets:
        known, end = _brackets(text, brackets)
        return Found(begin, end, OomMessage(0, "parentheses", **base, **known))  # type: ignore[arg-type]
    if capacity:
        known, end = _sentences(text, capacity)
        return Found(begin, end, OomMessage(0, "sentences", **base, **known))  # type: ignore[arg-type]
    return Found(begin, start.end(), OomMessage(0, "cut", **base))  # type: ignore[arg-type]


def _brackets(text: str, found: Match[str]) -> Tuple[Dict[str, object], int]:
    sizes = {part.group(2).lower(): printed(part.group("size")) for part in _PART.finditer(found.group(2))}
    allocated, cached, reserved = sizes.get("alreadyallocated"), sizes.get("cached"), sizes.get("reservedintotal")
    if reserved is None and cached is not None and allocated is not None:
        reserved = allocated + cached
    # A hint follows from 1.10 on; that it is missing proves nothing, because messages are cut when they are quoted.
    hint = text[found.end() : found.end() + 40].lower().find("ifreservedmemoryis") >= 0
    since, until = ("1.0", "1.3") if cached is not None else ("1.10" if hint else "1.4", "2.0")
    known: Dict[str, object] = {
        "gpu": int(found.group(1)),
        "total": sizes.get("totalcapacity"),
        "allocated": allocated,
        "reserved": reserved,
        "free": sizes.get("free"),
        "allowed": sizes.get("allowed"),
        "since": since,
        "until": until,
    }
    return known, found.end()


def _sentences(text: str, capacity: Match[str]) -> Tuple[Dict[str, object], int]:
    at = capacity.end()
    others = []
    ours: Optional[int] = None
    while True:
        process, own = _PROCESS.match(text, at), _OURS.match(text, at)
        if process:
            others.append((int(process.group("pid")), printed(process.group("held"))))
        elif own:
            ours = printed(own.group("ours"))
        else:
            break
        at = (process or own).end()  # type: ignore[union-attr]
    known: Dict[str, object] = {
        "gpu": int(capacity.group("gpu")) if capacity.group("gpu") else None,
        "total": printed(capacity.group("total")),
        "free": printed(capacity.group("free")),
        "this_process": ours,
        "others": tuple(others),
        "since": "2.1" if "capacty" in capacity.group().lower() else "2.2",
        "until": "2.1" if "capacty" in capacity.group().lower() else "",
    }
    allowed = _ALLOWED.match(text, at)
    if allowed:
        known["allowed"], at = printed(allowed.group("allowed")), allowed.end()
    used = _ALLOCATED.match(text, at)
    if used:
        at = used.end()
        allocated, unallocated, pools = (
            printed(used.group(name)) if used.group(name) else None for name in ("allocated", "unallocated", "pools")
        )
        known.update(allocated=allocated, private_pools=pools)
        if allocated is not None and unallocated is not None:
            known["reserved"] = allocated + unallocated
    if "pytorch_alloc_conf" in text[at : at + 120].lower():
        known["since"] = "2.9"
    return known, at


def _of_groups(match: Match[str], form: str) -> OomMessage:
    """A message whose pattern names its sizes as the fields are named; a number without a unit is bytes."""
    known: Dict[str, Optional[int]] = {}
    for name, value in match.groupdict().items():
        if not value:
            known[name] = None
        elif name == "gpu":
            known[name] = int(value)
        else:
            known[name] = _bytes(value)
    if form == "async" and (known.get("allowed") or 0) >= NO_FIGURE:
        known["allowed"] = None
    first = {"async": "2.0", "mapping": "2.1", "rejected": "2.12"}.get(form, "")
    return OomMessage(0, form, "CPU" if form == "cpu" else "CUDA", since=first, **known)  # type: ignore[arg-type]


def _bytes(text: str) -> Optional[int]:
    if text.isdigit():
        return int(text)
    return printed(text) if re.fullmatch(PATTERN, text, re.IGNORECASE) else None
