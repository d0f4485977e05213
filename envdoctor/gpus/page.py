"""The picture as styled lines: the terminal colours them, plain text does not."""

from __future__ import annotations

from typing import Iterator, List, Tuple

from ..facts import Gpu
from ..reading import Absent, Known, Reading, Unknown, source_of, value_or
from ..render.page import BLANK, Line, line
from ..render.words import counted, shown
from . import wording
from .choice import is_mine
from .model import Card, Held, MigPart, Picture
from .wording import said

_UNEXPLAINED = 1 << 30  # bytes: less is what the driver itself keeps on a card
_HOT = frozenset(("hw-slowdown", "hw-thermal", "sw-thermal", "hw-power-brake"))


def page(picture: Picture) -> Tuple[Line, ...]:
    lines = [line(head(picture), "strong")]
    if isinstance(picture.cards, Unknown):
        lines.append(line("`envdoctor check` says what is wrong with the driver."))
    if isinstance(picture.cards, Known):
        for card in picture.cards.value:
            lines += [BLANK, *_card(card)]
    if isinstance(picture.xids, Known) and picture.xids.value:
        lines += [BLANK, line("Xid errors in the kernel log:", "warning")]
        lines += [line(shown(text), "", 2) for text in picture.xids.value[-5:]]
    if picture.limits:
        lines += [BLANK, *(line(text, "note") for text in picture.limits)]
    return tuple(lines)


def head(picture: Picture) -> str:
    if isinstance(picture.cards, Absent):
        return f"No NVIDIA driver answers here (looked for {source_of(picture.cards)})."
    if isinstance(picture.cards, Unknown):
        return f"The GPUs could not be told: {shown(picture.cards.sentence())}"
    driver = f", driver {shown(picture.driver.value)}" if isinstance(picture.driver, Known) else ""
    cuda = picture.cuda.value if isinstance(picture.cuda, Known) else 0
    return (
        counted(len(picture.cards.value), "GPU")
        + driver
        + (f" (CUDA {cuda // 1000}.{cuda % 1000 // 10})" if cuda else "")
    )


def _card(card: Card) -> Iterator[Line]:
    gpu = card.gpu
    good = gpu.status == "ok"
    name = shown(gpu.name.value) if isinstance(gpu.name, Known) else "name unknown"
    spans = [(f"GPU {gpu.index}", "strong"), (f"  {name}", "")]
    if not good:
        spans.append((f"  {_trouble(gpu)}", "error"))
    elif isinstance(card.cuda_index, Known):
        spans.append((f"  cuda:{card.cuda_index.value}{'' if card.cuda_sure else ' (likely)'}", "dim"))
    else:
        spans.append(("  CUDA's number for it is not known", "dim"))
    yield Line(tuple(spans))
    if isinstance(gpu.memory_used, Known) or good:
        yield Line(tuple(_load(card)), 2, hang=2)
        yield Line(((_identity(card), "dim"),), 2, hang=2)
        yield Line(tuple(_health(card)), 2, hang=2)
    for part in value_or(card.mig, ()):
        yield line(_mig(part), "", 4)
    yield from _holders(card)


def _trouble(gpu: Gpu) -> str:
    known = {
        "GPU_IS_LOST": "lost: it has fallen off the bus",
        "RESET_REQUIRED": "needs a reset",
        "NO_ANSWER": "the driver does not answer for it",
        "NOT_ASKED": "not asked: the driver got stuck before it",
    }
    why = f" ({shown(gpu.name.detail)})" if gpu.status == "NO_ANSWER" and isinstance(gpu.name, Unknown) else ""
    return known.get(gpu.status, shown(gpu.status)) + why


def _load(card: Card) -> Iterator[Tuple[str, str]]:
    gpu = card.gpu
    yield f"{said(gpu.memory_used, wording.size)} of {said(gpu.memory_total, wording.size)} used", "strong"
    yield f", {said(gpu.utilisation, lambda it: f'{it} % busy', 'busy: not told (MIG)')}", ""
    yield f", {said(gpu.temperature, lambda it: f'{it} C', 'no thermometer')}", ""
    yield (
        f", {said(gpu.power, wording.watts, 'power not told')} of {said(gpu.power_limit, wording.watts, 'no cap')}",
        "",
    )
    yield (
        f", SM {_pair(card.clock_sm, card.clock_sm_max)} MHz"
        f", memory {_pair(card.clock_memory, card.clock_memory_max)} MHz",
        "",
    )
    held_down = [name for name in value_or(gpu.throttle_reasons, ()) if name != "idle"]
    if held_down:
        yield f", clocks held down by {', '.join(held_down)}", "warning" if _HOT & set(held_down) else ""
    elif isinstance(gpu.throttle_reasons, Unknown):
        yield f", why clocks are down: {wording.unknown(gpu.throttle_reasons)}", ""


def _pair(now: Reading[int], most: Reading[int]) -> str:
    return f"{said(now)} of {said(most)}"


def _identity(card: Card) -> str:
    gpu = card.gpu
    parts = [
        said(gpu.uuid, shown),
        said(gpu.pci_bus_id, shown),
        f"compute capability {said(gpu.capability)}",
        f"compute mode {said(gpu.compute_mode)}",
        f"persistence {said(gpu.persistence, _on)}",
        f"MIG {said(gpu.mig_mode, _on, 'not supported')}",
    ]
    return ", ".join(parts)


def _on(value: bool) -> str:
    return "on" if value else "off"


