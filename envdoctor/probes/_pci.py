"""NVIDIA devices on the PCI bus: there whether or not a driver is."""

from __future__ import annotations

import posixpath
import re
from typing import Dict, Iterable, List, Tuple

from ..facts import PciGpu
from ..frozen import frozen
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown, mapped, value_or

DEVICES = "/sys/bus/pci/devices"
TABLE = "/proc/bus/pci/devices"
_NVIDIA = "10DE"
_GPU_CLASSES = ("300", "302")  # VGA and 3D controllers; the kernel writes 0x030200 as 30200
_SWITCH_CLASS = "680"  # a bridge of no other kind: an NVSwitch

#: Places that have an NVIDIA GPU which the PCI bus does not show.
_ELSEWHERE = (
    ("/dev/dxg", "WSL passes the GPU through /dev/dxg, not the PCI bus"),
    ("/etc/nv_tegra_release", "the GPU of a Tegra is not on the PCI bus"),
)


@frozen
class Bus:
    gpus: Tuple[PciGpu, ...]
    switches: Tuple[str, ...]  # addresses of NVSwitches


def look(host: Host) -> Reading[Bus]:
    """Every NVIDIA GPU and NVSwitch in address order. One `uevent` a device tells vendor, class and driver at once."""
    names = host.listdir(DEVICES)
    if not isinstance(names, Known):
        return names
    gpus: List[PciGpu] = []
    switches: List[str] = []
    for address in _candidates(host, names.value):
        folder = posixpath.join(DEVICES, address)
        said = _uevent(host, folder)
        vendor, _, device = said.get("PCI_ID", "").partition(":")
        if vendor.upper() != _NVIDIA:
            continue
        kind = said.get("PCI_CLASS", "")
        if kind.startswith(_GPU_CLASSES):
            gpus.append(_gpu(host, folder, address, device.lower(), said.get("DRIVER", "")))
        elif kind.startswith(_SWITCH_CLASS):
            switches.append(address)
    for path, sentence in _ELSEWHERE if not gpus else ():
        if isinstance(host.stat(path), Known):
            return Unknown("not-looked", sentence, path)
    return Known(Bus(tuple(gpus), tuple(switches)), DEVICES)


def _candidates(host: Host, addresses: Iterable[str]) -> List[str]:
    """Without those that the kernel's table gives to other vendors: a server has hundreds of devices, and that table
    is one file. Its lines begin with bus and device-function (`3b00`), a tab, vendor and device (`10de2204`)."""
    table = value_or(host.read(TABLE, 1 << 22), "")
    ours = {line[:4] for line in table.splitlines() if line[5:9].upper() == _NVIDIA}
    return [address for address in addresses if not table or _place(address) in ours]


def _place(address: str) -> str:
    """'0000:3b:00.1' -> '3b01', as the table writes bus and device-function."""
    found = re.fullmatch(r"[0-9a-f]+:([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])", address)
    return f"{found.group(1)}{int(found.group(2), 16) << 3 | int(found.group(3)):02x}" if found else ""


def _uevent(host: Host, folder: str) -> Dict[str, str]:
    text = host.read(posixpath.join(folder, "uevent"), 4096)
    lines = text.value.splitlines() if isinstance(text, Known) else []
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _gpu(host: Host, folder: str, address: str, device: str, driver: str) -> PciGpu:
    def said(name: str) -> Reading[str]:
        return mapped(host.read(posixpath.join(folder, name), 256), _told)

    return PciGpu(
        address=address,
        device_id=device,
        driver=Known(driver, posixpath.join(folder, "uevent"))
        if driver
        else Absent((posixpath.join(folder, "driver"),)),
        link_width=mapped(said("current_link_width"), _lanes),
        link_width_max=mapped(said("max_link_width"), _lanes),
        link_speed=said("current_link_speed"),
        link_speed_max=said("max_link_speed"),
    )


def _told(text: str) -> str:
    text = text.strip()
    if not text or text.startswith("Unknown"):
        raise ValueError("the kernel does not know it")
    return text


def _lanes(text: str) -> int:
    lanes = int(text)
    if not 0 < lanes <= 32:  # 0: no link; 255: the device does not say
        raise ValueError(f"no width of a link: {text}")
    return lanes
