"""A stage: a machine in name spaces of its own, on which an environment is built and then recorded as its user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence

from tests import fakenvml

REPOSITORY = Path(__file__).resolve().parent.parent.parent
#: Given to every machine before it is recorded: none of it may be in the recording (tests/test_machines.py looks).
USER, OTHER, HOST = "ksorensen", "mtakahashi", "kestrel07"
SECRETS = {
    "HF_TOKEN": "hf_CanaryCanaryCanaryCanary00",
    "WANDB_API_KEY": "canary5f0e1d2c3b4a59687f0e1d2c3b4a5968",
    "MYSQL_PASSWORD": "canary-Pa55word",
    "GIT_AUTHOR_EMAIL": f"{USER}@cs.uni-canary.org",
}
INDEX = f"https://{USER}:canary-t0ken@pypi.example.org/simple"
PROXY = f"http://{USER}:canary-pr0xy@proxy.example.org:3128"
CANARIES = (USER, OTHER, HOST, "canary")

LIBRARIES = "/usr/lib/x86_64-linux-gnu"
UID, OTHER_UID = 1003, 1007
GB = 1 << 30
HIDDEN = ("opt", "root", "tmp", "run", "work", "farm", "srv", "media", "mnt", "old_root", "usr/local", "sys", "home")


@dataclass
class Shell:
    """What the user has in hand when `envdoctor record` is typed, and what is answered by hand (inside.Changed)."""

    path: Sequence[str]  # of PATH, before the system's folders
    variables: Dict[str, str] = field(default_factory=dict)
    cwd: str = ""  # relative to home
    python: Optional[str] = None
    env: Optional[str] = None
    patience: float = 10.0
    changes: Dict[str, Any] = field(default_factory=dict)


class Stage:
    """`root` is the folder that will be the machine's /; `parts` holds what cannot be made here."""

    def __init__(self, work: Path, parts: Path, lower: Path = Path("/")) -> None:
        self.work, self.parts = work, parts
        self.root = work / "root"
        self.nvml = ""
        self.cuda = ""
        self._sleepers: List[subprocess.Popen[bytes]] = []
        for name in ("root", "upper", "overlay", "input"):
            (work / name).mkdir()
        options = f"lowerdir={lower},upperdir={work / 'upper'},workdir={work / 'overlay'}"
        mount("-t", "overlay", "overlay", "-o", options, str(self.root))
        mount("-t", "proc", "proc", str(self.root / "proc"))
        for name in HIDDEN:
            if (self.root / name).is_dir():
                mount("-t", "tmpfs", "-o", "mode=755", "none", str(self.root / name))
        (self.root / "tmp").chmod(0o1777)
        for name in (".dockerenv", "etc/pip.conf", "etc/ld.so.conf.d/zz-cuda-13-0.conf", "etc/xdg/pip"):
            remove(self.root / name)
        for folder in ("usr/local/bin", "usr/local/lib", "home", "opt", "sys/module", "sys/bus/pci/devices", "root"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        self._devices()
        for name, uid in ((USER, UID), (OTHER, OTHER_UID)):
            with (self.root / "etc/passwd").open("a") as file:
                file.write(f"{name}:x:{uid}:{uid}::/home/{name}:/bin/bash\n")
            (self.root / "home" / name).mkdir(mode=0o750)
            os.chown(self.root / "home" / name, uid, uid)
        self.home = self.root / "home" / USER
        self.user_home = f"/home/{USER}"
        run(["hostname", HOST])
        self.at("/proc/sys/kernel/ns_last_pid").write_text("24170")
        self.write("/etc/hostname", HOST + "\n")

    def _devices(self) -> None:
        dev = self.root / "dev"
        mount("-t", "tmpfs", "-o", "mode=755", "none", str(dev))
        for name, minor in (("null", 3), ("zero", 5), ("random", 8), ("urandom", 9)):
            self.device(f"/dev/{name}", minor)
        os.symlink("/proc/self/fd", dev / "fd")
        (dev / "shm").mkdir()
        mount("-t", "tmpfs", "-o", "mode=1777", "none", str(dev / "shm"))
        table = self.root / "dev" / ".pci"
        table.write_text("")
        mount("--bind", str(table), str(self.root / "proc/bus/pci/devices"))

    def at(self, path: str) -> Path:
        """Where a path of the machine lies from outside; ~ is the user's home."""
        return self.root / path.replace("~", f"/home/{USER}", 1).lstrip("/")

    def write(self, path: str, text: str) -> None:
        """A file of the machine's; below ~ it belongs to the user."""
        file = self.at(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def device(self, path: str, minor: int = 3) -> None:
        os.mknod(self.at(path), 0o666 | 0o020000, os.makedev(1, minor))
        self.at(path).chmod(0o666)

    def bind(self, source: Path, path: str) -> None:
        """Show a folder of the real machine at this path, until the end of the recording."""
        self.at(path).mkdir(parents=True, exist_ok=True)
        mount("--bind", str(source), str(self.at(path)))

    def overlay(self, source: Path, path: str) -> Path:
        """As `bind`, and what is changed there stays on the stage."""
        target = self.at(path)
        target.mkdir(parents=True, exist_ok=True)
        name = path.strip("/~").replace("/", "-")
        upper, work = self.work / "upper.d" / name, self.work / "work.d" / name
        upper.mkdir(parents=True)
        work.mkdir(parents=True)
        mount("-t", "overlay", "overlay", "-o", f"lowerdir={source},upperdir={upper},workdir={work}", str(target))
        return target

    def run(self, *argv: str, user: bool = True, environ: Optional[Mapping[str, str]] = None) -> None:
        """A command on the machine, as the user."""
        own = {"HOME": f"/home/{USER}", "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **(environ or {})}
        run([*self.start(UID if user else 0), *argv], own)

    def start(self, uid: int, cwd: str = "/") -> List[str]:
        become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"] if uid else []
        return ["/usr/sbin/chroot", str(self.root), *become, "env", "-C", cwd]

    def own(self, *paths: str) -> None:
        """Give files of the machine to its user."""
        for path in paths:
            os.chown(self.at(path), UID, UID, follow_symlinks=False)

    def process(self, uid: int = OTHER_UID, name: str = "python") -> int:
        """A process of that user, called so; its number on the machine."""
        program = self.at(f"/opt/bin/{name}")
        program.parent.mkdir(exist_ok=True)
        if not program.exists():
            shutil.copy(self.root / "bin" / "sleep", program)
        self._sleepers.append(subprocess.Popen([*self.start(uid), f"/opt/bin/{name}", "3600"]))
        return self._sleepers[-1].pid

    def pyenv(self, version: str) -> str:
        """An interpreter of the real machine's pyenv, as one of the user's; returns its path."""
        real = Path(os.environ.get("PYENV_ROOT", str(Path("~/.pyenv").expanduser()))) / "versions" / version
        minor = ".".join(version.split(".")[:2])
        folder = f"~/.pyenv/versions/{version}"
        program = self.overlay(real, folder) / "bin" / f"python{minor}"
        program = program.parent / os.readlink(program) if program.is_symlink() else program
        _moved(program, real)
        for script in program.parent.iterdir():
            if script.is_file() and not script.is_symlink() and script.read_bytes().startswith(b"#!" + bytes(real)):
                content = script.read_bytes().replace(bytes(real), folder.replace("~", self.user_home).encode())
                script.write_bytes(content)
        self.own(f"{folder}/lib/python{minor}/site-packages")
        return f"/home/{USER}/.pyenv/versions/{version}/bin/python{minor}"

    def venv(self, path: str, python: str, *options: str) -> str:
        """A virtual environment made by that interpreter; returns its own interpreter."""
        folder = path.replace("~", f"/home/{USER}", 1)
        self.run(python.replace("~", f"/home/{USER}", 1), "-m", "venv", *options, folder)
        return f"{folder}/bin/python"

    def install(self, python: str, *wheels: Path, options: Sequence[str] = (), user: bool = True) -> None:
        """Install wheels with the machine's own pip, from these files alone."""
        folder = self.root / "tmp" / "wheels"
        folder.mkdir(exist_ok=True)
        for wheel in wheels:
            shutil.copy(wheel, folder)
        quiet = ["-q", "--no-index", "--no-deps", "--no-cache-dir", "--disable-pip-version-check"]
        files = [f"/tmp/wheels/{wheel.name}" for wheel in wheels]
        self.run(python, "-m", "pip", "install", *quiet, *options, *files, user=user)
        shutil.rmtree(folder)

    def conda(self, path: str, channel: str, specs: Sequence[str], cuda: Optional[str] = None) -> str:
        """A real conda prefix; its packages' records name the real channel instead of the stand-in."""
        from tests.envs.conda import MINOR, prefix

        mount("--bind", str(self.root / "home"), "/home")
        try:
            python = prefix(Path(path.replace("~", f"/home/{USER}", 1)), channel, list(specs), cuda)
        finally:
            run(["umount", "/home"])
        for record in (self.at(path) / "conda-meta").glob("*.json"):
            record.write_text(record.read_text().replace(channel.rstrip("/"), REAL_CHANNEL))
        base = Path(sys.base_prefix)
        library = base / "lib" / f"libpython{MINOR}.so.1.0"
        if library.exists():
            shutil.copy(library, self.at(path) / "lib")
            _moved(self.at(path) / "bin" / f"python{MINOR}", base)
        run(["chown", "-R", f"{UID}:{UID}", str(self.at(path))])
        return str(python)

    def driver(self, version: str, cuda: str, module: Optional[str] = None, folder: str = LIBRARIES) -> None:
        """The driver's user-space libraries and kernel module (None: of the same version; "": not loaded)."""
        loaded = version if module is None else module
        if loaded:
            self.write("/sys/module/nvidia/version", loaded + "\n")
            for name in ("nvidiactl", "nvidia-uvm"):
                self.device(f"/dev/{name}")
        for name, source in (("libnvidia-ml.so", "fakenvml.c"), ("libcuda.so", "fakecuda.c")):
            self.at(folder).mkdir(parents=True, exist_ok=True)
            # WSL's are called libcuda.so.1.1 and so on
            library = self.at(f"{folder}/{name}.{version if folder == LIBRARIES else '1.1'}")
            self._library(fakenvml.HERE / source, library, f"{name}.1")
            os.symlink(library.name, library.parent / f"{name}.1")
        run(["chroot", str(self.root), "ldconfig"])
        self.cuda = cuda
        self.nvml = f"driver = {version}\nnvml = {cuda.split('.')[0]}.{version}\ncuda = {cuda}\n"

    def _library(self, source: Path, library: Path, soname: str) -> None:
        """Compiled for any glibc: before 2.33 there was no `stat`, and its forerunner __xstat is there to this day."""
        built, shim = self.work / "input" / "library.o", self.work / "input" / "shim.c"
        shim.write_text(SHIM)
        run(["gcc", "-c", "-fPIC", "-O1", "-o", str(built), str(source)])
        run(["objcopy", "--redefine-sym", "stat=stat_by_xstat", str(built)])
        shared = ["gcc", "-shared", "-fPIC", f"-Wl,-soname,{soname}", "-o", str(library)]
        run([*shared, str(built), str(shim), "-lpthread"])

    def cards(self, device: str, first: int = 0x17, count: int = 1, bound: bool = True, width: int = 16) -> List[str]:
        """GPUs on the PCI bus, eight bus numbers apart, with their device files; returns their addresses."""
        addresses = []
        for number in range(count):
            bus = first + 8 * number
            address = f"0000:{bus:02x}:00.0"
            folder = f"/sys/bus/pci/devices/{address}"
            name = "DRIVER=nvidia\n" if bound else ""
            self.write(f"{folder}/uevent", f"{name}PCI_CLASS=30200\nPCI_ID=10DE:{device.upper()}\n")
            for key, value in (("width", str(width)), ("speed", "16.0 GT/s PCIe")):
                self.write(f"{folder}/current_link_{key}", value + "\n")
                self.write(f"{folder}/max_link_{key}", value + "\n")
            with (self.root / "proc/bus/pci/devices").open("a") as table:
                table.write(f"{bus:02x}00\t10de{device.lower()}\t{100 + number:x}\n")
            if bound:
                self.device(f"/dev/nvidia{number}")
            addresses.append(address)
        return addresses

    def record(self, shell: Shell, folder: Path) -> None:
        """Record the machine as its user sees it, into `folder`."""
        code, site = self.root / "opt/envdoctor/code", self.root / "opt/envdoctor/site"
        shutil.copytree(REPOSITORY / "envdoctor", code / "envdoctor", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(Path(__file__).parent / "inside.py", code)
        self._dependencies(site)
        environ = {
            "HOME": f"/home/{USER}",
            "USER": USER,
            "LOGNAME": USER,
            "SHELL": "/bin/bash",
            "LANG": "en_US.UTF-8",
            "PATH": ":".join([*(one.replace("~", f"/home/{USER}", 1) for one in shell.path), *SYSTEM_PATH]),
            **SECRETS,
            **{name: value.replace("~", f"/home/{USER}", 1) for name, value in shell.variables.items()},
        }
        if self.nvml:
            self.write("/opt/envdoctor/nvml.conf", self.nvml)
            major, minor = self.cuda.split(".")
            environ.update(FAKENVML="/opt/envdoctor/nvml.conf", FAKECUDA=str(int(major) * 1000 + int(minor) * 10))
        cwd = f"/home/{USER}/{shell.cwd}".rstrip("/")
        self.at(cwd).mkdir(parents=True, exist_ok=True)
        request = {"python": shell.python, "env": shell.env, "patience": shell.patience}
        specification = {
            "code": ["/opt/envdoctor/code", "/opt/envdoctor/site"],
            "environ": environ,
            "request": {key: value and value_in_home(value) for key, value in request.items()},
            "changes": _with_defaults(shell.changes),
        }
        self.write("/opt/envdoctor/specification.json", json.dumps(specification))
        out = self.root / "tmp" / "recording"
        for path in [self.home, *self.home.glob(".*"), *self.home.glob("*")]:
            if path.name != ".pyenv":
                os.chown(path, UID, UID, follow_symlinks=False)
        os.chown(self.at(cwd), UID, UID)
        asked = ["/usr/bin/python3", "-I", "/opt/envdoctor/code/inside.py", "/opt/envdoctor/specification.json"]
        run([*self.start(UID, cwd), *asked, "/tmp/recording"], {"PATH": "/usr/bin:/bin"})
        for name in ("files", "answers.json"):
            remove(folder / name)
        folder.mkdir(exist_ok=True)
        shutil.copytree(out / "files", folder / "files")
        shutil.copy(out / "answers.json", folder)
        for sleeper in self._sleepers:
            sleeper.terminate()
            sleeper.wait()

    def _dependencies(self, site: Path) -> None:
        """What envdoctor needs: from the root's own wheels where it has some, else as this Python has it."""
        if (self.root / "wheels").is_dir():
            for wheel in (self.root / "wheels").iterdir():
                if wheel.name.startswith(NEEDED):
                    with zipfile.ZipFile(wheel) as archive:
                        archive.extractall(site)
            return
        own = next(Path(entry) for entry in sys.path if entry.endswith("site-packages"))
        site.mkdir(parents=True)
        for module in MODULES:
            found = own / module
            if found.is_dir():
                shutil.copytree(found, site / module, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(found, site)


SHIM = """
int __xstat(int version, const char *path, void *to);
int stat_by_xstat(const char *path, void *to) { return __xstat(1, path, to); }
"""
REAL_CHANNEL = "https://conda.anaconda.org/pytorch"
SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin")
NEEDED = ("packaging", "nvidia_ml_py", "pyyaml", "tomli")
MODULES = ("packaging", "yaml", "pynvml.py")


def _moved(program: Path, built_for: Path) -> None:
    """Make an interpreter find its library beside it instead of where it was built for."""
    named, found = f"{built_for}/lib\0".encode(), b"$ORIGIN/../lib\0"
    content = program.read_bytes()
    assert content.count(named) == 1, program
    program.unlink()  # it may be a link to a package cache's
    program.write_bytes(content.replace(named, found.ljust(len(named), b"\0")))
    program.chmod(0o755)


def value_in_home(value: Any) -> Any:
    return value.replace("~", f"/home/{USER}", 1) if isinstance(value, str) else value


def server(gigabytes: int = 252, cpus: int = 64, kernel: str = "6.1.0-37-amd64", home: str = "") -> Dict[str, Any]:
    """Changes that make the sandbox a server: memory, CPUs, kernel, mounts, disks. `home`: NFS server of /home."""
    mounts = [
        "22 27 0:21 / /sys rw,nosuid,nodev,noexec,relatime - sysfs sysfs rw",
        "23 27 0:22 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw",
        "24 27 0:5 / /dev rw,nosuid,relatime - devtmpfs udev rw,mode=755",
        "26 27 0:24 / /run rw,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw,mode=755",
        "27 1 259:2 / / rw,relatime - ext4 /dev/nvme0n1p2 rw,errors=remount-ro",
        "29 24 0:25 / /dev/shm rw,nosuid,nodev - tmpfs tmpfs rw",
        "31 22 0:27 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime - cgroup2 cgroup2 rw",
    ]
    if home:
        mounts.append(f"60 27 0:51 / /home rw,relatime - nfs4 {home}:/export/home rw,vers=4.2,hard")
    return {
        "kernel": kernel,
        "cpus": cpus,
        "points": {"/proc/self/ns/pid": "pid:[4026531836]"},
        "limits": [["open-files", 1048576, 1048576], ["locked-memory", -1, -1], ["processes", 1030000, 1030000]],
        "disks": [
            ["/dev/shm", gigabytes * GB // 2, gigabytes * GB // 2],
            ["/home", 8000 * GB, 2100 * GB] if home else ["/home", 1800 * GB, 640 * GB],
            ["/", 1800 * GB, 640 * GB],
        ],
        "reads": {
            "/proc/self/mountinfo": "\n".join(mounts) + "\n",
            "/proc/self/cgroup": f"0::/user.slice/user-{UID}.slice/session-42.scope\n",
            "/proc/1/cgroup": "0::/init.scope\n",
            "/proc/version": f"Linux version {kernel} (gcc-12 (Debian 12.2.0-14) 12.2.0) #1 SMP PREEMPT_DYNAMIC\n",
            "/proc/meminfo": f"MemTotal: {gigabytes * GB >> 10} kB\nMemAvailable: {gigabytes * GB * 7 // 8 >> 10} kB\n",
        },
    }


def _with_defaults(changes: Mapping[str, Any]) -> Dict[str, Any]:
    """`changes` over those of a plain server; texts of files are added to its."""
    base = server()
    return {**base, **changes, "reads": {**base["reads"], **changes.get("reads", {})}}


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()


def mount(*argv: str) -> None:
    run(["mount", *argv])


def run(argv: Sequence[str], environ: Optional[Mapping[str, str]] = None) -> None:
    done = subprocess.run(argv, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stdout.decode('utf-8', 'replace')[-3000:]}")
