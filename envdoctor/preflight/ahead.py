"""The first question to the driver, asked while the rest of this command is still being loaded."""

from __future__ import annotations

import threading
from typing import List

from ..host import Host, NvmlAnswer
from ..reading import Reading


class Ahead:
    """NVML's answer, once: asked from now on, in a thread; later questions are asked when they come."""

    def __init__(self, host: Host, seconds: float) -> None:
        self._host = host
        self._first: List[Reading[NvmlAnswer]] = []
        self._thread = threading.Thread(target=lambda: self._first.append(host.nvml(seconds)), daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Until the first question is answered or given up (the host's own deadline): its worker is not left behind."""
        self._thread.join()

    def __call__(self, seconds: float) -> Reading[NvmlAnswer]:
        self.end()
        return self._first.pop() if self._first else self._host.nvml(seconds)
