"""The cards of a machine at one moment, and everybody who holds memory on them."""

from __future__ import annotations

from typing import Optional, Tuple

from ..facts import Gpu, Holder
from ..frozen import frozen
from ..reading import Reading


@frozen
class Place:
    """What a process's control groups say about where it runs. "" where they say nothing."""

    session: str = ""  # logind's session id
    uid: str = ""  # of the user slice
    slurm_job: str = ""
    slurm_step: str = ""
    container: str = ""  # docker | podman | cri-o | containerd | lxc
    container_id: str = ""  # its first 12 characters; lxc: its name
    pod: str = ""  # the pod's uid
    unit: str = ""  # a systemd service


@frozen
class Login:
    """Where somebody logged in from."""

    host: str  # as the system recorded it; "" for a login at the machine itself
    certainty: str  # certain | likely | one-of (then `host` is several, joined by ", ")
    how: str  # what says so
    user: str = ""  # who logged in: another one than the process's user behind sudo and su


@frozen
class Idle:
    """A process that held memory and computed nothing."""

    seconds: int  # for so long at least
    how: str  # what says so


@frozen
class Held:
    """A process on a card, and everything about it that this user may see."""

    holder: Holder
    command: Reading[str]  # the whole command line
    share: Reading[int]  # percent of the card's multiprocessors, the mean of the driver's last samples
    samples: int  # how many those were; 0: none, or the driver does not tell
    cpu_seconds: Reading[float]  # since it began
    age: Reading[int]  # seconds since it began
    host_memory: Reading[int]  # bytes, resident
    place: Reading[Place]
    login: Reading[Login]  # Absent: no login is behind it (a service, a container)
    inside: str  # "tmux", "screen" or ""
    idle: Reading[bool]  # holds memory and computes nothing
    idle_for: Reading[Idle]  # Absent: it computes; Unknown where one look cannot tell
    mig: Optional[int]  # the GPU instance it runs on
    missing: str  # why it is not visible: hidden | elsewhere | gone; "" for a process that /proc shows
    parent: str  # who has yet to collect a zombie: "pid 12 (python)"; "" for others


@frozen
class MigPart:
    uuid: str
    profile: str
    gpu_instance: Reading[int]
    compute_instance: Reading[int]
    memory_total: Reading[int]  # bytes
    memory_used: Reading[int]


@frozen
class Card:
    gpu: Gpu
    cuda_index: Reading[int]  # in the order in which CUDA counts here
    cuda_sure: bool  # False: by an estimate of which card CUDA takes for the faster one
    clock_sm: Reading[int]  # MHz
    clock_sm_max: Reading[int]
    clock_memory: Reading[int]
    clock_memory_max: Reading[int]
    ecc_corrected: Reading[int]
    remapped_correctable: Reading[int]
    remapped_uncorrectable: Reading[int]
    mig: Reading[Tuple[MigPart, ...]]
    held: Reading[Tuple[Held, ...]]
    unexplained: Reading[int]  # bytes in use that no listed process accounts for


@frozen
class Picture:
    taken_at: str
    driver: Reading[str]
    cuda: Reading[int]  # 12040
    cards: Reading[Tuple[Card, ...]]  # Absent: no NVML library and no nvidia-smi
    xids: Reading[Tuple[str, ...]]
    limits: Tuple[str, ...]  # what this user cannot see here, and how it could be seen
