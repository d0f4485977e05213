"""Probes run side by side, and modules are imported one after the other."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import os, sys, threading
seen, others = [], set()

def importing(frame):
    while frame is not None:
        if frame.f_code.co_name == "<module>" and os.sep + "envdoctor" + os.sep in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("envdoctor."):
            seen.append(name)
            frames = sys._current_frames().items()
            others.update(thread for thread, frame in frames if thread != threading.get_ident() and importing(frame))

sys.meta_path.insert(0, Watch())
from envdoctor.doctor import check
from envdoctor.host import LocalHost
from envdoctor.target import Request
check(LocalHost({"PATH": "/nonexistent", "HOME": "/nonexistent"}), Request())
print(len(others), len(seen) > 150)
"""


def test_no_two_threads_import_at_once() -> None:
    """A Python that gives a second thread a module half imported (3.9.2) crashed every other look."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60)
    assert done.stdout == "0 True\n", done.stderr
