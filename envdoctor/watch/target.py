"""Which job: by pid, by GPU, or the newest of the caller's own."""

from __future__ import annotations

from typing import Callable, Dict, FrozenSet, Iterable, Mapping, Optional

from ..host import Host
from ..probes._pids import foreign_processes
from ..reading import Known, value_or
from ..voice import Unusable
from . import roles
from .proc import stat

Holders = Mapping[int, FrozenSet[int]]  # NVML's number of a card -> pids that hold it


def table(host: Host) -> Dict[int, roles.Seen]:
    """Every process that this user may see."""
    found = {}
    for name in value_or(host.listdir("/proc"), ()):
        if name.isdigit():
            process = one(host, int(name))
            if process is not None:
                found[process.pid] = process
    return found


def one(host: Host, pid: int) -> Optional[roles.Seen]:
    text = value_or(host.read(f"/proc/{pid}/stat", 4096), None)
    seen, owner = stat(text), host.stat(f"/proc/{pid}")
    if text is None or seen is None or seen.state == "Z" or not isinstance(owner, Known):
        return None
    name = text.partition("(")[2].rpartition(")")[0]
    command = value_or(host.read(f"/proc/{pid}/cmdline", 4096), "").rstrip("\0").replace("\0", " ")
    return roles.Seen(pid, seen.parent, name, command, owner.value.uid, seen.started)


def by_pid(host: Host, pid: int) -> int:
    process = host.process(pid)
    if isinstance(process, Known):
        if process.value.state == "Z":
            raise Unusable(f"process {pid} has ended; only its parent has not noticed yet")
        return pid
    if value_or(host.alive(pid), False):
        raise Unusable(f"process {pid} belongs to another user, and /proc is closed to you (hidepid)")
    raise Unusable(f"there is no process {pid}")


def check_gpu(gpu: int, count: int) -> None:
    if not 0 <= gpu < count:
        there = f"they are 0 to {count - 1}" if count > 1 else "there is only GPU 0" if count else "none is seen"
        raise Unusable(f"there is no GPU {gpu} here: {there}")


def by_gpu(host: Host, gpu: int, holders: Holders) -> int:
    """The newest process on a card, the caller's own first."""
    on_it = holders.get(gpu, frozenset())
    if not on_it:
        raise Unusable(f"nobody computes on GPU {gpu}")
    if foreign_processes(host):
        raise Unusable(f"this is a container, where the processes on GPU {gpu} have other numbers: name the pid too")
    seen = [it for it in (one(host, pid) for pid in sorted(on_it)) if it is not None]
    if not seen:
        raise Unusable(f"the processes on GPU {gpu} are not visible to you (pid {', '.join(map(str, sorted(on_it)))})")
    mine = host.identity().uid
    return max(seen, key=lambda it: (it.uid == mine, it.started, it.pid)).pid


def newest(host: Host, holders: Holders, torch_loaded: Callable[[int], Optional[bool]]) -> int:
    """The caller's newest process that holds a GPU; else the newest that has torch loaded."""
    mine, every = host.identity().uid, table(host)
    held: FrozenSet[int] = (
        frozenset().union(*holders.values()) if holders and not foreign_processes(host) else frozenset()
    )
    own = [it for it in every.values() if it.uid == mine]
    for candidates in ([it for it in own if it.pid in held], [it for it in own if torch_loaded(it.pid)]):
        mains = [it for it in candidates if not _works_for(it, every)]
        if mains:
            return max(mains, key=lambda it: (it.started, it.pid)).pid
    raise Unusable("no running job of yours holds a GPU or has torch loaded: name its pid, or start it: -- COMMAND")


def _works_for(process: roles.Seen, every: roles.Table) -> bool:
    above = every.get(process.parent)
    return above is not None and roles.is_worker(process, above)


def job_root(every: roles.Table, pid: int, held: Iterable[int]) -> int:
    """The launcher above a process that is one of several ranks, else the process itself."""
    holding = set(held)
    process = every.get(pid)
    above = every.get(process.parent) if process is not None else None
    if process is None or above is None or above.uid != process.uid or "python" not in f"{above.name} {above.command}":
        return pid
    siblings = [it.pid for it in every.values() if it.parent == above.pid and it.pid in holding]
    return above.pid if len(siblings) > 1 and pid in siblings else pid


def torch_loaded(host: Host, pid: int) -> Optional[bool]:
    """Whether torch's library is in its memory. None: it may not be looked at."""
    found = host.read(f"/proc/{pid}/maps", 4 << 20)
    return "/libtorch" in found.value if isinstance(found, Known) else None


def world_size(host: Host, pid: int) -> Optional[int]:
    """How many processes the distributed job has, by its environment as it was at its start."""
    said = host.read(f"/proc/{pid}/environ", 1 << 20)
    for entry in value_or(said, "").split("\0"):
        name, _, value = entry.partition("=")
        if name in ("WORLD_SIZE", "SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE") and value.isdigit():
            return int(value)
    return None


def short_name(host: Host, pid: int) -> str:
    """The program and its script or module, without folders and further arguments: `python train.py`."""
    words = [word for word in value_or(host.read(f"/proc/{pid}/cmdline", 4096), "").split("\0") if word]
    if not words:
        name = host.process(pid)
        return name.value.command if isinstance(name, Known) else "the job"
    rest = words[1:]
    script = (
        f"-m {rest[1]}" if rest[:1] == ["-m"] and len(rest) > 1 else next((w for w in rest if w.endswith(".py")), "")
    )
    return f"{_last(words[0])} {script if script.startswith('-m ') else _last(script)}".strip()[:80]


def _last(path: str) -> str:
    return path.rpartition("/")[2]
