"""Memory and CPUs by the control groups of both kinds, and what the disk is."""

from __future__ import annotations

from typing import Mapping

import pytest

from envdoctor.data.machine import look_at_machine
from envdoctor.data.place import look_at_place
from envdoctor.host import Disk
from envdoctor.reading import Absent, Known, Unknown, value_or

from ..fakes import FakeHost

GIB = 1 << 30
MEMINFO = "MemTotal:       65536000 kB\nMemAvailable:   50000000 kB\n"
V2 = "30 20 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
V1 = (
    "31 20 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "32 20 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
)


def host(mounts: str, groups: str, files: Mapping[str, object]) -> FakeHost:
    return FakeHost(
        files={
            "/proc/meminfo": MEMINFO,
            "/proc/loadavg": "1.50 1.00 0.50 2/300 1234",
            "/sys/devices/system/cpu/online": "0-5,8,10-11\n",
            "/proc/self/mountinfo": mounts,
            "/proc/self/cgroup": groups,
            **files,
        }
    )


def test_a_container_of_version_2() -> None:
    files = {
        "/sys/fs/cgroup/job/memory.max": f"{16 * GIB}\n",
        "/sys/fs/cgroup/job/memory.current": f"{10 * GIB}\n",
        "/sys/fs/cgroup/job/memory.stat": f"anon 5\ninactive_file {4 * GIB}\nactive_file 9\n",
        "/sys/fs/cgroup/job/cpu.max": "250000 100000\n",
        "/sys/fs/cgroup/memory.max": "max\n",
    }
    machine = look_at_machine(host(V2, "0::/job\n", files))
    assert value_or(machine.limit, 0) == 16 * GIB
    assert value_or(machine.room, 0) == 10 * GIB
    assert value_or(machine.cpus, 0) == 2.5
    assert value_or(machine.counted, 0) == 9
    assert value_or(machine.available, 0) == 50_000_000 * 1024
    assert value_or(machine.load, 0) == 1.5


def test_the_group_above_may_leave_less_room() -> None:
    files = {
        "/sys/fs/cgroup/a/b/memory.max": f"{16 * GIB}",
        "/sys/fs/cgroup/a/b/memory.current": f"{1 * GIB}",
        "/sys/fs/cgroup/a/memory.max": f"{20 * GIB}",
        "/sys/fs/cgroup/a/memory.current": f"{18 * GIB}",
    }
    machine = look_at_machine(host(V2, "0::/a/b\n", files))
    assert (value_or(machine.limit, 0), value_or(machine.room, 0)) == (20 * GIB, 2 * GIB)


def test_version_1() -> None:
    files = {
        "/sys/fs/cgroup/memory/slurm/memory.limit_in_bytes": f"{8 * GIB}",
        "/sys/fs/cgroup/memory/slurm/memory.usage_in_bytes": f"{7 * GIB}",
        "/sys/fs/cgroup/memory/slurm/memory.stat": f"cache 1\ntotal_inactive_file {2 * GIB}\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
    }
    machine = look_at_machine(host(V1, "5:memory:/slurm\n4:cpu,cpuacct:/slurm\n", files))
    assert (value_or(machine.limit, 0), value_or(machine.room, 0)) == (8 * GIB, 3 * GIB)
    assert value_or(machine.cpus, 0) == 8


def test_no_limit_is_absent_and_a_strange_one_unknown() -> None:
    none = look_at_machine(host(V2, "0::/\n", {"/sys/fs/cgroup/memory.max": "max\n"}))
    assert isinstance(none.limit, Absent)
    strange = look_at_machine(host(V2, "0::/\n", {"/sys/fs/cgroup/memory.max": "lots"}))
    assert isinstance(strange.limit, Unknown)


@pytest.mark.parametrize(
    ("mount", "block", "rotational", "device"),
    [
        ("ext4 /dev/nvme0n1p2", "/sys/devices/pci/nvme/nvme0n1", "0", "NVMe"),
        ("xfs /dev/sda1", "/sys/devices/pci/ata1/block/sda", "0", "SSD"),
        ("ext4 /dev/sda1", "/sys/devices/pci/ata1/block/sda", "1", "HDD"),
        ("ext4 /dev/vda1", "/sys/devices/virtio/block/vda", "1", "virtual disk"),
        ("nfs4 server:/export", "", "", "network"),
        ("fuse.sshfs me@there:/", "", "", "network"),
        ("tmpfs tmpfs", "", "", "memory"),
        ("overlay overlay", "", "", "overlay"),
    ],
)
def test_devices(mount: str, block: str, rotational: str, device: str) -> None:
    kind, source = mount.split(" ")
    machine = FakeHost(
        files={"/proc/self/mountinfo": f"50 20 8:1 / /data rw - {kind} {source} rw\n"},
        dirs={"/data/set"},
        disks={"/data": Disk(100 * GIB, 40 * GIB, 0, 0)},
    )
    if block:
        name = source.rpartition("/")[2]
        machine.files[source] = b""
        machine.dirs.add(f"{block}/{name}")
        machine.links[f"/sys/class/block/{name}"] = f"{block}/{name}"
        machine.files[f"{block}/queue/rotational"] = f"{rotational}\n"
    place = look_at_place(machine, "/data/set")
    assert place.device == Known(device, getattr(place.device, "source", ""))
    assert value_or(place.network, False) is (device == "network")
    assert value_or(place.free, 0) == 40 * GIB


def test_a_disk_that_the_kernel_does_not_show() -> None:
    machine = FakeHost(files={"/proc/self/mountinfo": "50 20 8:1 / /data rw - zfs pool/data rw\n"}, dirs={"/data"})
    assert isinstance(look_at_place(machine, "/data").device, Unknown)
