"""A machine with NVSwitches whose Fabric Manager does not run.

It finds NVSwitch device files and no running nvidia-fabricmanager. Machines without NVSwitch need none.

It matters because the GPUs of such a machine (HGX and DGX A100, H100, H200, B200) do not start CUDA before the fabric
is set up: error 802, "system not yet initialized", while nvidia-smi lists every GPU.

It is mended by an administrator: start nvidia-fabricmanager, of exactly the driver's version; its log says why it
stopped where it does not stay up. In a container the service runs on the host, and cannot be seen from inside.

Example: eight H100 with driver 550.54.15 after a reboot, the service disabled.
"""

from __future__ import annotations

from typing import Iterator

from ..compat import CompatTable
from ..facts import Facts
from ..reading import need, value_or
from ..report import CannotTell, Finding, NeedCommand, Remedy
from ..versions import numbers
from ._common import finding, seen

ID = "DRV106"
NAME = "fabric-manager"
SEVERITY = "error"
TAGS = ("driver", "gpu")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    if need(facts.driver.fabric_manager, "Fabric Manager (NVSwitch machines only)") == "running":
        return
    if value_or(facts.session.container, None):
        raise CannotTell("Fabric Manager runs on the host of this container, where it cannot be seen")
    driver = value_or(facts.driver.module_version, "")
    because = [seen("NVSwitch devices are there and nvidia-fabricmanager does not run", facts.driver.fabric_manager)]
    if driver:
        because.append(seen(f"the loaded driver is {driver}", facts.driver.module_version))
    start = ("sudo", "systemctl", "enable", "--now", "nvidia-fabricmanager")
    status = ("systemctl", "status", "--no-pager", "nvidia-fabricmanager")
    remedies = [Remedy("start the service", (NeedCommand((start, status), who="admin"),))]
    if driver and value_or(facts.session.distro, "").startswith("Ubuntu"):
        install = ("sudo", "apt-get", "install", "--yes", f"nvidia-fabricmanager-{numbers(driver)[0]}")
        title = f"where it is not installed: install the one of driver {driver}, of exactly that version, and start it"
        remedies.append(Remedy(title, (NeedCommand((install, start), who="admin"),)))
    yield finding(
        ID,
        NAME,
        SEVERITY,
        "this machine has NVSwitches, and its Fabric Manager does not run",
        "CUDA does not start on these GPUs (error 802) until the service has set up the fabric.",
        because,
        remedies,
    )
