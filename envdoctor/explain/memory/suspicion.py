"""From messages, figures that grow and facts to what is to blame: names with a weight, the evidence, and ways out."""

from __future__ import annotations

from typing import Iterator, Optional, Sequence, Tuple

from ...compat import CompatTable
from ...facts import Facts
from ...frozen import frozen
from ...reading import Absent, value_or
from ...report import Evidence, Remedy
from ...rules._gpus import label
from . import advice
from .arithmetic import FRAGMENTED, OCCUPIED, OTHERS_LEAST, TOO_LARGE, Reason, balance, reasons
from .growth import Growth
from .here import Card, card
from .message import OomMessage
from .scene import Scene
from .sizes import NO_FIGURE, between, words

LEAK, ZOMBIE = "oom-leak", "zombie-process-holds-memory"

_HOST_WORDS = ("rss", "ram", "host", "cpu", "resident")


@frozen
class Suspicion:
    """A problem, how much speaks for it (percent), and all that a finding says."""

    name: str
    weight: int
    title: str
    meaning: str
    because: Tuple[Evidence, ...]
    remedies: Tuple[Remedy, ...]


def suspicions(
    messages: Sequence[OomMessage], facts: Facts, table: CompatTable, growing: Sequence[Growth] = ()
) -> Tuple[Suspicion, ...]:
    """What is to blame, heaviest first. Nothing where no GPU memory ran out and nothing grows.

    Host memory alone (a DataLoader worker that was killed, a cache that is too large) is not told of here, unless it
    grows until it is used up.
    """
    main = _main(messages)
    if main is None:
        host = [one for one in messages if one.device == "CPU"]
        return tuple(_leaks(growing, host[-1] if host else None, None))
    scene = Scene(main, balance(main), card(facts, main), facts, table)
    leaks = tuple(_leaks(growing, main, scene))
    found = [*_from_numbers(scene, leaking=any(one.weight >= 85 for one in leaks)), *leaks]
    return tuple(sorted(found, key=lambda one: -one.weight))


def _main(messages: Sequence[OomMessage]) -> Optional[OomMessage]:
    """The failure to explain: the last that ended something and has figures, else the last without."""
    fatal = [one for one in messages if one.device != "CPU" and not one.starting and one.form != "mapping"]
    for told in ([one for one in fatal if one.total is not None], fatal):
        if told:
            return told[-1]
    return None


def _from_numbers(scene: Scene, leaking: bool) -> Iterator[Suspicion]:
    for one in _refined(scene):
        if one.name == TOO_LARGE:
            # A leak ends with a full GPU.
            yield _too_large(scene, Reason(one.name, one.kind, min(one.weight, 40)) if leaking else one)
        elif one.name == FRAGMENTED:
            yield _fragmented(scene, one)
        else:
            yield _occupied(scene, one)
            if scene.card and _nobody_listed(scene, scene.card, one):
                yield _zombie(scene, scene.card, one)


def _refined(scene: Scene) -> Tuple[Reason, ...]:
    """What the numbers speak for, after a look at the GPU where the message leaves it open."""
    told = reasons(scene.message, scene.parts)
    if scene.card is None or any(one.weight > 50 for one in told):
        return told
    if scene.card.full:
        change = {OCCUPIED: 85, TOO_LARGE: 25}
    elif scene.card.roomy:
        change = {OCCUPIED: 20, TOO_LARGE: 60}
    else:
        return told
    return tuple(Reason(one.name, one.kind, change.get(one.name, one.weight)) for one in told)


# The findings, one function each.


def _too_large(scene: Scene, reason: Reason) -> Suspicion:
    message = scene.message
    remedies = list(advice.smaller())
    if reason.kind == "request":
        title, meaning = _request(scene)
        remedies = [Remedy("look at the shapes in the line of the traceback that allocates", ()), *remedies]
    elif reason.kind == "capped":
        allowed = words(message.allowed or 0)
        title = f"this process may use {allowed} of {scene.gpu}, and needs more"
        meaning = "torch.cuda.set_per_process_memory_fraction (or per_process_memory_fraction) sets the limit."
        remedies = [Remedy("raise the fraction, or leave it out", ()), *remedies]
    elif reason.kind == "refused":
        title = (
            f"the driver refused {words(message.tried or 0)} although it says that {words(message.free or 0)} are free"
        )
        meaning = "Another process may have held it for a moment; Windows and vGPUs lend a process less than is free."
        remedies = [advice.see_who(scene.message.device), *remedies]
    elif reason.kind == "full" and reason.weight < 50:
        title = f"this process may need more than {scene.gpu} has, besides"
        meaning = "Where the other cause is mended and memory runs out again, this is what is left."
    elif reason.kind == "full":
        title = _full_title(scene)
        meaning = "What this process keeps at one time must become smaller, or the GPU larger."
    else:
        title = "GPU memory ran out, and the message gives no figures"
        meaning = "Either this process needs more than the GPU has, or others hold it; a look at the GPU decides."
        remedies = [advice.see_who(scene.message.device), *remedies]
    larger = advice.another_gpu(scene.facts, scene.card.gpu if scene.card else None, scene.needed)
    if larger and reason.kind in ("full", "no-figures", "few-figures"):
        remedies.insert(0, larger)
    because = [*scene.sums(), *(scene.useless() if reason.weight >= 50 else ()), *scene.on_card()]
    return Suspicion(TOO_LARGE, reason.weight, title, meaning, tuple(because), tuple(remedies))


