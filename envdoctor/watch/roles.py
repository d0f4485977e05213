"""Who is who in a job's process tree: launchers, main processes, loader workers. Pure: it is given the table."""

from __future__ import annotations

from typing import Dict, Iterable, List, Mapping, Tuple

from ..frozen import frozen

#: Python's and torch's own helpers, by what their command lines hold: they load no data.
_HELPERS = (
    *("resource_tracker", "semaphore_tracker", "torch_shm_manager", "compile_worker", "pin_memory_loop"),
    *("tensorboard", "wandb-core", "wandb_service", "jupyter", "ipykernel"),
)
_SPAWNED = ("multiprocessing.spawn", "multiprocessing-fork")
_SERVER = "multiprocessing.forkserver"
WORKER_NAME = "pt_data_worker"


@frozen
class Seen:
    """One process of the table."""

    pid: int
    parent: int
    name: str  # as the kernel has it, at most 15 bytes
    command: str  # its arguments joined by blanks; "" where they are hidden
    uid: int
    started: int  # ticks after boot


Table = Mapping[int, Seen]


def below(table: Table, root: int) -> Tuple[int, ...]:
    """The process and everything it started, parents first."""
    children: Dict[int, List[int]] = {}
    for process in table.values():
        children.setdefault(process.parent, []).append(process.pid)
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop(0)
        if pid in table and pid not in found:
            found.append(pid)
            waiting += sorted(children.get(pid, ()))
    return tuple(found)


def is_worker(process: Seen, main: Seen) -> bool:
    """Whether a child of a main process loads data for it: named so by torch, forked, or spawned by multiprocessing."""
    if process.name.startswith(WORKER_NAME):
        return True
    if any(word in process.command for word in (*_HELPERS, _SERVER)):
        return False
    if any(word in process.command for word in _SPAWNED):
        return True
    return bool(process.command) and process.command == main.command


def is_server(process: Seen) -> bool:
    """Whether it starts others' workers: multiprocessing's fork server."""
    return _SERVER in process.command


def workers(table: Table, main: int, ranks: Iterable[int]) -> Tuple[int, ...]:
    """Pids of the loader workers of a main process. Those of a fork server are its children's children."""
    if main not in table:
        return ()
    others = set(ranks)
    parents = {main} | {pid for pid, it in table.items() if it.parent == main and is_server(it)}
    return tuple(
        sorted(
            pid
            for pid, it in table.items()
            if it.parent in parents and pid not in others and pid not in parents and is_worker(it, table[main])
        )
    )


def ranks(table: Table, root: int, holders: Iterable[int], computing: Iterable[int]) -> Tuple[int, ...]:
    """The main processes of the job below `root`: those that hold a GPU; else those that have workers; else those
    that compute (`computing`: torch is loaded), workers left out; else the root itself."""
    tree = below(table, root)
    named = [pid for pid in tree if table[pid].name.startswith(WORKER_NAME)]
    held = [pid for pid in tree if pid in set(holders) and pid not in named]
    # a worker that touches CUDA holds a GPU too: it is its parent's
    held = [pid for pid in held if _feeds(table, pid) not in held or not _works(table, pid)]
    if held:
        return tuple(held)
    feeding = [pid for pid in tree if any(_feeds(table, worker) == pid for worker in named)]
    if feeding:
        return tuple(feeding)
    loaded = set(computing)
    mains = [pid for pid in tree if pid in loaded and _feeds(table, pid) not in loaded]
    if mains:
        return tuple(mains)
    feeding = [pid for pid in tree if any(is_worker(it, table[pid]) for it in _children(table, pid))]
    return tuple(feeding[:1]) or (root,)


def _feeds(table: Table, pid: int) -> int:
    """For whom a process would load data: its parent, past a fork server."""
    parent = table[pid].parent
    return table[parent].parent if parent in table and is_server(table[parent]) else parent


def _works(table: Table, pid: int) -> bool:
    parent = _feeds(table, pid)
    return parent in table and is_worker(table[pid], table[parent])


def _children(table: Table, pid: int) -> List[Seen]:
    return [it for it in table.values() if it.parent == pid]
