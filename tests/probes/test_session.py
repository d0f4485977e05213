"""The session probe: what kind of system, container and scheduler this is, and what it allows."""

from __future__ import annotations

import os
import platform
from typing import Any, Dict

import pytest

from envdoctor.facts import Limit, SessionFacts
from envdoctor.host import Disk, LocalHost
from envdoctor.probes import _shell, _variables, session
from envdoctor.reading import Absent, Known, Reading, Unknown
from envdoctor.target import Request, Target
from tests.fakes import FakeHost


def look(host: Any) -> SessionFacts:
    return session.look(host, Target(Absent(), Absent(), (), Request()))


@pytest.mark.parametrize(
    "text, name",
    [
        ('PRETTY_NAME="Ubuntu 22.04.4 LTS"\nNAME="Ubuntu"\nVERSION_ID="22.04"\n', "Ubuntu 22.04"),
        ("NAME='CentOS Linux'\nVERSION_ID=\"7\"\n", "CentOS Linux 7"),
        ('NAME="Arch Linux"\nBUILD_ID=rolling\n', "Arch Linux"),
        ('# NAME=no\nNAME="A \\"quoted\\" \\$name"\n', 'A "quoted" $name'),
    ],
)
def test_distribution(text: str, name: str) -> None:
    assert look(FakeHost(files={"/etc/os-release": text})).distro == Known(name, "/etc/os-release")


def test_distribution_of_an_old_system_of_a_broken_file_and_of_none() -> None:
    old = look(FakeHost(files={"/etc/redhat-release": "CentOS release 6.10 (Final)\n"})).distro
    assert old == Known("CentOS 6.10 (Final)", "/etc/redhat-release")
    assert isinstance(look(FakeHost(files={"/etc/os-release": "\x00\udcff"})).distro, Unknown)
    assert isinstance(look(FakeHost()).distro, Absent)


LOADER = "/lib64/ld-linux-x86-64.so.2"
SAYS = b"\x7fELF\0ld.so (Ubuntu GLIBC 2.35-0ubuntu3.8) stable release version 2.35.\nCopyright\0"
MUSL = "/lib/ld-musl-x86_64.so.1"


def test_libc() -> None:
    assert look(FakeHost(files={LOADER: SAYS})).libc == Known("glibc 2.35", LOADER)
    old = FakeHost(
        files={"/lib/x86_64-linux-gnu/ld-2.31.so": "ELF"}, links={LOADER: "/lib/x86_64-linux-gnu/ld-2.31.so"}
    )
    assert look(old).libc == Known("glibc 2.31", "/lib/x86_64-linux-gnu/ld-2.31.so")
    assert look(FakeHost(files={MUSL: b"\x7fELF\0" + b"1.2.4\0Versions\0"})).libc == Known("musl 1.2.4", MUSL)
    assert look(FakeHost(files={MUSL: b"\x001.2.4\0", LOADER: SAYS})).libc == Known("glibc 2.35", LOADER)
    assert isinstance(look(FakeHost(files={LOADER: "stub"})).libc, Absent)
    assert isinstance(look(FakeHost(files={LOADER: SAYS}, denied={LOADER})).libc, Unknown)


