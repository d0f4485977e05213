"""One attempt: look (more than once where the load decides), judge, rank, claim."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Callable, Dict, FrozenSet, List, Mapping, Optional, Sequence, Set, Tuple

from ..exits import Exit
from ..facts import Gpu
from ..frozen import frozen
from ..host import Host, NvmlAnswer
from ..reading import Absent, Known, Reading, Unknown, value_or
from .choice import Choice, Opinion, choices
from .claims import HIDDEN, TAKEN, Claims, Owner
from .judge import judge
from .offers import refusals
from .options import Wish
from .rank import ranked
from .sight import cards
from .site import Site

_LOOKS = 3
_BETWEEN = 0.4  # seconds; NVML's utilisation is an average over up to a second
_TRIES = 4
HOPELESS = ("DRIVER_NOT_LOADED", "LIB_RM_VERSION_MISMATCH")


@frozen
class Decision:
    code: Exit  # OK | FINDINGS (no) | CANNOT_TELL | TRY_LATER
    sentence: str
    opinions: Tuple[Opinion, ...] = ()
    picked: Tuple[Choice, ...] = ()
    warnings: Tuple[str, ...] = ()


@frozen
class Question:
    """What an attempt needs to know. `timeout`: seconds that the driver may take for one look."""

    wish: Wish
    site: Site
    timeout: float
    taking: bool  # whether what is picked is to be claimed
    minute: Callable[[], int]  # of the day, local time
    nvml: Callable[[float], Reading[NvmlAnswer]]


def attempt(host: Host, question: Question, claims: Claims) -> Decision:
    """One decision. Where `taking`, the claims of what was picked are held when it says OK, and none otherwise."""
    answer, opinions, given, remark = _observed(host, question)
    if not isinstance(answer, Known) or not answer.value:
        return _no_driver(answer)
    if question.wish.gpus == 0:
        question = replace(question, wish=replace(question.wish, gpus=max(1, given)))
    owners: Dict[str, Owner] = {}
    if not question.taking or question.site.max_per_user is not None:
        owners = claims.owners(opinion.choice.uuid for opinion in opinions if opinion.choice.uuid)
        opinions = _with_claims(opinions, owners)
    limit, warnings = _courtesy(question, _mine(host, answer.value, owners))
    warnings = (*((remark,) if remark else ()), *warnings)
    if limit is not None:
        return Decision(limit[0], limit[1], opinions, (), warnings)
    picked, opinions = _picked(host, question, claims, opinions)
    if len(picked) < question.wish.gpus:
        code = verdict(opinions, question.wish.gpus)
        code = Exit.TRY_LATER if code == Exit.OK else code  # enough fit, and others were quicker
        return Decision(code, _sentence(code, opinions, question.wish.gpus), opinions, (), warnings)
    if question.taking and claims.trouble:
        warnings = (*warnings, claims.trouble)
    names = ", ".join(choice.label for choice in picked)
    return Decision(Exit.OK, f"go: {names}", opinions, picked, warnings)


def verdict(opinions: Sequence[Opinion], wanted: int) -> Exit:
    """What too few free GPUs mean: later, if those that are busy would do; cannot tell, if unknown ones might."""
    count = {answer: sum(each.answer == answer for each in opinions) for answer in ("go", "busy", "unknown")}
    if count["go"] >= wanted:
        return Exit.OK
    if count["go"] + count["busy"] >= wanted:
        return Exit.TRY_LATER
    return Exit.CANNOT_TELL if sum(count.values()) >= wanted else Exit.FINDINGS


def _observed(host: Host, question: Question) -> Tuple[Reading[Tuple[Gpu, ...]], Tuple[Opinion, ...], int, str]:
    """What the driver says, an opinion on each, how many of them this session was given, and a remark on who said
    it."""
    seen: Dict[Tuple[int, object], List[Gpu]] = {}
    given = 0
    user = host.identity().user
    opinions: Tuple[Opinion, ...] = ()
    for number in range(_LOOKS):
        if number:
            time.sleep(_BETWEEN)
        answer, remark = cards(host, question.nvml(question.timeout), question.timeout)
        if not isinstance(answer, Known):
            return answer, (), 0, remark
        for gpu in answer.value:
            seen.setdefault((gpu.index, gpu.uuid), []).append(gpu)
        found = choices(answer.value)
        refused = refusals(host, found)
        given = len(found) - len(refused)
        opinions = tuple(
            Opinion(choice, *refused[place])
            if place in refused
            else judge(choice, seen[(choice.gpu.index, choice.gpu.uuid)], question.wish, question.site, user)
            for place, choice in enumerate(found)
        )
        if not _load_decides(opinions, question.wish):
            break
    return answer, opinions, given, remark


def _load_decides(opinions: Sequence[Opinion], wish: Wish) -> bool:
    """Whether another look could change what is picked: too few are idle, and some have a load."""
    idle = sum(each.answer == "go" and not each.util and not each.sharing for each in opinions)
    return idle < wish.gpus and any(each.loaded or (each.answer == "go" and each.util) for each in opinions)


def _no_driver(answer: Reading[Tuple[Gpu, ...]]) -> Decision:
    if isinstance(answer, Absent):
        return Decision(Exit.FINDINGS, "no go: there is no NVIDIA driver here (no libnvidia-ml.so.1)")
    if isinstance(answer, Unknown):
        hopeless = answer.detail in HOPELESS
        more = "; `envdoctor check` tells more"
        if hopeless:
            return Decision(Exit.FINDINGS, f"no go: the driver answers {answer.detail}{more}")
        return Decision(Exit.CANNOT_TELL, f"cannot tell: {answer.sentence()}{more}")
    return Decision(Exit.FINDINGS, "no go: the driver counts no GPU here")


def _with_claims(opinions: Tuple[Opinion, ...], owners: Mapping[str, Owner]) -> Tuple[Opinion, ...]:
    """What would do and is claimed is busy."""
    return tuple(
        _busy(each, f"claimed by {owners[each.choice.uuid].words}", owners[each.choice.uuid].pid)
        if each.answer == "go" and each.choice.uuid in owners
        else each
        for each in opinions
    )


def _busy(opinion: Opinion, why: str, claimer: int = 0) -> Opinion:
    return Opinion(opinion.choice, "busy", why, opinion.util, opinion.free, claimer=claimer)


def _mine(host: Host, gpus: Tuple[Gpu, ...], owners: Mapping[str, Owner]) -> Set[str]:
    """UUIDs of what this user holds already: claimed, or with a process on it."""
    uid = host.identity().uid
    holding = {
        str(value_or(gpu.uuid, gpu.index))
        for gpu in gpus
        if any(value_or(holder.mine, False) and holder.kind != "G" for holder in value_or(gpu.holders, ()))
    }
    return holding | {uuid for uuid, owner in owners.items() if owner.uid == uid}


def _courtesy(question: Question, mine: Set[str]) -> Tuple[Optional[Tuple[Exit, str]], Tuple[str, ...]]:
    """The site's limits: a decision where it refuses, a warning where it only asks."""
    site, wanted = question.site, question.wish.gpus
    said: List[Tuple[Exit, str]] = []
    if site.max_per_user is not None and len(mine) + wanted > site.max_per_user:
        have = f"you hold {len(mine)} and ask for {wanted}"
        code = Exit.FINDINGS if wanted > site.max_per_user else Exit.TRY_LATER
        said.append((code, f"a user should hold at most {site.max_per_user} GPU(s) here, {have} ({site.source})"))
    if site.quiet_at(question.minute()):
        said.append((Exit.TRY_LATER, f"these are quiet hours: no new jobs ({site.source})"))
    if site.refuses and said:
        code, sentence = min(said, key=lambda each: each[0])
        lead = "no go" if code == Exit.FINDINGS else "not now"
        return (code, f"{lead}: {sentence}"), ()
    return None, tuple(sentence for _, sentence in said)


