"""torch, imported here, sees no GPU although the driver counts some and the build has CUDA.

It finds what an import of torch by the active interpreter (`--deep`) reported: a CUDA build, a driver that answers and
counts GPUs, and `torch.cuda.is_available()` False nevertheless. It is a symptom: where another rule found the cause
(a driver too old, a masked GPU, missing device files), that finding ranks before this one.

It matters because frameworks then fall back to the CPU without an error, and training takes days instead of hours.

It is mended by mending the cause; the warning that torch printed is quoted as evidence.

Example: torch 2.5.1+cu121, driver 550.54.15 with one RTX 3090, is_available() False, "CUDA unknown error".
"""

from __future__ import annotations

from typing import Iterator

from ..compat import CompatTable
from ..facts import Facts
from ..reading import Unknown, need, source_of
from ..report import Evidence, Finding, NotApplicable
from ._common import finding
from ._gpus import answering, mask, nvml_gpus
from ._torch import cuda_of_torch, torch_words

ID = "TOR105"
NAME = "cpu-device-used-silently"
SEVERITY = "error"
TAGS = ("torch", "gpu")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    cuda_of_torch(facts)
    gpus = answering(nvml_gpus(facts))
    if isinstance(facts.torch.deep, Unknown) and facts.torch.deep.reason == "not-looked":
        raise NotApplicable("torch is imported only with --deep")
    deep = need(facts.torch.deep, "an import of torch")
    if mask(facts, gpus).problem and not mask(facts, gpus).seen:
        raise NotApplicable("CUDA_VISIBLE_DEVICES hides every GPU")
    if deep.is_available or not gpus:
        return
    because = [
        Evidence("torch.cuda.is_available() is False", source_of(facts.torch.deep)),
        Evidence(f"{len(gpus)} GPU(s) answer", source_of(facts.gpus.gpus)),
    ]
    because += [Evidence(f"torch warned: {text[:300]}", source_of(facts.torch.deep)) for text in deep.warnings[:2]]
    yield finding(
        ID,
        NAME,
        SEVERITY,
        f"{torch_words(facts)} sees none of the {len(gpus)} GPU(s) that the driver counts",
        "Programs that choose a device by themselves run on the CPU without saying so.",
        because,
        confidence="likely",
    )
