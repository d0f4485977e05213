"""Stand-ins for the driver's libraries: libnvidia-ml.so.1 and libcuda.so.1, compiled when a test needs them.

The state of the first is a text file named by $FAKENVML; README.md has its keys. The second answers cuDriverGetVersion
with $FAKECUDA (12040), or does what it says: hang, crash, or an error as error:N.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent


def build_nvml(folder: Path) -> str:
    """The folder, with libnvidia-ml.so.1 in it: what LD_LIBRARY_PATH needs."""
    return _build(HERE / "fakenvml.c", folder, "libnvidia-ml.so.1")


def build_cuda(folder: Path) -> str:
    return _build(HERE / "fakecuda.c", folder, "libcuda.so.1")


def _build(source: Path, folder: Path, name: str) -> str:
    command = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", f"-Wl,-soname,{name}"]
    subprocess.run([*command, "-o", str(folder / name), str(source), "-lpthread"], check=True, timeout=120)
    return str(folder)
