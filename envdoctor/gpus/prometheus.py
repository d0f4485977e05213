"""The picture in Prometheus's text format, for a textfile collector. What is not known has no sample: never 0."""

from __future__ import annotations

from typing import Callable, Dict, Iterable, List, Mapping, Sequence, Tuple, Union

from ..facts import Gpu
from ..reading import Known, Reading, value_or
from .model import Card, Picture

_Sample = Tuple[Mapping[str, str], float]

_NUMBERS: Tuple[Tuple[str, str, Callable[[Card], Union[Reading[int], Reading[bool]]], float], ...] = (
    ("memory_total_bytes", "Memory of the card.", lambda card: card.gpu.memory_total, 1.0),
    ("memory_used_bytes", "Memory in use.", lambda card: card.gpu.memory_used, 1.0),
    ("memory_unexplained_bytes", "Memory in use that no listed process holds.", lambda card: card.unexplained, 1.0),
    ("utilisation_ratio", "Share of time with a kernel running.", lambda card: card.gpu.utilisation, 0.01),
    ("temperature_celsius", "Temperature.", lambda card: card.gpu.temperature, 1.0),
    ("power_watts", "Power drawn.", lambda card: card.gpu.power, 0.001),
    ("power_limit_watts", "Power cap in force.", lambda card: card.gpu.power_limit, 0.001),
    ("sm_clock_hertz", "Clock of the multiprocessors.", lambda card: card.clock_sm, 1e6),
    ("memory_clock_hertz", "Clock of the memory.", lambda card: card.clock_memory, 1e6),
    ("pcie_width", "PCIe lanes in use.", lambda card: card.gpu.pcie_width, 1.0),
    ("pcie_width_max", "PCIe lanes possible.", lambda card: card.gpu.pcie_width_max, 1.0),
    ("pcie_generation", "PCIe generation in use.", lambda card: card.gpu.pcie_generation, 1.0),
    (
        "ecc_uncorrected",
        "Uncorrected ECC errors since the driver was loaded.",
        lambda card: card.gpu.ecc_uncorrected,
        1.0,
    ),
    ("ecc_corrected", "Corrected ECC errors since the driver was loaded.", lambda card: card.ecc_corrected, 1.0),
    ("remap_pending", "A row remap waits for a reset.", lambda card: card.gpu.remap_pending, 1.0),
    ("remap_failed", "Row remapping has failed.", lambda card: card.gpu.remap_failed, 1.0),
)


def as_prometheus(picture: Picture) -> str:
    """Ends in a newline, has no timestamps, HELP and TYPE before the samples: a collector drops a file without."""
    cards = value_or(picture.cards, ())
    lines = _metric(
        "envdoctor_gpus_up", "Whether the cards could be listed.", [({}, float(isinstance(picture.cards, Known)))]
    )
    lines += _metric(
        "envdoctor_gpu_up",
        "Whether the card answers; its error in the label status.",
        [({**_labels(card.gpu), "status": card.gpu.status}, float(card.gpu.status == "ok")) for card in cards],
    )
    for name, words, ask, unit in _NUMBERS:
        readings = [(card, ask(card)) for card in cards]
        lines += _metric(
            f"envdoctor_gpu_{name}",
            words,
            [_sample(card, found, unit) for card, found in readings if isinstance(found, Known)],
        )
    reasons = [
        ({**_labels(card.gpu), "reason": reason}, 1.0)
        for card in cards
        for reason in value_or(card.gpu.throttle_reasons, ())
    ]
    lines += _metric("envdoctor_gpu_throttled", "Why clocks are held down.", reasons)
    return "".join(f"{line}\n" for line in [*lines, *_holders(cards)])


def _holders(cards: Iterable[Card]) -> List[str]:
    """By user and program, so that the number of series stays small; pids would make a new one for each job."""
    memory: Dict[Tuple[Tuple[str, str], ...], float] = {}
    count: Dict[Tuple[Tuple[str, str], ...], float] = {}
    idle: Dict[Tuple[Tuple[str, str], ...], float] = {}
    untold: Dict[Tuple[Tuple[str, str], ...], float] = {}
    for card in cards:
        for held in value_or(card.held, ()):
            user = value_or(held.holder.user, "")
            labels = {
                **_labels(card.gpu),
                "user": user,
                "program": value_or(held.holder.command, ""),
                "visible": held.missing or "yes",
            }
            key = tuple(labels.items())
            count[key] = count.get(key, 0) + 1
            if isinstance(held.holder.memory, Known):
                memory[key] = memory.get(key, 0) + held.holder.memory.value
            else:
                untold[key] = untold.get(key, 0) + 1
            if isinstance(held.idle, Known):
                idle[key] = idle.get(key, 0) + held.idle.value
    table = (
        ("holders", "Processes on the card.", count),
        ("holder_memory_bytes", "Memory that they hold, of those whose share the driver tells.", memory),
        ("holders_memory_untold", "Processes whose memory the driver does not tell.", untold),
        ("holders_idle", "Processes that hold memory and compute nothing, of those of which that can be told.", idle),
    )
    return [
        line
        for name, words, samples in table
        for line in _metric(f"envdoctor_gpu_{name}", words, [(dict(key), value) for key, value in samples.items()])
    ]


def _sample(card: Card, found: Union[Known[int], Known[bool]], unit: float) -> _Sample:
    return _labels(card.gpu), round(found.value * unit, 6)


def _labels(gpu: Gpu) -> Dict[str, str]:
    return {"gpu": str(gpu.index), "uuid": value_or(gpu.uuid, "")}


def _metric(name: str, words: str, samples: Sequence[_Sample]) -> List[str]:
    if not samples:
        return []
    head = [f"# HELP {name} {words}", f"# TYPE {name} gauge"]
    return head + [f"{name}{_braced(labels)} {value:.15g}" for labels, value in samples]


def _braced(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}" if labels else ""


def _escaped(value: str) -> str:
    """Valid UTF-8, and nothing that ends the string or the line."""
    text = value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return "".join(char if char.isprintable() else f"\\\\x{ord(char):02x}" for char in text)
