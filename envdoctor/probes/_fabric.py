"""Whether Fabric Manager runs. GPUs behind NVSwitches do not start CUDA without it."""

from __future__ import annotations

import re
from typing import Iterable, Tuple

from ..facts import DeviceFile
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown, value_or
from ._pids import foreign_processes

PID_FILES = ("/run/nvidia-fabricmanager/nv-fabricmanager.pid", "/var/run/nvidia-fabricmanager/nv-fabricmanager.pid")
_NAME = "nv-fabricmanage"  # the kernel keeps 15 characters of nv-fabricmanager


def fabric_manager(host: Host, devices: Iterable[DeviceFile], switches: Tuple[str, ...]) -> Reading[str]:
    """running | not-running; Absent where there is no NVSwitch (which is nearly everywhere)."""
    nodes = [device.path for device in devices if re.fullmatch(r"/dev/nvidia-nvswitch\d+", device.path)]
    if not nodes and not switches:
        return Absent(("/dev/nvidia-nvswitch*", "/sys/bus/pci/devices"))
    for path in PID_FILES:
        text = host.read(path, 64)
        if isinstance(text, Known) and re.fullmatch(r"\s*[0-9]{1,9}\s*", text.value):
            process = host.process(int(text.value))
            if isinstance(process, Known) and process.value.command.startswith(_NAME):
                return Known("running", path)
    if foreign_processes(host):
        return Unknown("not-looked", "this is a container: Fabric Manager runs outside of it", "/proc")
    return _in_table(host)


def _in_table(host: Host) -> Reading[str]:
    names = host.listdir("/proc")
    if not isinstance(names, Known):
        return names
    hidden = False
    for pid in names.value:
        if pid.isdigit():
            comm = host.read(f"/proc/{pid}/comm", 64)
            if value_or(comm, "").startswith(_NAME):
                return Known("running", f"/proc/{pid}")
            hidden = hidden or isinstance(comm, Unknown)
    if hidden or "1" not in names.value:
        return Unknown("denied", "the processes of others are hidden", "/proc")
    return Known("not-running", "/proc")
