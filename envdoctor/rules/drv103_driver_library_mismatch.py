"""The NVIDIA kernel module and the user-space libraries are of different versions.

It finds NVML's own answer "driver/library version mismatch", or a libcuda on the loader's path whose version is not
that of the loaded module. A CUDA compatibility library that is meant to differ is another rule's matter.

It matters because no program can start CUDA: nvidia-smi says "Failed to initialize NVML", CUDA gives error 803. It is
what an automatic update of the driver package leaves behind while the old module is still loaded.

It is mended by an administrator: a reboot, or unloading the module while nobody uses a GPU. Without root there is only
waiting. A container brings libraries of its own or those mounted at its start: start it again after the host's update.

Example: module 535.129.03 is loaded, the libraries are 535.161.08.
"""

from __future__ import annotations

from typing import Iterator, Tuple

from ..compat import CompatTable
from ..facts import Facts
from ..reading import Known, given, need, source_of, value_or
from ..report import Evidence, Finding, NeedCommand, NotApplicable, Remedy
from ._admin import reboot
from ._common import finding, seen

ID = "DRV103"
NAME = "driver-library-mismatch"
SEVERITY = "error"
TAGS = ("driver",)

_RELOAD = (
    ("sudo", "rmmod", "nvidia_uvm", "nvidia_drm", "nvidia_modeset", "nvidia"),
    ("sudo", "modprobe", "nvidia_uvm"),
    ("nvidia-smi",),
)


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    driver = facts.driver
    answer = value_or(driver.nvml_status, "")
    if answer == "LIB_RM_VERSION_MISMATCH":
        yield _mismatch(facts, "certain", SEVERITY)
        return
    if value_or(facts.session.wsl, None):
        raise NotApplicable("below WSL there is no kernel module here")
    if isinstance(driver.compat_library, Known):
        raise NotApplicable("a CUDA compatibility library is in use: see forward-compat-unsupported")
    module = given(driver.module_version, "kernel module")
    if module is None:
        raise NotApplicable("NVIDIA's kernel module is not loaded")
    library = given(driver.library_version, "libcuda")
    if library is None:
        raise NotApplicable("the driver's libraries are not installed")
    # NVML that answers has matched the module, whatever it calls itself: then only a libcuda can be another version.
    answers = answer == "SUCCESS" and "libcuda" not in source_of(driver.library_version)
    if library != module and not answers:
        yield _mismatch(facts, "likely", "warning" if answer == "SUCCESS" else SEVERITY)
    elif not answer:
        need(driver.nvml_status, "the driver's answer")


def _mismatch(facts: Facts, confidence: str, severity: str) -> Finding:
    module = value_or(facts.driver.module_version, "")
    library = value_or(facts.driver.library_version, "")
    versions = f": module {module}, libraries {library}" if module and library and module != library else ""
    because = []
    if module:
        because.append(seen(f"the loaded kernel module is {module}", facts.driver.module_version))
    if library:
        because.append(seen(f"the libraries on the loader's path are {library}", facts.driver.library_version))
    if isinstance(facts.driver.nvml_status, Known):
        because.append(Evidence(f"NVML answers {facts.driver.nvml_status.value}", facts.driver.nvml_status.source))
    return finding(
        ID,
        NAME,
        severity,
        f"the NVIDIA kernel module and its libraries differ in version{versions}",
        "CUDA does not start until both are of one version; only an administrator can bring that about.",
        because,
        _remedies(value_or(facts.session.container, None) is not None),
        confidence,
    )


def _remedies(container: bool) -> Tuple[Remedy, ...]:
    if container:
        test = NeedCommand((("nvidia-smi",),), who="admin", safety="safe")
        return (Remedy("on the host: if this works there, start the container again; else reboot the host", (test,)),)
    reload_module = Remedy(
        "reload the module, once nobody uses a GPU", (NeedCommand(_RELOAD, who="admin", safety="changes-env"),)
    )
    return reboot("reboot, so that the new module is loaded"), reload_module
