"""Probes run side by side, and are imported one after the other."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys, threading, time
inside, most = set(), []

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("envdoctor.probes."):
            inside.add(threading.get_ident())
            time.sleep(0.005)  # room for another thread to come in
            most.append(len(inside))
            inside.discard(threading.get_ident())

sys.meta_path.insert(0, Watch())
from envdoctor.doctor import look
from envdoctor.host import LocalHost
from envdoctor.target import Request
look(LocalHost({"PATH": "/nonexistent", "HOME": "/nonexistent"}), Request())
print(max(most), len(most) > 20)
"""


def test_no_two_threads_import_at_once() -> None:
    """A Python that gives a second thread a module half imported (3.9.2) crashed every other look."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60)
    assert done.stdout == "1 True\n", done.stderr
