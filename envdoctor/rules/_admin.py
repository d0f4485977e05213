"""What an administrator can do about a driver, as commands where the distribution is known."""

from __future__ import annotations

from typing import Dict, Iterable, Optional, Tuple

from ..compat import CompatTable, NoRow
from ..facts import Facts
from ..reading import value_or
from ..report import NeedCommand, Remedy
from ..versions import numbers

REBOOT = ("sudo", "reboot")
_RED_HAT = ("Red Hat", "Rocky", "AlmaLinux", "CentOS", "Oracle")


def branch_for(facts: Facts, table: CompatTable, cuda: str, lowest: str, capabilities: Iterable[str]) -> Optional[int]:
    """The oldest driver branch that is kept up, new enough for `lowest`, and still serves every GPU here."""
    last = 10**6
    for capability in capabilities:
        try:
            last = min(last, table.last_branch(capability))
        except NoRow:  # the newest branch still serves it
            continue
    month = facts.taken_at[:7]
    for row in table.branches_for(f"{numbers(cuda)[0]}.0"):
        kept_up = row.end_of_life > month and row.designation in ("LTSB", "PB")
        if kept_up and numbers(lowest)[0] <= row.branch <= last:
            return row.branch
    return None


def install_driver(facts: Facts, branch: Optional[int]) -> Tuple[Remedy, ...]:
    """Installing a driver branch; in words alone where the distribution's command is not known."""
    distro = value_or(facts.session.distro, "")
    if branch is None:
        return ()
    commands: Tuple[Tuple[str, ...], ...]
    if distro.startswith("Ubuntu"):
        commands = (("sudo", "apt-get", "install", "--yes", f"nvidia-driver-{branch}"), REBOOT)
    elif distro.startswith(_RED_HAT):
        commands = (("sudo", "dnf", "module", "install", "--assumeyes", f"nvidia-driver:{branch}-dkms"), REBOOT)
    else:
        commands = ()
    needs = (NeedCommand(commands, who="admin"),) if commands else ()
    return (Remedy(f"an administrator installs driver branch {branch}", needs),)


def reboot(title: str) -> Remedy:
    return Remedy(title, (NeedCommand((REBOOT,), who="admin"),))


#: Container engine -> what it is told to hand GPUs in, and a command that shows on the host whether it can.
_ENGINES: Dict[str, Tuple[str, Tuple[str, ...]]] = {
    "docker": ("--gpus all", ("docker", "run", "--rm", "--gpus", "all", "ubuntu", "nvidia-smi")),
    "podman": (
        "--device nvidia.com/gpu=all",
        ("podman", "run", "--rm", "--device", "nvidia.com/gpu=all", "ubuntu", "nvidia-smi"),
    ),
    "singularity": ("--nv", ()),
    "apptainer": ("--nv", ()),
    "kubernetes": ("nvidia.com/gpu in the pod's resource limits", ()),
}


def start_with_gpus(facts: Facts) -> Remedy:
    """Starting this container again with its GPUs, in the words of the engine that runs it."""
    option, test = _ENGINES.get(value_or(facts.session.container, ""), ("its engine's option for GPUs", ()))
    title = f"start the container again with its GPUs: {option}"
    if not test:
        return Remedy(title, ())
    title += "; this, run on the host, shows whether that works there"
    return Remedy(title, (NeedCommand((test,), who="admin", safety="safe"),))
