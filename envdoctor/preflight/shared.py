"""Whether a folder for claims is the whole machine's, or this container's alone."""

from __future__ import annotations

from typing import Tuple

from ..host import Host
from ..probes._mounts import Mount, mount_of, read_mounts
from ..probes.session import container
from ..reading import Known, value_or


def alone(host: Host, folder: str) -> str:
    """A sentence where claims in this folder are seen in this container only; "" where they are not, as far as the
    table of mounts tells."""
    kind = container(host)
    if not isinstance(kind, Known) or not folder:
        return ""
    mounts: Tuple[Mount, ...] = value_or(read_mounts(host), ())
    mount = mount_of(mounts, str(value_or(host.realpath(folder), folder)))
    # A folder of the machine's that was mounted here is no root of its file system, or has a mount of its own.
    if mount is None or mount.root != "/" or mount.point == folder:
        return ""
    return (
        f"this is a container ({kind.value}): its claims in {folder} are seen inside it alone. Mount the machine's own "
        f"folder there (-v {folder}:{folder}), or name one that is mounted in ENVDOCTOR_CLAIMS"
    )
