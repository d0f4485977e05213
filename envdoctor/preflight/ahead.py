"""The first question to the driver, asked while the rest of this command is still being loaded."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, List, Optional

from ..host import Host, NvmlAnswer
from ..reading import Reading

if TYPE_CHECKING:
    from ..gpus.watch import WatchHost


class Ahead:
    """NVML's answer, once: asked from now on, in a thread; later questions are asked when they come."""

    def __init__(self, host: Host, seconds: float) -> None:
        self._host = host
        self._keeps = False
        self._repeated: Optional[WatchHost] = None
        self._first: List[Reading[NvmlAnswer]] = []
        self._thread = threading.Thread(target=lambda: self._first.append(host.nvml(seconds)), daemon=True)
        self._thread.start()

    def keep(self) -> None:
        """Many questions will come: one worker answers them, at a tenth of what a process for each would cost."""
        self._keeps = True

    def end(self) -> None:
        """Until the first question is answered or given up (the host's own deadline): no worker is left behind."""
        self._thread.join()
        if self._repeated is not None:
            self._repeated.end()
            self._repeated = None

    def __call__(self, seconds: float) -> Reading[NvmlAnswer]:
        self._thread.join()
        if self._first:
            return self._first.pop()
        if not self._keeps:
            return self._host.nvml(seconds)
        if self._repeated is None:
            from ..gpus.watch import WatchHost

            self._repeated = WatchHost(seconds)
        return self._repeated.nvml(seconds)
