"""What is looked at: the interpreter in question, and what it says about itself (asked once, shared by probes)."""

from __future__ import annotations

import threading
import time
from dataclasses import field
from typing import Any, Callable, Mapping, Optional, Sequence, Tuple

from .facts import Claim
from .frozen import frozen
from .host import Host, NvmlAnswer, Output
from .reading import Reading, Unknown

Answer = Mapping[str, Any]


@frozen
class Request:
    """What the user asked to look at."""

    python: Optional[str] = None  # --python PATH
    env: Optional[str] = None  # --env NAME or path
    deep: bool = False
    patience: float = 10.0  # seconds for the whole look

    @property
    def mount_patience(self) -> float:
        """Seconds that a mount which does not answer may cost: what is left must do for all the other questions."""
        return 0.3 * self.patience


@frozen
class Target:
    """The interpreter in question, and the questions that more than one probe has: each is asked once, by the first.

    `answer()` is inside/ask.py's JSON; `nvml()` and `nvidia_smi()` are what the driver and gpus probes share.
    """

    executable: Reading[str]
    chosen_by: Reading[str]
    claims: Tuple[Claim, ...]
    request: Request
    asker: Callable[[], Reading[Answer]] = field(default=lambda: Unknown("not-looked"))
    _kept: dict[str, Reading[Answer]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _started: float = field(default_factory=time.monotonic)
    _nvml: dict[str, Reading[NvmlAnswer]] = field(default_factory=dict)
    _nvml_lock: threading.Lock = field(default_factory=threading.Lock)
    _smi: dict[Tuple[str, ...], Reading[Output]] = field(default_factory=dict)
    _smi_lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self) -> Reading[Answer]:
        with self._lock:
            if "answer" not in self._kept:
                self._kept["answer"] = self.asker()
            return self._kept["answer"]

    def nvml(self, host: Host) -> Reading[NvmlAnswer]:
        """NVML's answer. It gets most of the patience (initialising many GPUs takes seconds), not all: what the
        files say about the driver must still be told when NVML never answers."""
        with self._nvml_lock:
            if "nvml" not in self._nvml:
                self._nvml["nvml"] = host.nvml(max(0.2, 0.75 * self.request.patience))
            return self._nvml["nvml"]

    def nvidia_smi(self, host: Host, argv: Sequence[str]) -> Reading[Output]:
        """One nvidia-smi command, within what is left of the patience."""
        with self._smi_lock:
            if tuple(argv) not in self._smi:
                spent = time.monotonic() - self._started
                seconds = max(0.1, round(0.75 * (self.request.patience - spent), 1))
                self._smi[tuple(argv)] = host.run(argv, seconds)
            return self._smi[tuple(argv)]