@pytest.mark.parametrize(
    "machine, kind",
    [
        ({"environ": {"APPTAINER_NAME": "torch.sif"}, "files": {"/.dockerenv": ""}}, "singularity"),
        ({"environ": {"SINGULARITY_CONTAINER": "/x.sif"}}, "singularity"),
        ({"environ": {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "files": {"/.dockerenv": ""}}, "kubernetes"),
        ({"files": {"/run/.containerenv": ""}}, "podman"),
        ({"files": {"/.dockerenv": ""}}, "docker"),
        ({"environ": {"container": "lxc"}}, "lxc"),
        ({"files": {"/run/systemd/container": "systemd-nspawn\n"}}, "systemd-nspawn"),
        ({"files": {"/proc/1/cgroup": "12:memory:/docker/0123456789\n"}}, "docker"),
        ({"files": {"/proc/1/cgroup": "0::/kubepods.slice/x\n"}}, "kubernetes"),
    ],
)
def test_kinds_of_containers(machine: Dict[str, Any], kind: str) -> None:
    reading = look(FakeHost(**machine)).container
    assert isinstance(reading, Known) and reading.value == kind


def test_no_container() -> None:
    assert isinstance(look(FakeHost(files={"/proc/1/cgroup": "0::/init.scope\n"})).container, Absent)


@pytest.mark.parametrize(
    "version, environ, wsl",
    [
        ("Linux version 5.15.167.4-microsoft-standard-WSL2 (root@x) (gcc)", {}, "2"),
        ("Linux version 4.4.0-19041-Microsoft (Microsoft@Microsoft.com)", {}, "1"),
        ("Linux version 6.6.0-custom (me@here)", {"WSL_INTEROP": "/run/WSL/8_interop"}, "2"),
        ("Linux version 5.15.0-91-generic (buildd@x)", {}, None),
    ],
)
def test_wsl(version: str, environ: Dict[str, str], wsl: Any) -> None:
    reading = look(FakeHost(files={"/proc/version": version}, environ=environ)).wsl
    assert (reading.value if isinstance(reading, Known) else None) == wsl


def test_memory_shared_memory_limits_and_job() -> None:
    host = FakeHost(
        files={"/proc/meminfo": "MemTotal:       131072 kB\nMemFree:  1 kB\nMemAvailable:   65536 kB\n"},
        dirs={"/dev/shm"},
        disks={"/dev/shm": Disk(64 << 20, 60 << 20, 0, 0)},
        environ={"SLURM_JOB_ID": "4711", "CONDA_SHLVL": "2"},
    )
    facts = look(host)
    assert facts.memory_total == Known(128 << 20, "/proc/meminfo")
    assert facts.memory_available == Known(64 << 20, "/proc/meminfo")
    assert (facts.shm_total, facts.shm_free) == (Known(64 << 20, "/dev/shm"), Known(60 << 20, "/dev/shm"))
    assert facts.slurm_job == Known("4711", "SLURM_JOB_ID")
    assert facts.shell_levels == Known(2, "CONDA_SHLVL")
    assert facts.limits == Known((Limit("open-files", 1024, 1048576),), "getrlimit")
    assert isinstance(look(FakeHost(environ={"CONDA_SHLVL": "x"})).shell_levels, Unknown)


def test_a_machine_without_proc_still_answers() -> None:
    facts = look(FakeHost())
    for reading in (facts.memory_total, facts.shm_total, facts.cpu_quota, facts.memory_limit, facts.shell_levels):
        assert isinstance(reading, Absent), reading


def test_variables_that_matter_with_their_secrets_gone() -> None:
    environ = {
        "PATH": "/usr/bin",
        "CUDA_VISIBLE_DEVICES": "",
        "PIP_INDEX_URL": "https://ana:s3cret@pypi.lab/simple",
        "UV_PUBLISH_TOKEN": "pypi-abc",
        "UV_INDEX_LAB_PASSWORD": "s3cret",
        "PYTHONPATH": "/x",
        "EDITOR": "vi",
        "AWS_SECRET_ACCESS_KEY": "s3cret",
        "http_proxy": "http://u:s3cret@proxy:3128",
    }
    told = dict(_variables.matter(environ))
    assert list(told) == sorted(told)
    assert told["PATH"] == "/usr/bin" and told["CUDA_VISIBLE_DEVICES"] == ""
    assert told["PIP_INDEX_URL"] == "https://pypi.lab/simple"
    assert told["UV_PUBLISH_TOKEN"] == told["UV_INDEX_LAB_PASSWORD"] == "***"
    assert not {"EDITOR", "AWS_SECRET_ACCESS_KEY", "http_proxy"} & set(told)
    assert "s3cret" not in repr(told)


BLOCK = "# >>> conda initialize >>>\n# !! Contents within this block are managed by 'conda init' !!\n"


@pytest.mark.parametrize(
    "text",
    [
        f"alias l=ls\n{BLOCK}",
        "# >>> mamba initialize >>>\n",
        ". /opt/conda/etc/profile.d/conda.sh\n",
        'source "$HOME/miniconda3/etc/profile.d/conda.sh"\n',
        'eval "$(/opt/conda/bin/conda shell.bash hook)"\n',
        'eval "$(micromamba shell hook --shell bash)"\n',
        '__mamba_setup="$("$MAMBA_EXE" shell hook)"\n# >>> micromamba initialize >>>\n',
    ],
)
def test_a_start_up_file_that_sets_up_conda(text: str) -> None:
    assert _shell.conda_initialised(FakeHost(files={"/home/ana/.zshrc": text})) == Known(
        "/home/ana/.zshrc", "/home/ana/.zshrc"
    )


@pytest.mark.parametrize(
    "text",
    ["", "export PATH=/opt/conda/bin:$PATH\n", "# . /opt/conda/etc/profile.d/conda.sh\n", "conda activate yolo\n"],
)
def test_one_that_does_not(text: str) -> None:
    assert isinstance(_shell.conda_initialised(FakeHost(files={"/home/ana/.bashrc": text})), Absent)


def test_conda_for_all_users_and_a_closed_file() -> None:
    profile = "/etc/profile.d/conda.sh"
    assert _shell.conda_initialised(FakeHost(files={profile: "export X=1\n"})) == Known(profile, profile)
    closed = FakeHost(files={"/home/ana/.bashrc": BLOCK}, denied={"/home/ana/.bashrc"})
    reading = _shell.conda_initialised(closed)
    assert isinstance(reading, Unknown) and reading.reason == "denied"


def test_this_machine() -> None:
    facts = look(LocalHost())
    assert facts.kernel == Known(platform.release(), "uname")
    assert facts.machine == Known(platform.machine(), "uname")
    assert facts.is_root == Known(os.geteuid() == 0, "uid")
    if platform.libc_ver()[0] == "glibc":
        assert isinstance(facts.libc, Known) and facts.libc.value == "glibc " + platform.libc_ver()[1]
    total: Reading[int] = facts.memory_total
    assert isinstance(total, Known) and total.value == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert facts.cpus == Known(len(os.sched_getaffinity(0)), "sched_getaffinity")
