"""Opinions and ranking, on GPUs that were never there."""

from __future__ import annotations

from typing import Any, Dict, Tuple

import pytest

from envdoctor.exits import Exit
from envdoctor.facts import Gpu, MigDevice
from envdoctor.preflight.choice import Choice, Opinion, choices
from envdoctor.preflight.decide import verdict
from envdoctor.preflight.judge import judge
from envdoctor.preflight.options import Wish
from envdoctor.preflight.rank import Links, ranked
from envdoctor.preflight.site import Reserved, Site
from envdoctor.reading import Absent, Known, Unknown

from .cards import GIB, card, holder

FAILED = Unknown("failed", "UNKNOWN", "nvml")


def opinion(*seen: Gpu, wish: Wish = Wish(), site: Site = Site()) -> Opinion:  # noqa: B008 - both are frozen
    return judge(Choice(seen[-1]), seen, wish, site, "ana")


@pytest.mark.parametrize(
    ("changed", "answer", "why"),
    [
        ({}, "go", "24.0 GiB of 24.0 GiB free, 0 % busy"),
        ({"status": "GPU_IS_LOST"}, "no", "bus"),
        ({"status": "RESET_REQUIRED"}, "no", "reset"),
        ({"status": "NO_ANSWER"}, "unknown", "did not answer"),
        ({"status": "UNKNOWN"}, "unknown", "UNKNOWN"),
        ({"ecc_uncorrected": 1}, "no", "1 uncorrectable memory error (ECC)"),
        ({"remap_failed": True}, "no", "remap"),
        ({"remap_pending": True}, "go", "waits for a reset"),
        ({"compute_mode": "prohibited"}, "no", "Prohibited"),
        ({"compute_mode": "exclusive-process"}, "go", "free"),
        ({"compute_mode": "exclusive-process", "holders": (holder(),)}, "busy", "Exclusive"),
        ({"mig_mode": True}, "no", "MIG is on"),
        ({"holders": (holder(),)}, "busy", "held by bob (pid 7, python, 2.0 GiB)"),
        ({"holders": (holder(), holder(8, "eve", memory=9 * GIB))}, "busy", "eve (pid 8, python, 9.0 GiB) and 1 more"),
        ({"holders": (holder(mine=True),)}, "busy", "a process of your own (pid 7, python, 2.0 GiB, since 2026"),
        ({"remap_failed": Unknown("not-looked", "nvidia-smi was not asked")}, "go", "free"),
        ({"holders": (holder(user=None),)}, "busy", "not visible to you (pid 7, 2.0 GiB)"),
        ({"holders": (holder(kind="G", memory=GIB),), "memory_used": GIB}, "go", "free"),
        ({"memory_used": 9 * GIB, "memory_free": 15 * GIB}, "busy", "9.0 GiB held by processes that are not visible"),
        ({"utilisation": 50}, "busy", "50 % busy"),
        ({"utilisation": Absent(("nvml",))}, "go", "free"),
        ({"utilisation": FAILED}, "unknown", "its utilisation could not be read (UNKNOWN)"),
        ({"memory_free": FAILED}, "unknown", "memory"),
        ({"holders": Unknown("denied", "NO_PERMISSION")}, "unknown", "processes"),
        ({"uuid": FAILED}, "unknown", "UUID"),
        ({"ecc_uncorrected": FAILED}, "unknown", "memory errors"),
        ({"ecc_uncorrected": Unknown("denied", "NO_PERMISSION")}, "go", "free"),
        ({"ecc_uncorrected": Absent(("nvml",))}, "go", "free"),
    ],
)  # fmt: skip
def test_one_card(changed: Dict[str, Any], answer: str, why: str) -> None:
    said = opinion(card(**changed))
    assert (said.answer, why in said.why) == (answer, True), said.why


def test_a_fault_at_any_look_counts() -> None:
    assert opinion(card(status="GPU_IS_LOST"), card()).answer == "no"
    assert opinion(card(ecc_uncorrected=2), card(ecc_uncorrected=0)).answer == "no"


def test_load_is_an_average_over_the_looks() -> None:
    spike = opinion(card(utilisation=30), card(utilisation=0), card(utilisation=0))
    assert (spike.answer, spike.util) == ("go", 10)
    steady = opinion(card(utilisation=30), card(utilisation=40), card(utilisation=20))
    assert steady.answer == "busy" and steady.loaded and "30 % busy on average over 3 looks" in steady.why


def test_memory_that_is_asked_for_allows_sharing() -> None:
    shared = card(memory_used=9 * GIB, memory_free=15 * GIB, holders=(holder(),))
    assert opinion(shared, wish=Wish(memory=10 * GIB)).answer == "go"
    assert opinion(shared, wish=Wish(memory=10 * GIB)).sharing == 1
    assert opinion(shared, wish=Wish(memory=16 * GIB)).answer == "busy"
    assert opinion(shared, wish=Wish(memory=25 * GIB)).answer == "no"
    assert opinion(shared, wish=Wish(memory=10 * GIB), site=Site(min_free=16 * GIB)).answer == "busy"


