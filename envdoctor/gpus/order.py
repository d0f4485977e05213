"""Each card's number as CUDA counts: the fastest first, unless CUDA_DEVICE_ORDER says PCI_BUS_ID."""

from __future__ import annotations

from typing import Dict, Mapping, Sequence, Tuple

from ..facts import Gpu
from ..reading import Absent, Known, Reading, Unknown, value_or

_SOURCE = "CUDA_DEVICE_ORDER"


def cuda_order(
    gpus: Sequence[Gpu], environ: Mapping[str, str], speeds: Mapping[int, Reading[int]]
) -> Dict[int, Tuple[Reading[int], bool]]:
    """NVML's index -> (CUDA's, whether that is certain). Without the filter that CUDA_VISIBLE_DEVICES may add.

    `speeds`: cores times clock. CUDA's own measure of "fastest" is not documented; among equal cards it keeps the bus
    order, so only machines of different cards are estimated. A card that does not answer is not counted by CUDA.
    """
    answering = [gpu for gpu in gpus if gpu.status == "ok"]
    lost: Dict[int, Tuple[Reading[int], bool]] = {
        gpu.index: (Absent((f"CUDA does not count a card that answers {gpu.status}",)), True)
        for gpu in gpus
        if gpu.status != "ok"
    }
    by_bus = environ.get(_SOURCE) == "PCI_BUS_ID"
    same = len({value_or(gpu.name, None) for gpu in answering}) <= 1 and all(
        isinstance(gpu.name, Known) for gpu in answering
    )
    if by_bus or same or len(answering) < 2:
        return {**lost, **{gpu.index: (Known(at, _SOURCE), True) for at, gpu in enumerate(answering)}}
    if any(not isinstance(speeds.get(gpu.index), Known) for gpu in answering):
        why = Unknown("not-looked", "the cards differ, and which one CUDA takes for the fastest is not known", _SOURCE)
        return {**lost, **{gpu.index: (why, False) for gpu in answering}}
    ranked = sorted(answering, key=lambda gpu: -value_or(speeds[gpu.index], 0))
    return {**lost, **{gpu.index: (Known(at, "cores x clock"), False) for at, gpu in enumerate(ranked)}}
