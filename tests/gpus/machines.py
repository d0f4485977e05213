"""Processes and login records on a machine made of dictionaries."""

from __future__ import annotations

import struct
from typing import Dict, Optional, Tuple

from envdoctor.gpus.look import look
from envdoctor.gpus.model import Held
from envdoctor.host import Identity, NvmlAnswer, Process
from envdoctor.reading import Absent, Known
from envdoctor.target import Request, Target
from tests.fakes import FakeHost

GIB = 1 << 30
STARTED = "2026-11-24T08:00:00Z"  # the fake's clock stands at 12:00
AT = 1795507200  # the same moment in seconds since 1970
AUXV = struct.pack("=QQQQ", 6, 4096, 0, 0)


def field(value: object) -> Dict[str, object]:
    return {"value": value}


def gpu(index: int = 0, *pids: int, used: int = 0, **fields: object) -> Dict[str, object]:
    """A record as the NVML worker gives it; each process holds 1 GiB and computes nothing."""
    return {
        "kind": "gpu",
        "index": index,
        "status": "ok",
        "name": field("A100"),
        "uuid": field(f"GPU-{index}"),
        "pci_bus_id": field(f"0000:0{index}:00.0"),
        "memory": field({"total": 80 * GIB, "used": used or len(pids) * GIB, "free": 1, "reserved": 0}),
        "utilisation": field({"gpu": 0, "memory": 0}),
        "compute_processes": field([{"pid": pid, "memory": GIB, "gpu_instance": None} for pid in pids]),
        "graphics_processes": field([]),
        "mps_processes": field([]),
        "process_utilisation": field([{"pid": pid, "sm": 0, "samples": 3} for pid in pids]),
        **fields,
    }


def machine(*records: Dict[str, object], uid: int = 1000) -> FakeHost:
    system = {"status": "SUCCESS", "count": field(len(records)), "driver_version": field("550.54.15")}
    host = FakeHost(nvml_answer=Known(NvmlAnswer(system, records, "ok", ""), "NVML"))
    host.who = Identity(uid, "ana" if uid else "root", "/home/ana", "linux", "6.1.0", "x86_64")
    host.files["/proc/self/auxv"] = AUXV
    host.files["/etc/passwd"] = "root:x:0:0::/root:/bin/sh\nbo:x:1001:1001::/home/bo:/bin/sh\n"
    return host


def process(
    host: FakeHost,
    pid: int,
    user: str = "bo",
    command: str = "python\0train.py\0--token=x",
    parent: int = 1,
    tty: int = 0,
    cpu_seconds: int = 3600,
    cgroup: str = "0::/\n",
    audit: str = "4294967295",
    state: str = "S",
    started: str = STARTED,
) -> None:
    """A process that /proc shows: 256 MiB of host memory, four hours old."""
    name = command.split("\0")[0]
    uid = {"root": 0, "ana": 1000}.get(user, 1001)
    host.process_table[pid] = Process(pid, uid, user, name, state, started)
    numbers = [parent, pid, pid, tty, -1, 0, 0, 0, 0, 0, cpu_seconds * 100, 0, 0, 0, 20, 0, 1, 0, 999, 0, 65536]
    host.files[f"/proc/{pid}/stat"] = f"{pid} ({name}) {state} {' '.join(map(str, numbers))}\n"
    host.files[f"/proc/{pid}/cmdline"] = command + "\0"
    host.files[f"/proc/{pid}/cgroup"] = cgroup
    host.files[f"/proc/{pid}/sessionid"] = audit


def logins(*entries: Tuple[int, int, str, str, str, int]) -> bytes:
    """utmp or wtmp of (kind, pid, line, user, host, seconds), as x86-64 writes it."""
    return b"".join(
        struct.pack(
            "<h2xi32s4s32s256s4xiii16x20x", kind, pid, line.encode(), b"", user.encode(), host.encode(), 0, at, 0
        )
        for kind, pid, line, user, host, at in entries
    )


def target(patience: float = 5.0) -> Target:
    return Target(Absent(), Absent(), (), Request(patience=patience))


def the_only(host: FakeHost, pid: Optional[int] = None) -> Held:
    """The holder with this pid (or the only one) of the first card."""
    cards = look(host, target()).cards
    assert isinstance(cards, Known)
    held = cards.value[0].held
    assert isinstance(held, Known)
    (found,) = [one for one in held.value if pid in (None, one.holder.pid)]
    return found
