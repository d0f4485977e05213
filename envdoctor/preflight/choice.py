"""What can be handed out, and what was thought of each."""

from __future__ import annotations

from typing import Optional, Tuple

from ..facts import Gpu, MigDevice
from ..frozen import frozen
from ..reading import value_or


@frozen
class Choice:
    """A whole GPU, or one MIG instance of it."""

    gpu: Gpu
    mig: Optional[MigDevice] = None

    @property
    def uuid(self) -> str:
        """What CUDA_VISIBLE_DEVICES takes; "" where the driver did not tell it."""
        return self.mig.uuid if self.mig else str(value_or(self.gpu.uuid, ""))

    @property
    def label(self) -> str:
        return f"GPU {self.gpu.index} MIG {self.mig.profile or self.mig.uuid}" if self.mig else f"GPU {self.gpu.index}"


@frozen
class Opinion:
    """`answer`: go | busy (it will pass) | no (waiting does not help) | unknown."""

    choice: Choice
    answer: str
    why: str
    util: float = 0.0  # percent, over all looks
    free: int = 0  # bytes
    sharing: int = 0  # processes that compute on it already
    worn: bool = False  # a row remap waits for a reset: usable, but the last to take
    claimer: int = 0  # pid of who claimed it, where seen
    loaded: bool = False  # busy only by its utilisation, which another look may see otherwise


def choices(gpus: Tuple[Gpu, ...]) -> Tuple[Choice, ...]:
    """Each GPU as a whole, or its MIG instances where it was divided and has any."""
    found = []
    for gpu in gpus:
        parts = value_or(gpu.mig_devices, ()) if value_or(gpu.mig_mode, False) else ()
        found += [Choice(gpu, part) for part in parts] or [Choice(gpu)]
    return tuple(found)
