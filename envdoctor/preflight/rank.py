"""Which of the GPUs that are free to take first."""

from __future__ import annotations

from itertools import combinations
from typing import FrozenSet, Iterator, List, Mapping, Sequence, Tuple

from .choice import Opinion
from .options import Wish

Links = FrozenSet[Tuple[int, int]]


def ranked(
    opinions: Sequence[Opinion], wish: Wish, nodes: Mapping[int, int], links: Links = frozenset()
) -> Tuple[Opinion, ...]:
    """Those that are "go", the best first. `nodes`: index of a GPU -> NUMA node, where known. `links`: pairs of
    indexes, the smaller first, that NVLink joins.

    For more than one GPU, of the sets that are as good as the best those come first that are joined by NVLink, then
    those of one NUMA node.
    """
    order = sorted((opinion for opinion in opinions if opinion.answer == "go"), key=lambda each: _key(each, wish))
    if wish.gpus < 2 or len(order) < wish.gpus:
        return tuple(order)
    sets = [order[: wish.gpus], *_neighbours(order, wish.gpus, nodes, links)]
    together = min(sets, key=lambda each: (_worth(each), -_joined(each, links), not _one_node(each, nodes)))
    return (*together, *(opinion for opinion in order if opinion not in together))


def _neighbours(order: List[Opinion], wanted: int, nodes: Mapping[int, int], links: Links) -> Iterator[List[Opinion]]:
    """For each GPU the set of those next to it that is grown from the best of its neighbours."""
    for seed in order:
        grown = [seed]
        left = [opinion for opinion in order if opinion is not seed]
        while left and len(grown) < wanted:

            def distance(other: Opinion, grown: List[Opinion] = grown) -> Tuple[int, bool]:
                index, node = other.choice.gpu.index, nodes.get(other.choice.gpu.index)
                members = [member.choice.gpu.index for member in grown]
                joined = sum((min(index, each), max(index, each)) in links for each in members)
                return -joined, node is None or any(nodes.get(each) != node for each in members)

            nearest = min(left, key=distance)  # the first of several: the best
            grown.append(nearest)
            left.remove(nearest)
        yield sorted(grown, key=order.index)


def _joined(opinions: Sequence[Opinion], links: Links) -> int:
    """How many of the pairs NVLink joins."""
    indexes = sorted(opinion.choice.gpu.index for opinion in opinions)
    return sum(pair in links for pair in combinations(indexes, 2))


def _one_node(opinions: Sequence[Opinion], nodes: Mapping[int, int]) -> bool:
    found = {nodes.get(opinion.choice.gpu.index) for opinion in opinions}
    return len(found) == 1 and None not in found


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