def test_reserved_cards() -> None:
    site = Site(reserved=(Reserved("GPU-00000000", ("maria",), "deadline"),))
    assert opinion(card(), site=site).why == "reserved for maria: deadline (/etc/envdoctor.toml)"
    assert opinion(card(1), site=site).answer == "go"
    assert judge(Choice(card()), [card()], Wish(), site, "maria").answer == "go"


def test_mig_instances() -> None:
    idle = MigDevice("MIG-1", "1g.10gb", Known(10 * GIB, ""), Known(20 << 20, ""))
    used = MigDevice("MIG-2", "1g.10gb", Known(10 * GIB, ""), Known(2 * GIB, ""))
    gpu = card(mig_mode=True, mig_devices=(idle, used), utilisation=Absent(("nvml",)), holders=(holder(),))
    found = choices((gpu, card(1)))
    assert [choice.uuid for choice in found] == ["MIG-1", "MIG-2", "GPU-00000001-aaaa"]
    assert [judge(choice, [gpu], Wish(), Site(), "ana").answer for choice in found[:2]] == ["go", "busy"]
    assert judge(found[0], [gpu], Wish(gpus=2), Site(), "ana").answer == "no"


@pytest.mark.parametrize(
    ("answers", "wanted", "code"),
    [
        ("go", 1, Exit.OK),
        ("busy", 1, Exit.TRY_LATER),
        ("no", 1, Exit.FINDINGS),
        ("unknown", 1, Exit.CANNOT_TELL),
        ("busy no", 1, Exit.TRY_LATER),
        ("busy unknown", 1, Exit.TRY_LATER),
        ("busy unknown", 2, Exit.CANNOT_TELL),
        ("go busy", 2, Exit.TRY_LATER),
        ("go busy no", 3, Exit.FINDINGS),
    ],
)
def test_what_too_few_mean(answers: str, wanted: int, code: Exit) -> None:
    opinions = [Opinion(Choice(card(place)), answer, "") for place, answer in enumerate(answers.split())]
    assert verdict(opinions, wanted) == code


def order(
    opinions: Tuple[Opinion, ...], wish: Wish, nodes: Dict[int, int], links: Links = frozenset()
) -> Tuple[int, ...]:
    return tuple(each.choice.gpu.index for each in ranked(opinions, wish, nodes, links))


def test_ranking() -> None:
    shared = opinion(card(0, holders=(holder(),)), wish=Wish(memory=GIB))
    warm = opinion(card(1, utilisation=7))
    worn = opinion(card(2, remap_pending=True))
    small = opinion(card(3, memory_free=10 * GIB, memory_total=10 * GIB))
    large = opinion(card(4))
    busy = opinion(card(5, utilisation=99))
    every = (shared, warm, worn, small, large, busy)
    assert order(every, Wish(), {}) == (4, 3, 1, 0, 2)
    assert order(every, Wish(memory=8 * GIB), {}) == (3, 4, 1, 0, 2)  # large cards are left to those who need them


def test_neighbours_come_together_unless_that_costs_something() -> None:
    four = tuple(opinion(card(index)) for index in range(4))
    assert order(four, Wish(gpus=2), {0: 0, 1: 1, 2: 1, 3: 0})[:2] == (0, 3)
    assert order(four, Wish(gpus=2), {})[:2] == (0, 1)
    warm = (opinion(card(0)), opinion(card(1)), opinion(card(2, utilisation=9)), opinion(card(3, utilisation=9)))
    assert order(warm, Wish(gpus=2), {0: 0, 1: 1, 2: 0, 3: 1})[:2] == (0, 1)


#: Two boards of four, each joined in a ring.
RINGS = frozenset(((0, 1), (1, 2), (2, 3), (0, 3), (4, 5), (5, 6), (6, 7), (4, 7)))


@pytest.mark.parametrize(
    ("gpus", "links", "nodes", "first"),
    [
        (2, {(0, 3), (1, 2)}, {}, (0, 3)),
        (2, {(1, 2)}, {0: 0, 1: 0, 2: 1, 3: 1}, (1, 2)),  # NVLink is worth more than one NUMA node
        (2, {(0, 1), (2, 3)}, {0: 0, 1: 1, 2: 1, 3: 1}, (2, 3)),
        (3, {(0, 2), (0, 3), (2, 3)}, {}, (0, 2, 3)),
        (4, RINGS, {}, (0, 1, 2, 3)),
        (2, frozenset(), {}, (0, 1)),
    ],
)
def test_what_nvlink_joins_comes_together(
    gpus: int, links: Links, nodes: Dict[int, int], first: Tuple[int, ...]
) -> None:
    every = tuple(opinion(card(index)) for index in range(8 if links is RINGS else 4))
    assert order(every, Wish(gpus=gpus), nodes, frozenset(links))[:gpus] == first


def test_a_set_that_is_joined_and_busier_is_not_taken() -> None:
    every = (*(opinion(card(index)) for index in (0, 1)), *(opinion(card(i, utilisation=9)) for i in (2, 3)))
    assert order(every, Wish(gpus=2), {}, frozenset({(2, 3)}))[:2] == (0, 1)


def test_many_cards_are_ranked_at_once() -> None:
    every = tuple(opinion(card(index)) for index in range(64))
    links = frozenset((a, b) for a in range(16, 32) for b in range(a + 1, 32))
    assert order(every, Wish(gpus=16), {}, links)[:16] == tuple(range(16, 32))
