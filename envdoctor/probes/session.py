"""The session that a job would run in: operating system, container, scheduler, limits, variables."""

from __future__ import annotations

import re
from typing import List

from ..facts import Limit, SessionFacts
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown, mapped
from ..target import Target
from . import _cgroup, _shell, _variables

OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
LOADERS = {
    "x86_64": ("/lib64/ld-linux-x86-64.so.2",),
    "aarch64": ("/lib/ld-linux-aarch64.so.1",),
    "ppc64le": ("/lib64/ld64.so.2",),
}


def look(host: Host, target: Target) -> SessionFacts:
    who = host.identity()
    quota, memory_limit = _cgroup.limits(host)
    shm = host.disk("/dev/shm")
    return SessionFacts(
        os=Known(who.system, "uname"),
        distro=distro(host),
        kernel=Known(who.kernel, "uname"),
        machine=Known(who.machine, "uname"),
        libc=libc(host, who.machine),
        container=container(host),
        wsl=wsl(host, who.kernel),
        slurm_job=_variable(host, "SLURM_JOB_ID"),
        user=Known(who.user, "uid"),
        is_root=Known(who.uid == 0, "uid"),
        cwd=Known(host.cwd, "cwd"),
        cpus=host.cpus(),
        cpu_quota=quota,
        memory_total=_meminfo(host, "MemTotal"),
        memory_available=_meminfo(host, "MemAvailable"),
        memory_limit=memory_limit,
        shm_total=mapped(shm, lambda disk: disk.total),
        shm_free=mapped(shm, lambda disk: disk.free),
        limits=Known(tuple(Limit(*limit) for limit in host.limits()), "getrlimit"),
        variables=Known(_variables.matter(host.environ), "environment"),
        shell_levels=mapped(_variable(host, "CONDA_SHLVL"), int),
        conda_initialised=_shell.conda_initialised(host),
    )


def _variable(host: Host, name: str) -> Reading[str]:
    value = host.environ.get(name, "")
    return Known(value, name) if value else Absent((name,))


def distro(host: Host) -> Reading[str]:
    """Name and version as os-release says. Read here, not by the `distro` package: that opens the files itself, so it
    could not be replayed from a recorded machine, and one file of NAME=value lines is all that is asked of it."""
    for path in OS_RELEASE:
        reading = host.read(path, 1 << 16)
        if not isinstance(reading, Absent):
            return mapped(reading, _distro)
    return mapped(host.read("/etc/redhat-release", 1 << 12), lambda text: text.strip().replace("release ", ""))


def _distro(text: str) -> str:
    fields = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
            fields[name] = re.sub(r"\\(.)", r"\1", value[1:-1] if quoted else value)
    found = f"{fields.get('NAME', '')} {fields.get('VERSION_ID', '')}".strip()
    if not found:
        raise ValueError("no NAME in it")
    return found


def libc(host: Host, machine: str) -> Reading[str]:
    """The system's C library by its loader: a tenth of libc.so.6, at a place that programs have built in.

    Up to glibc 2.33 the file's own name tells the version (ld-2.31.so), from 2.33 on the loader says it itself.
    """
    looked: List[str] = []
    for loader in LOADERS.get(machine, ()):
        real = host.realpath(loader)
        if isinstance(real, Unknown):
            return real
        looked.append(loader)
        if isinstance(real, Known):
            named = re.search(r"/ld-(\d+\.\d+)(?:\.\d+)*\.so$", real.value)
            if named:
                return Known(f"glibc {named.group(1)}", real.value)
            said = host.search(loader, r"ld\.so \([ -~]*? version \d+\.\d+", 1)
            if isinstance(said, Known) and said.value:
                return Known("glibc " + said.value[0].rpartition(" ")[2], loader)
    path = f"/lib/ld-musl-{machine}.so.1"
    found = host.search(path, r"\x00[01]\.\d{1,2}\.\d{1,2}\x00", 1)
    if isinstance(found, Known):
        return Known("musl " + found.value[0].strip("\0") if found.value else "musl", path)
    return found if isinstance(found, Unknown) else Absent((*looked, path))


def container(host: Host) -> Reading[str]:
    """The kind of container that this is. The inner sign first: a Singularity image may carry a /.dockerenv."""
    environ = host.environ
    for name in ("APPTAINER_NAME", "APPTAINER_CONTAINER", "SINGULARITY_NAME", "SINGULARITY_CONTAINER"):
        if environ.get(name):
            return Known("singularity", name)
    if environ.get("KUBERNETES_SERVICE_HOST"):
        return Known("kubernetes", "KUBERNETES_SERVICE_HOST")
    for path, kind in (("/run/.containerenv", "podman"), ("/.dockerenv", "docker")):
        if isinstance(host.stat(path), Known):
            return Known(kind, path)
    if environ.get("container"):
        return Known(environ["container"], "container")
    said = host.read("/run/systemd/container", 256)
    if isinstance(said, Known) and said.value.strip():
        return Known(said.value.strip(), said.source)
    groups = host.read("/proc/1/cgroup")
    if isinstance(groups, Known):
        for sign, kind in (("kubepods", "kubernetes"), ("docker", "docker"), ("libpod", "podman"), ("/lxc", "lxc")):
            if sign in groups.value:
                return Known(kind, groups.source)
    return Absent(
        ("container variables", "/run/.containerenv", "/.dockerenv", "/run/systemd/container", "/proc/1/cgroup")
    )


def wsl(host: Host, kernel: str) -> Reading[str]:
    """ "1" or "2": WSL1 has no Linux kernel and says -Microsoft, WSL2's own is named microsoft-standard."""
    version = host.read("/proc/version", 4096)
    text = f"{kernel} {version.value}" if isinstance(version, Known) else kernel
    if "microsoft" not in text.lower():
        # a kernel of one's own says nothing; WSL's interoperability socket does
        return (
            Known("2", "WSL_INTEROP") if host.environ.get("WSL_INTEROP") else Absent(("/proc/version", "WSL_INTEROP"))
        )
    return Known("1" if "-Microsoft" in text and "WSL2" not in text else "2", "/proc/version")


def _meminfo(host: Host, name: str) -> Reading[int]:
    def pick(text: str) -> int:
        found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
        if not found:
            raise ValueError(f"no {name} in it")
        return int(found.group(1)) * 1024

    return mapped(host.read("/proc/meminfo", 1 << 16), pick)
