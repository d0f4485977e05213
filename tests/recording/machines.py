"""The machines, one function each: it sets the stage and returns the shell in which `envdoctor record` is typed."""

from __future__ import annotations

from typing import Callable, Dict, Tuple

from . import conda_machines, gpu_machines, python_machines
from .stage import Shell, Stage

#: name -> its function, and the root file system it needs ("": this machine's own, a Debian 12).
MACHINES: Dict[str, Tuple[Callable[[Stage], Shell], str]] = {
    **gpu_machines.MACHINES,
    **python_machines.MACHINES,
    **conda_machines.MACHINES,
}
