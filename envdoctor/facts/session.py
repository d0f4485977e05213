"""The session that a job would run in: container, scheduler, limits, variables."""

from __future__ import annotations

from typing import Tuple

from ..frozen import frozen
from ..reading import Reading


@frozen
class Limit:
    name: str  # open-files | locked-memory | address-space | processes | stack
    soft: int  # -1: unlimited
    hard: int


@frozen
class SessionFacts:
    os: Reading[str]  # linux | darwin | windows
    distro: Reading[str]  # "Ubuntu 22.04"
    kernel: Reading[str]
    machine: Reading[str]  # x86_64
    libc: Reading[str]  # the system's, "glibc 2.35"
    container: Reading[str]  # docker | podman | singularity | kubernetes | lxc; Absent: none seen
    wsl: Reading[str]  # "1" | "2"; Absent: none
    slurm_job: Reading[str]
    user: Reading[str]
    is_root: Reading[bool]
    cwd: Reading[str]
    cpus: Reading[int]  # that this process may use (affinity)
    cpu_quota: Reading[float]  # cgroup limit in CPUs; Absent: none
    memory_total: Reading[int]  # bytes
    memory_available: Reading[int]
    memory_limit: Reading[int]  # cgroup limit in bytes; Absent: none
    shm_total: Reading[int]  # /dev/shm, bytes
    shm_free: Reading[int]
    limits: Reading[Tuple[Limit, ...]]
    variables: Reading[Tuple[Tuple[str, str], ...]]  # the ones that change behaviour, name and value, sorted
    shell_levels: Reading[int]  # CONDA_SHLVL; Absent: not set
    conda_initialised: Reading[str]  # the start-up file that holds conda's block; Absent: none does
