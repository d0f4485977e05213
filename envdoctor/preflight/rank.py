"""Which of the GPUs that are free to take first."""

from __future__ import annotations

from typing import Dict, List, Mapping, Sequence, Tuple

from .choice import Opinion
from .options import Wish


def ranked(opinions: Sequence[Opinion], wish: Wish, nodes: Mapping[int, int]) -> Tuple[Opinion, ...]:
    """Those that are "go", the best first. `nodes`: index of a GPU -> NUMA node, where known.

    For more than one GPU those of one NUMA node come first, if it has enough that are as good as the best set of all.
    """
    order = sorted((opinion for opinion in opinions if opinion.answer == "go"), key=lambda each: _key(each, wish))
    if wish.gpus < 2 or len(order) < wish.gpus:
        return tuple(order)
    by_node: Dict[int, List[Opinion]] = {}
    for opinion in order:
        if opinion.choice.gpu.index in nodes:
            by_node.setdefault(nodes[opinion.choice.gpu.index], []).append(opinion)
    best = _worth(order[: wish.gpus])
    for group in by_node.values():
        together = group[: wish.gpus]
        if len(together) == wish.gpus and _worth(together) <= best:
            return (*together, *(opinion for opinion in order if opinion not in together))
    return tuple(order)


def _key(opinion: Opinion, wish: Wish) -> Tuple[object, ...]:
    """Sound before worn, unshared before shared, idle before busy. Then, of those with enough memory, the smallest
    where memory was asked for (larger ones are left to those who need them), the emptiest where not."""
    size = opinion.free if wish.memory is not None else -opinion.free
    return (opinion.worn, opinion.sharing, round(opinion.util), _coarse(size), opinion.choice.gpu.index)


def _coarse(size: int) -> int:
    """A few MiB more or less decide nothing."""
    return size >> 30


def _worth(opinions: Sequence[Opinion]) -> Tuple[int, int, int]:
    return (
        sum(opinion.worn for opinion in opinions),
        sum(opinion.sharing for opinion in opinions),
        max(round(opinion.util) for opinion in opinions),
    )
