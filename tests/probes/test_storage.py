"""The storage probe: which folders, on what file system, with how much room."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Dict, Mapping, Optional

import pytest

from envdoctor.facts import Place
from envdoctor.host import Disk, LocalHost, Output
from envdoctor.probes import _mounts, _quota, storage
from envdoctor.reading import Absent, Known, Reading, Unknown
from envdoctor.target import Request, Target
from tests.fakes import FakeHost

ENV = "/data/envs/yolo"
SITE = f"{ENV}/lib/python3.11/site-packages"
MOUNTS = (
    "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro\n"
    "28 27 0:40 / /home rw,nosuid - nfs4 filer:/home rw,vers=4.2\n"
    "29 27 8:1 / /data rw,relatime - xfs /dev/sda1 rw,usrquota\n"
    "30 27 0:41 / /data/my\\040sets ro - squashfs /dev/loop3 ro\n"
    "31 27 8:2 / /scratch rw - ext4 /dev/sdb1 ro\n"
    "garbage\n"
)


def fake(**more: Any) -> FakeHost:
    host = FakeHost(
        files={"/proc/self/mountinfo": MOUNTS, f"{ENV}/pyvenv.cfg": "", f"{ENV}/bin/python": "ELF"},
        dirs={SITE, "/tmp", "/home/ana/work", "/home/ana/.cache/uv", "/scratch"},
        disks={"/": Disk(100, 40, 1000, 600), "/home": Disk(200, 10, 0, 0), "/data": Disk(300, 200, 50, 5)},
    )
    for name, value in more.items():
        setattr(host, name, value)
    return host


def aim() -> Target:
    def asked() -> Reading[Mapping[str, Any]]:
        return Known({"site": {"purelib": SITE}}, ENV)

    return Target(Known(f"{ENV}/bin/python", "PATH"), Known("PATH", "PATH"), (), Request(), asked)


def places(host: Any, target: Optional[Target] = None) -> Dict[str, Place]:
    found = storage.look(host, target or aim()).places
    assert isinstance(found, Known)
    assert len({place.path for place in found.value}) == len(found.value), "a path twice"
    return {place.role: place for place in found.value}


def test_the_folders_that_matter() -> None:
    found = places(fake())
    assert {role: place.path for role, place in found.items()} == {
        "site-packages": SITE,
        "home": "/home/ana",
        "tmp": "/tmp",
        "pip-cache": "/home/ana/.cache/pip",
        "uv-cache": "/home/ana/.cache/uv",
        "cwd": "/home/ana/work",
    }
    assert next(iter(found)) == "site-packages"
    home, site = found["home"], found["site-packages"]
    assert (home.filesystem, home.network) == (
        Known("nfs4", "/proc/self/mountinfo"),
        Known(True, "/proc/self/mountinfo"),
    )
    assert (home.total, home.free) == (Known(200, "/home/ana"), Known(10, "/home/ana"))
    assert isinstance(home.inodes_free, Absent)
    assert site.mount == Known("/data", "/proc/self/mountinfo") and site.inodes_free == Known(5, SITE)
    assert site.network == Known(False, "/proc/self/mountinfo")


def test_a_folder_that_is_not_there_yet_is_judged_by_the_one_above() -> None:
    cache = places(fake())["pip-cache"]
    assert not cache.exists
    assert cache.free == Known(10, "/home/ana/.cache") and cache.writable == Known(True, "/home/ana/.cache")


def test_variables_and_pip_conf_move_them() -> None:
    host = fake(
        environ={"HOME": "/home/ana", "TMPDIR": "/scratch", "XDG_CACHE_HOME": "/scratch/c", "UV_CACHE_DIR": "/data/uv"}
    )
    host.dirs.add("/data/uv")
    host.files[f"{ENV}/pip.conf"] = "[global]\ncache-dir = /data/pip\n"
    found = places(host)
    assert (found["tmp"].path, found["pip-cache"].path, found["uv-cache"].path) == ("/scratch", "/data/pip", "/data/uv")
    assert found["tmp"].read_only == Known(True, "/proc/self/mountinfo"), (
        "the file system is read-only, the mount is not"
    )


def test_a_tmpdir_that_is_not_there_and_the_one_that_is_taken_instead() -> None:
    found = storage.look(fake(environ={"HOME": "/home/ana", "TMPDIR": "/gone/tmp"}), aim()).places
    assert isinstance(found, Known)
    assert [(place.path, place.exists) for place in found.value if place.role == "tmp"] == [
        ("/gone/tmp", False),
        ("/tmp", True),
    ]


def test_conda_package_caches() -> None:
    host = fake(environ={"HOME": "/home/ana", "CONDA_EXE": "/opt/conda/bin/conda"})
    host.dirs |= {"/opt/conda/condabin", "/opt/conda/pkgs", "/home/ana/.conda/pkgs"}
    found = storage.look(host, aim()).places
    assert isinstance(found, Known)
    caches = [place.path for place in found.value if place.role == "conda-pkgs"]
    assert caches == ["/opt/conda/pkgs", "/home/ana/.conda/pkgs"]
    host.files["/home/ana/.condarc"] = "pkgs_dirs:\n  - ~/pk\n  - /nowhere\n"
    host.dirs.add("/home/ana/pk")
    assert places(host)["conda-pkgs"].path == "/home/ana/pk"


def test_an_interpreter_that_does_not_answer_is_known_by_its_prefix() -> None:
    target = Target(
        Known(f"{ENV}/bin/python", "PATH"), Known("PATH", "PATH"), (), Request(), lambda: Unknown("timeout")
    )
    assert places(fake(), target)["site-packages"].path == SITE
    nothing = Target(Absent(), Absent(), (), Request(), lambda: Absent())
    assert "site-packages" not in places(fake(), nothing)


def test_a_silent_home_is_told_as_such() -> None:
    home = places(fake(stuck={"/home/ana"}))["home"]
    assert not home.exists
    assert isinstance(home.free, Unknown) and home.free.reason == "timeout"
    assert isinstance(home.writable, Unknown) and isinstance(home.quota_free, Unknown)
    assert home.filesystem == Known("nfs4", "/proc/self/mountinfo")


def test_no_table_of_mounts() -> None:
    host = fake()
    del host.files["/proc/self/mountinfo"]
    home = places(host)["home"]
    assert isinstance(home.filesystem, Absent) and home.free == Known(10, "/home/ana")


def test_mounts_with_odd_names_and_the_deepest_of_them() -> None:
    mounts = _mounts.parse_mountinfo(MOUNTS)
    assert len(mounts) == 5
    assert [(mount.point, mount.read_only) for mount in mounts if mount.read_only] == [
        ("/data/my sets", True),
        ("/scratch", True),
    ]

    def point(path: str) -> str:
        mount = _mounts.mount_of(mounts, path)
        return mount.point if mount else ""

    assert [point(path) for path in ("/data/my sets/x", "/data/mine", "/database", "/")] == [
        "/data/my sets",
        "/data",
        "/",
        "/",
    ]
    over = _mounts.parse_mountinfo(MOUNTS + "40 29 0:9 / /data rw - tmpfs none rw\n")
    covering = _mounts.mount_of(over, "/data/x")
    assert covering is not None and covering.filesystem == "tmpfs"


# What quota 4.06 printed for a user over the soft limit.
QUOTA = (
    "Disk quotas for user ana (uid 1000): \n"
    "     Filesystem  blocks   quota   limit   grace   files   quota   limit   grace\n"
    "      /dev/sda1    6001*   5000    8000 1796135433       2       0       0       0\n"
    "      /dev/sdb1     500    2000       0       0       2       0       0       0\n"
    "      /dev/sdc1     500       0       0       0       2       0       0       0\n"
)
COMMAND = ("quota", "--local-only", "--no-wrap", "--raw-grace")


def test_quota_of_a_real_printout() -> None:
    assert _quota.parse(QUOTA) == {"/dev/sda1": (8000 - 6001) * 1024, "/dev/sdb1": 1500 * 1024}
    assert _quota.parse("Disk quotas for user root (uid 0): none\n") == {}


def test_quota_is_asked_only_where_it_is_kept() -> None:
    host = fake(commands={COMMAND: Known(Output(1, QUOTA, ""), "quota")})
    found = places(host)
    assert found["site-packages"].quota_free == Known((8000 - 6001) * 1024, "quota")
    assert isinstance(found["tmp"].quota_free, Absent)
    assert isinstance(found["home"].quota_free, Unknown) and "nfs4" in found["home"].quota_free.detail


@pytest.mark.parametrize(
    "said, kind",
    [
        (Absent(("quota",)), Unknown),
        (Known(Output(1, "", "quota: Cannot open quotafile /data/aquota.user: No such file\n"), "quota"), Unknown),
        (Unknown("timeout", "no end within 1 s", "quota"), Unknown),
        (Known(Output(0, "      /dev/sda1 x y z\n", ""), "quota"), Unknown),
        (Known(Output(0, "Disk quotas for user ana (uid 1000): none\n", ""), "quota"), Absent),
    ],
)
def test_quota_that_cannot_be_told(said: Any, kind: type) -> None:
    assert isinstance(places(fake(commands={COMMAND: said}))["site-packages"].quota_free, kind)


def test_this_machine(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path / "t")}
    (tmp_path / "t").mkdir()
    started = time.monotonic()
    found = places(LocalHost(environ), Target(Absent(), Absent(), (), Request(), lambda: Absent()))
    assert time.monotonic() - started < 2
    tmp, room = found["tmp"], os.statvfs(tmp_path)
    assert tmp.path == str(tmp_path / "t") and tmp.exists
    assert isinstance(tmp.total, Known) and tmp.total.value == room.f_blocks * room.f_frsize
    assert isinstance(tmp.mount, Known) and os.path.ismount(tmp.mount.value)
    assert tmp.writable == Known(True, str(tmp_path / "t"))
    assert not found["pip-cache"].exists