def _picked(
    host: Host, question: Question, claims: Claims, opinions: Tuple[Opinion, ...]
) -> Tuple[Tuple[Choice, ...], Tuple[Opinion, ...]]:
    """The best that could be claimed, and the opinions, with what others were quicker to claim. Two that take parts of
    each other's set both let go; a moment later one of them gets its own."""
    wanted = question.wish.gpus
    several = wanted > 1
    nodes, links = (_nodes(host, opinions), _links(opinions)) if several else ({}, frozenset())
    order = ranked(opinions, question.wish, nodes, links)
    if len(order) < wanted:
        return (), opinions
    if not question.taking:
        return tuple(each.choice for each in order[:wanted]), opinions
    for number in range(_TRIES):
        picked, refused = _claim(order, wanted, claims)
        if len(picked) == wanted and _within(question.site, host, claims, opinions):
            return picked, opinions
        claims.release()
        if not 0 < len(picked) < wanted:
            break
        time.sleep(_jitter(number))
    taken = [uuid for uuid, why in refused.items() if why == TAKEN]
    owners = claims.owners(taken) if taken else {}
    opinions = tuple(
        _busy(each, refused[each.choice.uuid]) if refused.get(each.choice.uuid, TAKEN) != TAKEN else each
        for each in opinions
    )
    return (), _with_claims(opinions, {uuid: owners.get(uuid, HIDDEN) for uuid in taken})


