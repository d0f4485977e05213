"""The NVIDIA driver: kernel module, user-space libraries, the CUDA it supports, device files."""

from __future__ import annotations

from typing import Tuple

from ..frozen import frozen
from ..reading import Reading


@frozen
class PciGpu:
    """An NVIDIA display or 3D controller on the PCI bus: there whether or not a driver is."""

    address: str  # 0000:3b:00.0
    device_id: str  # 2204, lower case hexadecimal
    driver: Reading[str]  # nvidia | nouveau | vfio-pci; Absent: none bound
    link_width: Reading[int]  # lanes now
    link_width_max: Reading[int]
    link_speed: Reading[str]  # "8.0 GT/s PCIe" now
    link_speed_max: Reading[str]


@frozen
class DeviceFile:
    path: str  # /dev/nvidia0, /dev/nvidiactl, /dev/nvidia-uvm, /dev/nvidia-nvswitch0, /dev/dxg
    usable: bool  # readable and writable for this user


@frozen
class DriverFacts:
    module_version: Reading[str]  # of the loaded kernel module; Absent: not loaded
    library_version: Reading[str]  # of libcuda.so.1 / libnvidia-ml.so.1 by file name; Absent: none found
    nvml_status: Reading[str]  # "SUCCESS" or NVML's error name: DRIVER_NOT_LOADED, LIB_RM_VERSION_MISMATCH, ...
    nvml_driver_version: Reading[str]
    cuda: Reading[str]  # the newest CUDA that the driver itself supports ("12.4")
    pci_gpus: Reading[Tuple[PciGpu, ...]]  # empty: looked, no NVIDIA GPU
    device_files: Reading[Tuple[DeviceFile, ...]]
    compat_library: Reading[str]  # a CUDA forward-compatibility libcuda that the loader would take first
    fabric_manager: Reading[str]  # running | not-running; Absent where there is no NVSwitch
    nouveau_loaded: Reading[bool]