def _request(scene: Scene) -> Tuple[str, str]:
    tried = scene.message.tried or 0
    if tried >= NO_FIGURE:
        return (
            "more than 1 EB was asked for in one piece",
            "No tensor is that large: a size went wrong, such as a negative or uninitialised number.",
        )
    title = f"{words(tried)} were asked for in one piece, and {scene.gpu} has {words(scene.parts.total or 0)} in all"
    if tried > 4 * (scene.parts.total or tried):
        return (
            title,
            "A size like this mostly comes from a shape that is not what was meant, as when two are broadcast.",
        )
    return title, "No setting and no other process has to do with it: this one tensor does not fit."


def _full_title(scene: Scene) -> str:
    message, parts = scene.message, scene.parts
    return (
        f"{scene.gpu} is full: {words(parts.allocated or 0)} of {words(parts.total or 0)} are in tensors of this"
        f" process, and {words(message.tried or 0)} more do not fit"
    )


def _fragmented(scene: Scene, reason: Reason) -> Suspicion:
    message, parts = scene.message, scene.parts
    remedy, evidence = advice.allocator(message, scene.facts, scene.table)
    because = [*scene.sums(), evidence]
    if (parts.slack or 0) + (parts.free or 0) < (message.tried or 0):
        because.append(
            Evidence("even in one piece, what is free and unused would not do for the request", scene.source)
        )
    if message.private_pools:
        says = f"{words(message.private_pools)} lie in private pools of CUDA graphs, which nothing else can use"
        because.append(Evidence(says, scene.source))
    because.append(Evidence(advice.because_of_cache(), "PyTorch notes: CUDA semantics"))
    return Suspicion(
        FRAGMENTED,
        reason.weight,
        f"{words(parts.slack or 0)} are reserved and in no tensor, in pieces too small for {words(message.tried or 0)}",
        "The allocator cut its segments into pieces that are in use here and there, so that no large piece is left.",
        tuple(because),
        (*([remedy] if remedy else []), *advice.whole_pieces()),
    )


def _occupied(scene: Scene, reason: Reason) -> Suspicion:
    parts = scene.parts
    if reason.kind == "others" and parts.others:
        least, most = parts.others
        amount = words(most) if most - least <= most // 20 else between(least, most)
        title = f"others hold {amount} of the {words(parts.total or 0)} on {scene.gpu}"
        if parts.reserved is not None:
            title += f"; this process has reserved {words(parts.reserved)}"
    elif scene.card is not None and scene.card.full:
        title = f"{label(scene.card.gpu)} is full of what others hold"
    else:
        title = f"others may hold the memory of {scene.gpu}"
    remedies = []
    free = advice.another_gpu(scene.facts, scene.card.gpu if scene.card else None, scene.needed)
    if free:
        remedies.append(free)
    if scene.ranks:
        remedies.insert(0, Remedy("give each rank its own GPU: torch.cuda.set_device(local_rank)", ()))
    if scene.card and scene.card.roomy and reason.kind == "others":
        remedies.append(Remedy(f"run it again: {words(scene.card.free or 0)} are free there now", ()))
    remedies += [advice.see_who(scene.message.device), Remedy("ask the owners, or wait until one of them ends", ())]
    because = [*scene.sums(), *scene.others(), *scene.on_card()]
    meaning = "A smaller batch does not help, and no allocator option: the memory is not this process's to free."
    return Suspicion(OCCUPIED, reason.weight, title, meaning, tuple(because), tuple(remedies))


def _nobody_listed(scene: Scene, card: Card, reason: Reason) -> bool:
    """Whether others hold much and the list of processes, which was seen, does not explain it. Inside a container the
    list never does."""
    container = value_or(scene.facts.session.container, None) or value_or(scene.facts.session.wsl, None)
    if reason.weight < 60 or card.holders is None or container:
        return False
    held = scene.parts.others[0] if scene.parts.others else card.used or 0
    return held >= OTHERS_LEAST and card.unexplained * 2 >= held


def _zombie(scene: Scene, card: Card, reason: Reason) -> Suspicion:
    title = f"{words(card.unexplained)} of {label(card.gpu)} are in use, and no process that is listed holds them"
    who = Evidence(f"{len(card.holders or ())} processes are listed", card.source)
    remedies = (
        Remedy("end left-over workers of your own runs (ps -u $USER shows them)", ()),
        Remedy("an administrator finds who keeps the GPU open (fuser -v /dev/nvidia*)", ()),
    )
    meaning = "It is held by a process that is dead, orphaned, or in another container."
    # In a container others' processes are never listed, and a pasted table does not say where it was taken.
    surer = isinstance(scene.facts.session.container, Absent)
    weight = min(97, reason.weight + (1 if surer else -2))
    return Suspicion(ZOMBIE, weight, title, meaning, (*scene.sums(), *scene.on_card(), who), remedies)


def _leaks(growing: Sequence[Growth], message: Optional[OomMessage], scene: Optional[Scene]) -> Iterator[Suspicion]:
    if not growing:
        return
    one = growing[0]
    because = [Evidence(grown.says(), grown.source) for grown in growing[:3]]
    weight = 55  # a log that grows, and no failure yet
    if message is not None:
        host = any(word in one.label.lower() for word in _HOST_WORDS)
        weight = 93 if host == (message.device == "CPU") else 45
        because += scene.sums() if scene else [Evidence("then host memory ran out", f"line {message.line}")]
    if scene and any(reason.weight >= 85 and reason.name == OCCUPIED for reason in _refined(scene)):
        weight = min(weight, 40)
    meaning = "Something keeps tensors of every step: a sum of losses, a list of outputs, a graph that is not let go."
    title = f"{one.says()}, and does not level off"
    yield Suspicion(LEAK, weight, title, meaning, tuple(because), tuple(advice.no_keeping()))
