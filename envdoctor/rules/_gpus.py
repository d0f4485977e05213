"""Which GPUs a program would see here: NVML's or the PCI bus's list, and what CUDA_VISIBLE_DEVICES leaves of it."""

from __future__ import annotations

from typing import Iterable, List, Optional, Tuple

from ..facts import Facts, Gpu
from ..frozen import frozen
from ..reading import Known, Missing, need, value_or
from ..report import CannotTell, NotApplicable

MIB = 1 << 20
GIB = 1 << 30


def variable(facts: Facts, name: str) -> Optional[str]:
    """The value of an environment variable, None where it is not set; Missing where variables could not be read."""
    pairs = need(facts.session.variables, "environment variables")
    return dict(pairs).get(name)


def label(gpu: Gpu) -> str:
    """'GPU 0 (NVIDIA GeForce RTX 3090)'; by its address where pasted text does not tell the index."""
    name = value_or(gpu.name, "")
    if gpu.index < 0:
        bus = value_or(gpu.pci_bus_id, "")
        return f"the GPU at {bus}" if bus else "a GPU"
    return f"GPU {gpu.index} ({name})" if name else f"GPU {gpu.index}"


def handle(gpu: Gpu) -> str:
    """What names this GPU in CUDA_VISIBLE_DEVICES whatever the order of devices: its UUID, else its index."""
    return value_or(gpu.uuid, None) or str(gpu.index)


def nvml_gpus(facts: Facts) -> Tuple[Gpu, ...]:
    """Every GPU that NVML counts; NotApplicable where there is none, Missing where it could not be asked."""
    gpus = need(facts.gpus.gpus, "GPUs")
    if not gpus:
        raise NotApplicable("no NVIDIA GPU is there")
    return gpus


def answering(gpus: Iterable[Gpu]) -> Tuple[Gpu, ...]:
    return tuple(gpu for gpu in gpus if gpu.status == "ok")


@frozen
class Mask:
    """What CUDA_VISIBLE_DEVICES leaves. `seen` is in CUDA's order; `problem` says what is wrong with the value."""

    value: Optional[str]  # None: not set
    seen: Tuple[Gpu, ...]
    problem: str = ""
    mig: bool = False  # the value names MIG devices
    sure: bool = True  # False: indices count in CUDA's order, which differs from NVML's where models are mixed


def mixed(gpus: Iterable[Gpu]) -> bool:
    """Whether the GPUs are of more than one model, so that "fastest first" may order them otherwise than the bus."""
    return len({value_or(gpu.name, str(gpu.index)) for gpu in gpus}) > 1


def mask(facts: Facts, gpus: Tuple[Gpu, ...]) -> Mask:
    """CUDA_VISIBLE_DEVICES as CUDA and torch.cuda.device_count() read it: the first invalid entry ends the list."""
    value = variable(facts, "CUDA_VISIBLE_DEVICES")
    if value is None:
        return Mask(None, gpus)
    if value.startswith("MIG-"):
        return Mask(value, (), mig=True)
    if value.strip() == "":
        return Mask(value, (), "it is empty, which hides every GPU")
    if value.startswith("GPU-"):
        return _by_uuid(value, gpus)
    by_bus = variable(facts, "CUDA_DEVICE_ORDER") == "PCI_BUS_ID"
    return _by_index(value, gpus, by_bus or not mixed(gpus))


def _by_index(value: str, gpus: Tuple[Gpu, ...], sure: bool) -> Mask:
    taken: List[int] = []
    for entry in value.split(","):
        number = _leading_number(entry.strip())
        if number is None or number < 0:
            hidden = "every GPU" if not taken else "the GPUs listed from there on"
            return Mask(
                value, tuple(gpus[i] for i in taken), f"{entry!r} is no device, which hides {hidden}", sure=sure
            )
        if number >= len(gpus):
            why = f"there is no device {number}: {len(gpus)} GPU(s) are there, counted from 0"
            return Mask(value, tuple(gpus[i] for i in taken), why, sure=sure)
        if number in taken:
            return Mask(value, (), f"device {number} is named twice, which hides every GPU", sure=sure)
        taken.append(number)
    return Mask(value, tuple(gpus[i] for i in taken), sure=sure)


def _leading_number(text: str) -> Optional[int]:
    """As strtol reads it: '2x' is 2, '-1' is -1, 'x' and '' are none."""
    digits = ""
    for place, letter in enumerate(text):
        if not (letter in "0123456789" or (place == 0 and letter in "+-")):
            break
        digits += letter
    return int(digits) if digits.strip("+-") else None


def _by_uuid(value: str, gpus: Tuple[Gpu, ...]) -> Mask:
    if not all(isinstance(gpu.uuid, Known) for gpu in gpus):
        raise CannotTell("CUDA_VISIBLE_DEVICES names GPUs by UUID, and not every GPU's UUID is known")
    seen: List[Gpu] = []
    for entry in value.split(","):
        fits = [gpu for gpu in gpus if value_or(gpu.uuid, "").lower().startswith(entry.lower())]
        if not entry.startswith("GPU-") or len(fits) != 1:
            many = "fits more than one GPU" if len(fits) > 1 else "is no GPU of this machine"
            return Mask(value, tuple(seen), f"{entry!r} {many}")
        if fits[0] in seen:
            return Mask(value, (), f"{entry!r} is named twice, which hides every GPU")
        seen.append(fits[0])
    return Mask(value, tuple(seen))


def visible(facts: Facts, gpus: Tuple[Gpu, ...]) -> Tuple[Gpu, ...]:
    """The GPUs that a program started here would see, as far as that can be told: every GPU where it cannot.

    A mask that hides everything is another rule's finding, and names no GPU to look at.
    """
    try:
        found = mask(facts, gpus)
    except (CannotTell, Missing):
        return gpus
    return found.seen if found.seen and found.sure else gpus


def sound(gpu: Gpu) -> bool:
    """Whether a program can be sent to this GPU: it answers, is open to any process, whole, and has no memory fault.

    Every rule that names GPUs to keep to names sound ones, so that two findings do not send a user in a circle.
    """
    well = not (value_or(gpu.remap_failed, False) or value_or(gpu.remap_pending, False))
    open_to_all = value_or(gpu.compute_mode, "default") == "default" and not value_or(gpu.mig_mode, False)
    return gpu.status == "ok" and well and open_to_all and not value_or(gpu.ecc_uncorrected, 0)


def handles(gpus: Iterable[Gpu]) -> str:
    """The sound ones among them as a value of CUDA_VISIBLE_DEVICES, '' where there is none."""
    return ",".join(handle(gpu) for gpu in gpus if sound(gpu))


def roomiest(gpus: Iterable[Gpu]) -> Optional[Gpu]:
    """The sound GPU with the most free memory; None where there is none."""
    return max(filter(sound, gpus), key=lambda gpu: (value_or(gpu.memory_free, 0), -gpu.index), default=None)
