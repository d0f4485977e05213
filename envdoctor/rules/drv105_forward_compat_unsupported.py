"""A CUDA compatibility library is taken on a GPU or driver that does not take it.

It finds a forward-compatibility libcuda (package cuda-compat, a compat/ folder on LD_LIBRARY_PATH, an image's own) that
the loader takes before the driver's, where a GPU is a GeForce or TITAN, or where the library is older than the loaded
driver. On data-centre GPUs under an older driver it does what it is made for, and is no fault; for workstation cards
NVIDIA supports only some, so that is not told.

It matters because CUDA then stops with error 804, "forward compatibility was attempted on non supported HW", or 803.

It is mended by taking that folder off LD_LIBRARY_PATH; where the driver alone is too old for this torch, by a build
for an older CUDA besides.

Example: /usr/local/cuda/compat on LD_LIBRARY_PATH of an image, on an RTX 3090.
"""

from __future__ import annotations

import posixpath
from typing import Iterator, List, Optional, Tuple

from ..compat import CompatTable, NoRow
from ..facts import Facts
from ..reading import Known, need, value_or
from ..report import CannotTell, Evidence, Finding, Need, NeedTorch, NeedVariable, Remedy
from ..versions import at_least
from ._common import finding, seen
from ._gpus import label, nvml_gpus
from ._libraries import compat_version, without
from ._torch import driver_version, older

ID = "DRV105"
NAME = "forward-compat-unsupported"
SEVERITY = "error"
TAGS = ("driver", "cuda", "container")

_CONSUMER = ("GeForce", "TITAN")
_WORKSTATION = ("Quadro", "RTX", "NVS")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    library = need(facts.driver.compat_library, "a CUDA compatibility library")
    because = [seen(f"the loader takes {library} before the driver's libcuda", facts.driver.compat_library)]
    version, driver = compat_version(facts, table, library), driver_version(facts)
    if version and driver and older(version, driver[0]):
        because.append(Evidence(f"the loaded driver is {driver[0]}", driver[1]))
        title = f"the CUDA compatibility library {version} is older than the driver {driver[0]}"
        yield _say(facts, table, title, because, library)
        return
    names = [(label(gpu), value_or(gpu.name, "")) for gpu in nvml_gpus(facts)]
    consumer = [words for words, name in names if any(part in name for part in _CONSUMER)]
    if consumer:
        because.append(seen(f"{consumer[0]} is no data-centre GPU", facts.gpus.gpus))
        title = f"a CUDA compatibility library is in use on {consumer[0]}, which does not support it"
        yield _say(facts, table, title, because, library)
    elif any(not name or any(part in name for part in _WORKSTATION) for _, name in names):
        raise CannotTell("NVIDIA supports the compatibility library on some workstation GPUs only")


def _say(facts: Facts, table: CompatTable, title: str, because: List[Evidence], library: str) -> Finding:
    meaning = "CUDA stops at its first call (error 804 or 803), whatever torch is installed."
    return finding(ID, NAME, SEVERITY, title, meaning, because, _remedies(facts, table, library))


def _remedies(facts: Facts, table: CompatTable, library: str) -> Tuple[Remedy, ...]:
    folder = posixpath.dirname(library)
    entries = value_or(facts.libraries.ld_library_path, ())
    rest = without(entries, folder)
    unset: Tuple[Need, ...] = () if rest is None else (NeedVariable("LD_LIBRARY_PATH", rest or None),)
    title = f"take {folder} off LD_LIBRARY_PATH, so that the driver's own libcuda is used"
    if _driver_suffices(facts, table) is False:
        return (Remedy(f"{title}, and install a build for a CUDA that the driver runs", (*unset, NeedTorch())),)
    return (Remedy(title, unset),) if unset else ()


def _driver_suffices(facts: Facts, table: CompatTable) -> Optional[bool]:
    """Whether the driver alone runs this torch's CUDA; None where that is not known."""
    cuda, driver = facts.torch.cuda, driver_version(facts)
    if not isinstance(cuda, Known) or driver is None:
        return None
    try:
        lowest = table.cuda(cuda.value).minimum_driver
    except NoRow:
        return None
    return at_least(driver[0], lowest) if lowest else None
