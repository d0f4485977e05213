"""The driver counts GPUs, but CUDA cannot start: device files missing or closed, or CUDA's unknown error.

It finds /dev/nvidia-uvm, /dev/nvidiactl or /dev/nvidiaN missing or not usable by this user while the GPUs are there,
NVML refused with NO_PERMISSION or UNKNOWN, and, after an import of torch (`--deep`), the text "CUDA unknown error".
Outside a container a missing /dev/nvidia-uvm is only a likely cause, because the first CUDA program makes the file
where nvidia-modprobe is installed.

It matters because nvidia-smi looks healthy while every CUDA program ends with error 999 or 3, or sees no GPU.

It is mended by an administrator who loads nvidia_uvm and makes the file (`nvidia-modprobe -u -c=0`), by reloading that
module after a suspend, or by giving the container its devices again.

Example: a container whose device list lacks /dev/nvidia-uvm.
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from ..compat import CompatTable
from ..facts import Facts
from ..reading import Known, need, source_of, value_or
from ..report import CannotTell, Evidence, Finding, NeedCommand, NotApplicable, Remedy
from ._admin import start_with_gpus
from ._common import finding, listed, seen
from ._gpus import answering

ID = "DRV104"
NAME = "cuda-unknown-error"
SEVERITY = "error"
TAGS = ("driver", "gpu", "container")

_UVM = "/dev/nvidia-uvm"
_REFUSED = ("NO_PERMISSION", "UNKNOWN")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    if value_or(facts.session.wsl, None):
        raise NotApplicable("below WSL the device file is /dev/dxg: see windows-wsl")
    warned = _warning(facts)
    if warned:
        yield _say(facts, "CUDA starts with an unknown error in torch", [warned], "certain")
        return
    answer = value_or(facts.driver.nvml_status, "") or need(facts.driver.nvml_status, "the driver's answer")
    if answer not in ("SUCCESS", *_REFUSED):
        raise NotApplicable(f"the driver itself does not answer ({answer})")
    container = value_or(facts.session.container, None)
    files = {file.path: file.usable for file in need(facts.driver.device_files, "device files")}
    closed = sorted(path for path, usable in files.items() if not usable and _needed(path))
    if answer in _REFUSED:
        because = [seen(f"NVML answers {answer}", facts.driver.nvml_status)]
        because += [Evidence(f"{path} may not be opened", source_of(facts.driver.device_files)) for path in closed]
        yield _say(facts, "the driver refuses this session its GPUs", because, "likely")
        return
    gpus = facts.gpus.gpus
    if not (isinstance(gpus, Known) and answering(gpus.value)):
        raise NotApplicable("the driver counts no GPU")
    if not any(_needed(path) for path in files):
        raise CannotTell("the driver answers although none of its device files is seen in /dev")
    if closed:
        because = [Evidence(f"{path} may not be opened", source_of(facts.driver.device_files)) for path in closed]
        some = all(path.startswith("/dev/nvidia") and path[-1].isdigit() for path in closed)
        left = some and any(usable and path[-1].isdigit() for path, usable in files.items() if _needed(path))
        severity = "note" if left else SEVERITY  # a lab may close single GPUs to some users on purpose
        yield _say(facts, f"this user may not open {listed(closed)}", because, "certain", severity)
    elif _UVM not in files:
        title = f"{_UVM} is missing, so CUDA cannot start while nvidia-smi works"
        because = [seen(f"device files: {listed(sorted(files), 8) or 'none'}", facts.driver.device_files)]
        because.append(seen("the driver counts GPUs", gpus))
        severity = SEVERITY if container else "warning"
        yield _say(facts, title, because, "certain" if container else "likely", severity)


def _needed(path: str) -> bool:
    """What CUDA opens: the control file, nvidia-uvm, and one file a GPU; not nvidia-modeset or the switches'."""
    return path in (_UVM, "/dev/nvidiactl") or path[len("/dev/nvidia") :].isdigit()


def _warning(facts: Facts) -> Optional[Evidence]:
    """What torch said at import, where it is this error."""
    deep = facts.torch.deep
    if not isinstance(deep, Known) or deep.value.is_available:
        return None
    for text in deep.value.warnings:
        if "unknown error" in text.lower() or "Error 999" in text:
            return Evidence(f"torch warned: {text[:300]}", deep.source)
    return None


def _say(facts: Facts, title: str, because: List[Evidence], confidence: str, severity: str = SEVERITY) -> Finding:
    meaning = "Every CUDA program fails at its first call (error 999 or 3), whatever torch is installed."
    return finding(ID, NAME, severity, title, meaning, because, _remedies(facts), confidence)


def _remedies(facts: Facts) -> Tuple[Remedy, ...]:
    if value_or(facts.session.slurm_job, None):
        return (Remedy("ask Slurm for a GPU (--gres=gpu:1): a job may only open those it was given", ()),)
    if value_or(facts.session.container, None):
        return (start_with_gpus(facts),)
    make = NeedCommand((("sudo", "nvidia-modprobe", "-u", "-c=0"),), who="admin")
    again = NeedCommand((("sudo", "rmmod", "nvidia_uvm"), ("sudo", "modprobe", "nvidia_uvm")), who="admin")
    return (
        Remedy("load nvidia_uvm and make its device file", (make,)),
        Remedy("reload nvidia_uvm, which a suspend or an update may have left broken", (again,)),
    )
