"""A GPU whose compute capability this build of torch does not serve, too new or too old.

It finds GPUs for which the build holds neither binary code (sm_XY of the same major, minor not above the GPU's) nor
PTX (compute_XY not above it) that the driver could compile. sm_86 code serves an 8.9 card, sm_60 a 6.1 card, sm_100
a 10.3 card: none of these is a fault.

It matters because the first kernel ends with "no kernel image is available for execution on the device", while
`torch.cuda.is_available()` still says True.

It is mended by another build of torch: builds differ per CUDA variant, and newer ones drop old GPUs (CUDA 13 builds
have nothing below 7.5, cu126 is the last with 5.0 to 7.0) as old ones lack new GPUs (12.0 needs cu128 or newer).
Where other GPUs of the machine are served, CUDA_VISIBLE_DEVICES can keep to those.

Example: torch 2.5.1+cu121 (sm_50 to sm_90) on an RTX 5090 (12.0).
"""

from __future__ import annotations

from typing import Iterator, List, Tuple

from ..compat import CompatTable
from ..facts import Facts
from ..report import CannotTell, Finding, NeedTorch, NeedVariable, Remedy
from ..versions import capability, serves
from ._cards import Card, cards, folded
from ._common import finding, listed
from ._gpus import handles
from ._torch import arch_list, cuda_of_torch, torch_words

ID = "TOR102"
NAME = "gpu-arch-not-in-build"
SEVERITY = "error"
TAGS = ("torch", "gpu", "cuda")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    cuda_of_torch(facts)
    here, unknown = cards(facts, table)
    archs, evidence = arch_list(facts, table)
    left_out = [card for card in here if not serves(archs, card.capability)]
    served = [card for card in here if card not in left_out]
    if left_out:
        yield finding(
            ID,
            NAME,
            "warning" if served else SEVERITY,
            f"{torch_words(facts)} has no code for {folded(left_out)}",
            f"{_age(archs, left_out[0])}: kernels on it end with 'no kernel image is available for execution'.",
            [*(card.evidence for card in left_out), evidence],
            _remedies(served),
            "certain" if all(card.gpu for card in left_out) else "likely",
        )
    if unknown:
        raise CannotTell(f"compute capability of {listed(unknown)} is not known")


def _age(archs: Tuple[str, ...], card: Card) -> str:
    built = [capability(arch) for arch in archs if arch.startswith("sm_")]
    newer = bool(built) and capability(card.capability) > max(built)
    return "The GPU is newer than this build" if newer else "This build no longer covers the GPU"


def _remedies(served: List[Card]) -> Iterator[Remedy]:
    yield Remedy("install a build of torch that covers every GPU here", (NeedTorch(),))
    names = handles(card.gpu for card in served if card.gpu)
    if names:
        title = f"keep to {folded(served)}, which this build serves"
        yield Remedy(title, (NeedVariable("CUDA_VISIBLE_DEVICES", names),))