def _claim(order: Tuple[Opinion, ...], wanted: int, claims: Claims) -> Tuple[Tuple[Choice, ...], Dict[str, str]]:
    """What is claimed now, and UUID -> why not for the others that were tried."""
    picked: List[Choice] = []
    refused: Dict[str, str] = {}
    for opinion in order:
        if len(picked) == wanted:
            break
        why = claims.take(opinion.choice.uuid)
        if why:
            refused[opinion.choice.uuid] = why
        else:
            picked.append(opinion.choice)
    return tuple(picked), refused


def _within(site: Site, host: Host, claims: Claims, opinions: Tuple[Opinion, ...]) -> bool:
    """Whether the user's claims, these included, are within the site's limit: two of one user may look at once."""
    if site.max_per_user is None or not site.refuses:
        return True
    uid = host.identity().uid
    owners = claims.owners(each.choice.uuid for each in opinions if each.choice.uuid)
    return sum(owner.uid == uid for owner in owners.values()) <= site.max_per_user


def _jitter(number: int) -> float:
    """Seconds; different for each process, so that two that collided do not collide again."""
    return 0.01 * (number + 1) * (1 + (time.monotonic_ns() >> 10) % 7)


def _nodes(host: Host, opinions: Tuple[Opinion, ...]) -> Dict[int, int]:
    """Index of a GPU -> the NUMA node it hangs on, where the kernel says."""
    nodes: Dict[int, int] = {}
    for gpu in {each.choice.gpu.index: each.choice.gpu for each in opinions}.values():
        bus = str(value_or(gpu.pci_bus_id, "")).lower()[-12:]
        text = str(value_or(host.read(f"/sys/bus/pci/devices/{bus}/numa_node", 16), "")).strip() if bus else ""
        if text.isdigit():  # -1: the machine has one node, or does not say
            nodes[gpu.index] = int(text)
    return nodes


def _links(opinions: Tuple[Opinion, ...]) -> FrozenSet[Tuple[int, int]]:
    """Pairs of indexes, the smaller first, of GPUs that reach each other over NVLink."""
    gpus = [each.choice.gpu for each in opinions]
    return frozenset((other, gpu.index) for gpu in gpus for other in value_or(gpu.nvlink, ()))


def _sentence(code: Exit, opinions: Sequence[Opinion], wanted: int) -> str:
    free = sum(each.answer == "go" for each in opinions)
    enough = "a GPU fits" if wanted == 1 else f"{wanted} GPUs fit"
    if code == Exit.TRY_LATER:
        return "not now: no GPU is free" if free == 0 else f"not now: {free} of the {wanted} GPUs are free"
    if code == Exit.CANNOT_TELL:
        return f"cannot tell whether {enough}: not every GPU answered"
    none = "no GPU fits" if wanted == 1 else f"fewer than {enough}"
    return f"no go: {none} here, and waiting does not help"
