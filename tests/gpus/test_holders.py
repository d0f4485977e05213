"""Who holds a card: what is told, what is not visible, and why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from envdoctor.gpus.holders import idle
from envdoctor.gpus.look import look
from envdoctor.gpus.model import Place
from envdoctor.gpus.place import place_of
from envdoctor.gpus.proc import epoch, terminal
from envdoctor.probes import gpus as probe
from envdoctor.reading import Absent, Known, Unknown, value_or
from envdoctor.record import RecordingHost, ReplayHost
from tests.gpus.machines import AT, GIB, field, gpu, machine, process, target, the_only

UID = "6e0cd3f4-1111-2222-3333-444455556666"


def boxed(container: str, container_id: str, pod: str = "", uid: str = "") -> Place:
    return Place(container=container, container_id=container_id, pod=pod, uid=uid)


def test_a_process_of_somebody_else() -> None:
    host = machine(gpu(0, 50))
    process(host, 50, cgroup="0::/system.slice/slurmstepd.scope/job_42/step_0/user/task_0\n")
    held = the_only(host)
    assert held.holder.user == Known("bo", "/proc/50") and held.holder.mine == Known(False, "/proc/50")
    assert held.command == Known("python train.py --token=x", "/proc/50/cmdline")
    assert value_or(held.cpu_seconds, 0) == 3600.0
    assert value_or(held.age, 0) == 4 * 3600
    assert value_or(held.host_memory, 0) == 256 << 20
    assert value_or(held.place, Place()).slurm_job == "42"
    assert (value_or(held.share, -1), held.samples, held.missing, held.parent) == (0, 3, "", "")


def test_others_arguments_are_not_read_where_they_are_not_shown() -> None:
    host = machine(gpu(0, 50, 51))
    process(host, 50)
    process(host, 51, user="ana")
    host.denied.add("/proc/50/cmdline")
    cards = look(host, target(), whole=False).cards
    held = value_or(value_or(cards, ())[0].held, ())
    assert [value_or(one.command, "") for one in held] == ["python", "python train.py --token=x"]


def test_a_zombie_names_who_has_not_collected_it() -> None:
    host = machine(gpu(0, 50))
    process(host, 50, state="Z", parent=49, command="python")
    process(host, 49, command="launcher")
    host.files["/proc/50/cmdline"] = ""
    held = the_only(host)
    assert held.parent == "pid 49 (launcher)"
    assert isinstance(held.command, Unknown)


def test_hidden_by_hidepid_and_gone_are_two_answers() -> None:
    host = machine(gpu(0, 50, 51))
    host.hidden.add(50)
    assert [the_only(host, pid).missing for pid in (50, 51)] == ["hidden", "gone"]
    assert isinstance(the_only(host, 50).cpu_seconds, Absent)


def test_a_hidden_process_is_told_by_its_control_group() -> None:
    host = machine(gpu(0, 50))
    host.hidden.add(50)
    host.files["/sys/fs/cgroup/user.slice/user-1001.slice/session-9.scope/cgroup.procs"] = "49\n50\n"
    host.files["/run/systemd/sessions/9"] = "USER=bo\nREMOTE=1\nREMOTE_HOST=10.0.0.5\nSTATE=active\n"
    held = the_only(host)
    assert held.holder.user == Known("bo", "its control group")
    assert value_or(held.login, None) is not None
    assert held.missing == "hidden"


def test_without_logind_the_slice_names_the_user() -> None:
    host = machine(gpu(0, 50))
    host.files["/sys/fs/cgroup/user.slice/user-1001.slice/session-9.scope/cgroup.procs"] = "50\n"
    assert value_or(the_only(host).holder.user, "") == "bo"
    host.files["/etc/passwd"] = "root:x:0:0::/root:/bin/sh\n"
    assert value_or(the_only(host).holder.user, "") == "1001"


def test_in_a_container_a_number_is_nobody() -> None:
    host = machine(gpu(0, 50))
    process(host, 50)
    host.links["/proc/self/ns/pid"] = "pid:[4026532999]"
    held = the_only(host)
    assert held.missing == "elsewhere" and isinstance(held.holder.user, Unknown)
    assert any("container" in limit for limit in look(host, target()).limits)


def test_a_recorded_machine_that_was_not_asked_hides_nobody(tmp_path: Path) -> None:
    host = machine(gpu(0, 50, 51))
    process(host, 50)
    recording = RecordingHost(host)
    probe.look(recording, target())
    recording.save(str(tmp_path / "machine"))
    shown, unshown = value_or(value_or(look(ReplayHost(str(tmp_path / "machine")), target()).cards, ())[0].held, ())
    assert (shown.missing, unshown.missing) == ("", "")
    assert isinstance(shown.holder.user, Known) and isinstance(shown.cpu_seconds, Unknown)


def test_hidepid_is_said() -> None:
    host = machine(gpu(0))
    host.files["/proc/self/mountinfo"] = "22 26 0:21 / /proc rw,nosuid - proc proc rw,hidepid=invisible\n"
    assert "hidepid=invisible" in look(host, target()).limits[0]
    host.who = replace(host.who, uid=0)
    assert look(host, target()).limits == ()


def test_what_a_damaged_stat_says_is_unknown() -> None:
    host = machine(gpu(0, 50))
    process(host, 50)
    host.files["/proc/50/stat"] = "50 (pyt) S 1"
    assert isinstance(the_only(host).cpu_seconds, Unknown)


def test_a_name_with_brackets_and_newlines() -> None:
    host = machine(gpu(0, 50))
    process(host, 50, command="a) S 1 (\nb")
    assert value_or(the_only(host).age, 0) == 4 * 3600


class TestIdle:
    zero, busy = Known(0, "nvml"), Known(40, "nvml")

    @pytest.mark.parametrize(("cpu", "age", "said"), [(10.0, 3600, True), (3600.0, 3600, None), (0.0, 60, None)])
    def test_at_zero_percent(self, cpu: float, age: int, said: object) -> None:
        assert value_or(idle(self.zero, Known(cpu, "stat"), Known(age, "stat")), None) is said

    def test_at_work(self) -> None:
        assert idle(self.busy, Known(0.0, "stat"), Known(9999, "stat")) == Known(False, "nvml")

    def test_not_told(self) -> None:
        unseen = Unknown("denied", "", "")
        assert idle(unseen, Known(0.0, "stat"), Known(9999, "stat")) == unseen
        assert isinstance(idle(self.zero, unseen, unseen), Unknown)


class TestUnexplained:
    def of(self, **fields: object) -> object:
        return value_or(look(machine(gpu(0, **fields)), target()).cards, ())[0].unexplained  # type: ignore[arg-type]

    def test_memory_of_nobody(self) -> None:
        assert self.of(used=20 * GIB) == Known(20 * GIB, "nvml")

    def test_a_share_that_the_driver_does_not_tell(self) -> None:
        processes = field([{"pid": 50, "memory": None, "gpu_instance": None}])
        assert isinstance(self.of(used=20 * GIB, compute_processes=processes), Unknown)

    def test_mps(self) -> None:
        processes = field([{"pid": 50, "memory": 1, "gpu_instance": None}])
        assert isinstance(self.of(used=20 * GIB, mps_processes=processes), Unknown)

    def test_a_list_that_is_refused(self) -> None:
        assert isinstance(self.of(used=20 * GIB, compute_processes={"error": "NO_PERMISSION"}), Unknown)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0::/user.slice/user-1000.slice/session-c7.scope\n", Place(session="c7", uid="1000")),
        ("5:freezer:/slurm_n1/uid_0/job_17/step_batch\n0::/\n", Place(slurm_job="17", slurm_step="batch")),
        (f"0::/system.slice/docker-{'0a1b2c3d4e5f' + 'a' * 52}.scope\n", boxed("docker", "0a1b2c3d4e5f")),
        (f"1:name=systemd:/docker/{'0a1b2c3d4e5f' + 'a' * 52}\n", boxed("docker", "0a1b2c3d4e5f")),
        (
            f"0::/kubepods.slice/kubepods-pod{UID.replace('-', '_')}.slice/cri-containerd-{'b' * 64}.scope\n",
            boxed("containerd", "b" * 12, pod=UID),
        ),
        (f"0::/kubepods/burstable/pod{UID}/{'c' * 64}\n", boxed("containerd", "c" * 12, pod=UID)),
        (
            f"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{'d' * 64}.scope\n",
            boxed("podman", "d" * 12, uid="1000"),
        ),
        ("0::/lxc.payload.web/init.scope\n", boxed("lxc", "web")),
        ("0::/system.slice/cron.service\n", Place(unit="cron.service")),
        ("0::/system.slice/slurmd.service\n", Place()),
        ("", Place()),
        ("0::/job_x/step_/docker-12.scope\n", Place()),
    ],
)
def test_places(text: str, said: Place) -> None:
    assert place_of(text) == said


def test_times_and_terminals() -> None:
    assert epoch("2026-11-24T08:00:00Z") == AT
    assert [epoch(text) for text in ("", "yesterday", "2026-13-01T00:00:00Z")] == [None, None, None]
    assert [terminal(number) for number in (0, 136 << 8 | 3, 137 << 8, 4 << 8 | 1)] == ["", "pts/3", "pts/256", "tty1"]
