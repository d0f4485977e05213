"""Limits of control groups: version 1 and 2, in containers with and without a name space, the tightest level."""

from __future__ import annotations

from typing import Dict

from envdoctor.probes import _cgroup
from envdoctor.reading import Absent, Known, Unknown
from tests.fakes import FakeHost

V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = (
    "32 31 0:29 {root} /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 {root} /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
    "40 31 0:37 {root} /sys/fs/cgroup/systemd rw - cgroup systemd rw,name=systemd\n"
)
CPU = "/sys/fs/cgroup/cpu,cpuacct"
MEMORY = "/sys/fs/cgroup/memory"


def host(cgroup: str, mounts: str, files: Dict[str, object]) -> FakeHost:
    return FakeHost(files={"/proc/self/cgroup": cgroup, "/proc/self/mountinfo": mounts, **files})


def test_version_2_takes_the_tightest_level() -> None:
    job = "/sys/fs/cgroup/system.slice/slurmstepd.scope/job_7"
    cpu, memory = _cgroup.limits(
        host(
            "0::/system.slice/slurmstepd.scope/job_7/step_0\n",
            V2,
            {
                f"{job}/step_0/cpu.max": "max 100000\n",
                f"{job}/step_0/memory.max": "max\n",
                f"{job}/cpu.max": "800000 100000\n",
                f"{job}/memory.max": f"{32 << 30}\n",
                "/sys/fs/cgroup/system.slice/memory.max": f"{64 << 30}\n",
                "/sys/fs/cgroup/system.slice/cpu.max": "450000 100000\n",
            },
        )
    )
    assert cpu == Known(4.5, "/sys/fs/cgroup/system.slice/cpu.max")
    assert memory == Known(32 << 30, f"{job}/memory.max")


def test_version_2_without_limits() -> None:
    cpu, memory = _cgroup.limits(host("0::/user.slice\n", V2, {"/sys/fs/cgroup/user.slice/memory.max": "max\n"}))
    assert isinstance(cpu, Absent) and isinstance(memory, Absent)
    assert "/sys/fs/cgroup/user.slice/memory.max" in memory.looked


def test_version_1_in_docker_without_a_name_space() -> None:
    cpu, memory = _cgroup.limits(
        host(
            "9:name=systemd:/docker/abc\n4:memory:/docker/abc\n1:cpu,cpuacct:/docker/abc\n",
            V1.format(root="/docker/abc"),
            {
                f"{CPU}/cpu.cfs_quota_us": "150000\n",
                f"{CPU}/cpu.cfs_period_us": "100000\n",
                f"{MEMORY}/memory.limit_in_bytes": f"{8 << 30}\n",
            },
        )
    )
    assert cpu == Known(1.5, f"{CPU}/cpu.cfs_quota_us")
    assert memory == Known(8 << 30, f"{MEMORY}/memory.limit_in_bytes")


def test_version_1_by_levels_and_its_way_to_write_no_limit() -> None:
    cpu, memory = _cgroup.limits(
        host(
            "4:memory:/slurm/uid_1000/job_9\n1:cpuacct,cpu:/slurm\n",
            V1.format(root="/"),
            {
                f"{CPU}/slurm/cpu.cfs_quota_us": "-1\n",
                f"{CPU}/slurm/cpu.cfs_period_us": "100000\n",
                f"{MEMORY}/memory.limit_in_bytes": "9223372036854771712\n",
                f"{MEMORY}/slurm/uid_1000/job_9/memory.limit_in_bytes": "1073741824\n",
            },
        )
    )
    assert isinstance(cpu, Absent)
    assert memory == Known(1 << 30, f"{MEMORY}/slurm/uid_1000/job_9/memory.limit_in_bytes")


def test_a_path_that_leads_out_of_what_is_mounted_ends_at_the_mount() -> None:
    cpu, memory = _cgroup.limits(
        host(
            "0::/../../other\n", V2, {"/sys/fs/cgroup/memory.max": "1000\n", "/sys/fs/cgroup/cpu.max": "50000 100000\n"}
        )
    )
    assert (cpu, memory) == (Known(0.5, "/sys/fs/cgroup/cpu.max"), Known(1000, "/sys/fs/cgroup/memory.max"))


def test_what_cannot_be_read_is_unknown() -> None:
    for cpu, memory in (("many\n", "x\n"), ("\u00b2 100000\n", "9" * 5000), ("1 0\n", "")):
        broken = host("0::/\n", V2, {"/sys/fs/cgroup/cpu.max": cpu, "/sys/fs/cgroup/memory.max": memory})
        assert [one.reason for one in _cgroup.limits(broken) if isinstance(one, Unknown)] == ["unparsable"] * 2
    closed = FakeHost(files={"/proc/self/cgroup": "0::/\n", "/proc/self/mountinfo": V2}, denied={"/proc/self/cgroup"})
    assert all(isinstance(reading, Unknown) for reading in _cgroup.limits(closed))
    assert all(isinstance(reading, Absent) for reading in _cgroup.limits(FakeHost()))
