"""The driver as the kernel and package managers tell of it: NVRM lines, modinfo, dpkg, lsmod, lspci, /dev."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Iterator, List, Sequence, Tuple

from ..facts import DeviceFile, PciGpu
from ..reading import Known, Reading
from ._said import LISTED, NOT_SAID, STATED, Said, said, where
from .lines import Line
from .sessions import exchanges

_VERSION = r"(\d{3}\.\d{1,3}(?:\.\d{1,3})?)"
_MODULE = re.compile(rf"NVIDIA UNIX.{{0,60}}?Kernel Module(?: for \S{{1,20}})?\s{{1,8}}{_VERSION}(?!\d)")
_CLIENT = re.compile(rf"API mismatch: .{{0,80}}?version:? {_VERSION}")
_KERNEL = re.compile(rf"kernel\s{{1,4}}module has (?:the )?version:? {_VERSION}")
_MODINFO = re.compile(rf"\s{{0,8}}version:\s{{1,20}}{_VERSION}\s*$")
_DPKG = re.compile(
    r"ii\s{1,4}(?:libnvidia-compute-\S{1,40}|libcuda1\S{0,20}|nvidia-smi|libnvidia-ml1\S{0,20})\s{1,80}" + _VERSION
)
_XID = re.compile(r"NVRM: Xid \(.{1,60}?\): \d{1,4}\b")
_LSMOD = re.compile(r"\s{0,8}(nouveau|nvidia)\s{1,40}\d{4,12}\s{1,8}\d{1,4}(?:\s|$)")
_PCI = re.compile(
    r"\s{0,8}((?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]) (?:VGA compatible|3D|Display) controller.{0,20}?"
    r": NVIDIA.{0,200}$"
)
_PCI_ID = re.compile(r"\[10de:([0-9a-f]{4})\]")
_IN_USE = re.compile(r"\s{1,8}Kernel driver in use: (\S{1,40})")
_LINK = re.compile(r"\s{1,8}Lnk(Cap|Sta):.{0,80}?Speed ([\d.]{1,6}GT/s).{0,40}?Width x(\d{1,2})")
_DEVICE = re.compile(r"(?:^|\s)(/dev/nvidia[\w-]{0,40}|/dev/dxg)\s*$")
_MOST = 200


def read(lines: Sequence[Line]) -> Iterator[Said]:
    modinfo = False
    for line in lines:
        text, number = line.text, line.number
        modinfo = "/nvidia.ko" in text or (modinfo and ":" in text)
        module = _MODULE.search(text) if "Kernel Module" in text else None
        if module:
            yield said("driver", "module_version", module.group(1), number)
        if "API mismatch" in text or "module has" in text:
            client, kernel = _CLIENT.search(text), _KERNEL.search(text)
            if client:
                yield said("driver", "library_version", client.group(1), number)
            if kernel:
                yield said("driver", "module_version", kernel.group(1), number)
        found = _MODINFO.match(text) if modinfo else None
        if found:  # of the file: another may be loaded
            yield said("driver", "module_version", found.group(1), number, weight=LISTED)
        package = _DPKG.match(text)
        if package:
            yield said("driver", "library_version", package.group(1), number, weight=STATED)
        if _XID.search(text):
            yield said("gpus", "xids", (text.strip()[:400],), number)
        loaded = _LSMOD.match(text)
        if loaded and loaded.group(1) == "nouveau":
            yield said("driver", "nouveau_loaded", True, number)
        device = _DEVICE.search(text) if "/dev/" in text and "No such file" not in text else None
        if device and _is_listing(text):
            yield said("driver", "device_files", (DeviceFile(device.group(1), True),), number)
    yield from _bus(lines)
    yield from _no_devices(lines)


def _is_listing(text: str) -> bool:
    """A line of ls: mode bits before the path, or the path alone."""
    return text.lstrip().startswith(("crw", "/dev/"))


def _no_devices(lines: Sequence[Line]) -> Iterator[Said]:
    for exchange in exchanges(lines):
        for words in exchange.typed.commands:
            if words[:1] == ("ls",) and any(word.startswith("/dev/nvidia") for word in words) and exchange.output:
                first = exchange.output[0]
                if "No such file" in first.text or "cannot access" in first.text:
                    yield said("driver", "device_files", (), first.number)


def _bus(lines: Sequence[Line]) -> Iterator[Said]:
    """lspci: a device, and below it what -v tells."""
    found: List[Tuple[PciGpu, int]] = []
    inside = False
    for line in lines:
        if "NVIDIA" in line.text or inside:
            device = _PCI.match(line.text)
            if device and len(found) < _MOST:
                identity = _PCI_ID.search(line.text)
                found.append((_device(device.group(1), identity.group(1) if identity else ""), line.number))
                inside = True
            elif inside and line.text[:1] in (" ", "\t"):
                one, number = found[-1]
                found[-1] = _told(one, line.text, where(line.number)), number
            else:
                inside = False
    for one, number in found:
        yield said("driver", "pci_gpus", (one,), number)


def _device(address: str, identity: str) -> PciGpu:
    full = address if address.count(":") > 1 else f"0000:{address}"
    return PciGpu(full, identity, NOT_SAID, NOT_SAID, NOT_SAID, NOT_SAID, NOT_SAID)


def _told(one: PciGpu, text: str, source: str) -> PciGpu:
    driver = _IN_USE.match(text)
    if driver:
        return replace(one, driver=Known(driver.group(1), source))
    link = _LINK.match(text)
    if link is None:
        return one
    width: Reading[int] = Known(int(link.group(3)), source)
    speed: Reading[str] = Known(link.group(2).replace("GT/s", " GT/s PCIe"), source)
    if link.group(1) == "Cap":
        return replace(one, link_width_max=width, link_speed_max=speed)
    return replace(one, link_width=width, link_speed=speed)