def _health(card: Card) -> Iterator[Tuple[str, str]]:
    gpu = card.gpu
    narrow = _below(gpu.pcie_width, gpu.pcie_width_max)
    yield (
        f"PCIe gen {said(gpu.pcie_generation)} x{said(gpu.pcie_width)} of gen {said(gpu.pcie_generation_max)} "
        f"x{said(gpu.pcie_width_max)}",
        "warning" if narrow else "dim",
    )
    bad = value_or(gpu.ecc_uncorrected, 0) > 0
    if isinstance(gpu.ecc_uncorrected, Absent):
        yield ", no ECC", "dim"
    else:
        yield (
            f", ECC errors: {said(gpu.ecc_uncorrected)} uncorrected, {said(card.ecc_corrected)} corrected",
            "error" if bad else "dim",
        )
    if value_or(gpu.remap_pending, False):
        yield ", a row remap waits for a reset", "warning"
    if value_or(gpu.remap_failed, False):
        yield ", a row remap failed", "error"
    if not isinstance(card.remapped_correctable, Absent):
        rows = f"{said(card.remapped_correctable)} for corrected, {said(card.remapped_uncorrectable)} for uncorrected"
        yield f", remapped rows: {rows}", "dim"


def fault(card: Card) -> Iterator[Tuple[str, str]]:
    """What is wrong with it, in few words."""
    gpu = card.gpu
    if gpu.status != "ok":
        yield _trouble(gpu), "error"
    errors = value_or(gpu.ecc_uncorrected, 0)
    if errors:
        yield f"{counted(errors, 'uncorrected ECC error')}", "error"
    if value_or(gpu.remap_failed, False):
        yield "a row remap failed", "error"
    if value_or(gpu.remap_pending, False):
        yield "a row remap waits for a reset", "warning"
    reasons: Tuple[str, ...] = value_or(gpu.throttle_reasons, ())
    hot = [name for name in reasons if name in _HOT]
    if hot:
        yield f"clocks held down by {', '.join(hot)}", "warning"
    if value_or(gpu.compute_mode, "") == "prohibited":
        yield "compute prohibited", "warning"


def _below(now: Reading[int], most: Reading[int]) -> bool:
    return isinstance(now, Known) and isinstance(most, Known) and now.value < most.value


def _mig(part: MigPart) -> str:
    memory = f"{said(part.memory_used, wording.size)} of {said(part.memory_total, wording.size)} used"
    where = f"instance {said(part.gpu_instance)}.{said(part.compute_instance)}"
    return f"MIG {shown(part.profile)}, {where}, {memory}, {shown(part.uuid)}"


def _holders(card: Card) -> Iterator[Line]:
    if isinstance(card.held, Known):
        for held in sorted(card.held.value, key=lambda one: -value_or(one.holder.memory, 0)):
            yield from _holder(held)
    elif card.gpu.status == "ok":
        yield line(f"Who holds it: {wording.unknown(card.held)} ({shown(_why(card.held))})", "warning", 4)
    lost = value_or(card.unexplained, 0)
    if lost >= _UNEXPLAINED and not value_or(card.gpu.mig_mode, False):
        yield Line(
            (
                (f"{wording.size(lost)} held by nobody visible", "warning"),
                (": a dead process, or one of another PID namespace; root sees it: fuser -v /dev/nvidia*", ""),
            ),
            4,
            hang=2,
        )


def _why(reading: Reading[object]) -> str:
    return reading.sentence() if isinstance(reading, Unknown) else source_of(reading)


def _holder(held: Held) -> Iterator[Line]:
    holder = held.holder
    mine = is_mine(held)
    spans: List[Tuple[str, str]] = [
        (wording.whose(held), "good" if mine else "strong"),
        (f"  pid {holder.pid}  {_memory(holder.memory)}", ""),
        (f"  {said(held.share, lambda it: f'{it} % of SM', 'share of SM not told')}", ""),
    ]
    if value_or(held.idle, False):
        spans.append(("  idle", "warning"))
    command = held.command if isinstance(held.command, Known) else holder.command
    if isinstance(command, Known):
        spans.append((f"  {_cut(shown(command.value))}", ""))
    yield Line(tuple(spans), 4, hang=4)
    told = "; ".join(part for part in _details(held) if part)
    if told:
        yield Line(((told, "dim"),), 8, hang=2)


def _memory(reading: Reading[int]) -> str:
    return wording.size(reading.value) if isinstance(reading, Known) else "memory not told by the driver"


def _cut(text: str, most: int = 100) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _details(held: Held) -> Iterator[str]:
    yield wording.invisible(held)
    if isinstance(held.holder.started, Known):
        age = f" ({said(held.age, wording.duration)} ago)" if isinstance(held.age, Known) else ""
        yield f"since {wording.moment(held.holder.started.value)}{age}"
    if isinstance(held.cpu_seconds, Known):
        yield f"{wording.duration(held.cpu_seconds.value)} of CPU"
    if isinstance(held.host_memory, Known):
        yield f"{wording.size(held.host_memory.value)} of host memory"
    if isinstance(held.idle_for, Known):
        yield wording.idle(held.idle_for.value)
    elif value_or(held.share, 1) == 0 and isinstance(held.idle_for, Unknown):
        yield f"idle for how long, {held.idle_for.detail}"
    if held.mig is not None:
        yield f"on MIG instance {held.mig}"
    if isinstance(held.place, Known):
        yield wording.place(held.place.value)
    if held.inside:
        yield f"in {held.inside}"
    if isinstance(held.login, Known):
        yield wording.login(held.login.value, str(value_or(held.holder.user, "")))
    elif isinstance(held.login, Unknown) and not held.missing:
        yield f"login: {shown(held.login.detail)}"
