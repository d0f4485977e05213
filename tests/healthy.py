"""A healthy machine in facts, to change one thing at a time: a venv with torch 2.5.1+cu121, driver 550, an RTX 3090."""

from __future__ import annotations

import dataclasses
from typing import Any

from envdoctor.facts import (
    Claim,
    Command,
    Companion,
    Compiler,
    CompilerFacts,
    Copy,
    DeviceFile,
    Distribution,
    DriverFacts,
    Facts,
    Gpu,
    GpusFacts,
    IndexesFacts,
    InstallsFacts,
    LibrariesFacts,
    Library,
    Limit,
    Module,
    PathEntry,
    PciGpu,
    Place,
    PythonFacts,
    SessionFacts,
    StorageFacts,
    ToolkitFacts,
    TorchFacts,
    VenvFacts,
)
from envdoctor.reading import Absent, Known, Unknown

ENV = "/home/ana/envs/yolo"
SITE = f"{ENV}/lib/python3.11/site-packages"
GIB = 1 << 30


def dist(name: str, version: str, **changes: Any) -> Distribution:
    folder = f"{SITE}/{name.replace('-', '_')}-{version}.dist-info"
    base = Distribution(
        name=name,
        version=version,
        location=SITE,
        metadata=folder,
        installer="pip",
        editable=False,
        direct_url="",
        requires=(),
        requires_python="",
        metadata_readable=True,
        record_entries=100,
        sampled=20,
        missing=(),
    )
    return dataclasses.replace(base, **changes)


def gpu(index: int = 0, **changes: Any) -> Gpu:
    base = Gpu(
        index=index,
        status="ok",
        name=Known("NVIDIA GeForce RTX 3090", "nvml"),
        uuid=Known(f"GPU-{index:08d}-0000-0000-0000-000000000000", "nvml"),
        pci_bus_id=Known(f"00000000:{0x3B + index:02X}:00.0", "nvml"),
        capability=Known("8.6", "nvml"),
        memory_total=Known(24 * GIB, "nvml"),
        memory_used=Known(GIB // 4, "nvml"),
        memory_free=Known(24 * GIB - GIB // 4, "nvml"),
        utilisation=Known(0, "nvml"),
        temperature=Known(40, "nvml"),
        power=Known(30000, "nvml"),
        power_limit=Known(350000, "nvml"),
        compute_mode=Known("default", "nvml"),
        mig_mode=Absent(("nvml",)),
        mig_devices=Absent(("nvml",)),
        ecc_uncorrected=Absent(("nvml",)),
        remap_pending=Known(False, "nvml"),
        remap_failed=Known(False, "nvml"),
        throttle_reasons=Known((), "nvml"),
        persistence=Known(True, "nvml"),
        pcie_width=Known(16, "nvml"),
        pcie_width_max=Known(16, "nvml"),
        pcie_generation=Known(4, "nvml"),
        pcie_generation_max=Known(4, "nvml"),
        holders=Known((), "nvml"),
    )
    return dataclasses.replace(base, **changes)


def place(role: str, path: str, **changes: Any) -> Place:
    base = Place(
        role=role,
        path=path,
        exists=True,
        mount=Known("/", "mountinfo"),
        filesystem=Known("ext4", "mountinfo"),
        network=Known(False, "mountinfo"),
        read_only=Known(False, "mountinfo"),
        total=Known(1000 * GIB, "statvfs"),
        free=Known(500 * GIB, "statvfs"),
        inodes_free=Known(10_000_000, "statvfs"),
        quota_free=Absent(("quota",)),
        writable=Known(True, path),
    )
    return dataclasses.replace(base, **changes)


def module(name: str, version: str = "") -> Module:
    return Module(name, (Copy(f"{SITE}/{name}/__init__.py", "package", SITE, "site-packages", version),))


def command(name: str, **changes: Any) -> Command:
    base = Command(
        name=name,
        path=f"{ENV}/bin/{name}",
        form="shebang",
        interpreter=Known(f"{ENV}/bin/python", f"{ENV}/bin/{name}"),
        interpreter_exists=Known(True, f"{ENV}/bin/python"),
        prefix=Known(ENV, f"{ENV}/bin/python"),
        ours=Known(True, f"{ENV}/bin/{name}"),
    )
    return dataclasses.replace(base, **changes)


def healthy() -> Facts:
    ask = f"{ENV}/bin/python"
    torch_version = "2.5.1+cu121"
    return Facts(
        taken_at="2026-11-24T12:00:00Z",
        python=PythonFacts(
            executable=Known(f"{ENV}/bin/python", "PATH"),
            chosen_by=Known("PATH", "PATH"),
            claims=Known(
                (
                    Claim("PATH", f"{ENV}/bin/python", Known(f"{ENV}/bin/python", "PATH")),
                    Claim("VIRTUAL_ENV", ENV, Known(f"{ENV}/bin/python", "VIRTUAL_ENV")),
                ),
                "PATH, VIRTUAL_ENV, CONDA_PREFIX",
            ),
            version=Known("3.11.7", ask),
            implementation=Known("CPython", ask),
            prefix=Known(ENV, ask),
            base_prefix=Known("/usr", ask),
            kind=Known("venv", f"{ENV}/pyvenv.cfg"),
            manager=Known("pip", f"{ENV}/pyvenv.cfg"),
            environment_name=Known("yolo", ask),
            project=Absent(("uv.lock", "pixi.toml", "poetry.lock")),
            sys_path=Known(
                (
                    PathEntry("", "cwd", True),
                    PathEntry("/usr/lib/python3.11", "stdlib", True),
                    PathEntry(SITE, "site-packages", True),
                ),
                ask,
            ),
            pythonpath=Absent(("PYTHONPATH",)),
            user_site=Known("/home/ana/.local/lib/python3.11/site-packages", ask),
            user_site_enabled=Known(False, ask),
            site_packages=Known(SITE, ask),
            site_packages_writable=Known(True, SITE),
            externally_managed=Absent(("/usr/lib/python3.11/EXTERNALLY-MANAGED",)),
            bits=Known(64, ask),
            free_threaded=Known(False, ask),
            machine=Known("x86_64", ask),
            platform_tag=Known("linux-x86_64", ask),
            libc=Known("glibc 2.35", ask),
            pip_version=Known("24.2", SITE),
            venv=Known(
                VenvFacts(
                    path=ENV,
                    home=Known("/usr/bin", f"{ENV}/pyvenv.cfg"),
                    home_exists=Known(True, "/usr/bin"),
                    version=Known("3.11.7", f"{ENV}/pyvenv.cfg"),
                    created_as=Known(ENV, f"{ENV}/pyvenv.cfg"),
                    activate_says=Known(ENV, f"{ENV}/bin/activate"),
                    system_site_packages=Known(False, f"{ENV}/pyvenv.cfg"),
                    executable_resolves=Known(True, f"{ENV}/bin/python"),
                    created_by=Known("venv", f"{ENV}/pyvenv.cfg"),
                ),
                f"{ENV}/pyvenv.cfg",
            ),
            commands=Known((command("pip"), command("pip3"), command("torchrun"), command("yolo")), "PATH"),
            kernels=Known((), "jupyter paths"),
        ),
        installs=InstallsFacts(
            distributions=Known(
                (
                    dist("torch", "2.5.1+cu121"),
                    dist("torchvision", "0.20.1+cu121"),
                    dist("torchaudio", "2.5.1+cu121"),
                    dist("numpy", "1.26.4"),
                    dist("ultralytics", "8.3.0"),
                    dist("pip", "24.2"),
                ),
                ask,
            ),
            leftovers=Known((), SITE),
            modules=Known(
                (
                    module("torch", torch_version),
                    module("torchvision", "0.20.1+cu121"),
                    module("torchaudio", "2.5.1+cu121"),
                    module("numpy", "1.26.4"),
                    module("ultralytics", "8.3.0"),
                ),
                ask,
            ),
            unowned=Known((), SITE),
            conda=Absent((f"{ENV}/conda-meta",)),
            conda_pins=Absent((f"{ENV}/conda-meta/pinned",)),
            elsewhere=Known((), "other environments"),
            requested=Absent(("requirements.txt",)),
        ),
        torch=TorchFacts(
            path=Known(f"{SITE}/torch", ask),
            version=Known(torch_version, f"{SITE}/torch/version.py"),
            build=Known("cuda", f"{SITE}/torch/version.py"),
            cuda=Known("12.1", f"{SITE}/torch/version.py"),
            hip=Absent((f"{SITE}/torch/version.py",)),
            arch_list=Known(
                ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90"), f"{SITE}/torch/lib/libtorch_python.so"
            ),
            cxx11_abi=Known(False, f"{SITE}/torch/lib/libc10.so"),
            companions=Known(
                (
                    Companion(
                        "torchvision",
                        "0.20.1+cu121",
                        f"{SITE}/torchvision",
                        Known("12.1", f"{SITE}/torchvision/version.py"),
                        Known("2.5.1", "metadata"),
                        Known(False, f"{SITE}/torchvision/_C.so"),
                        Known((), f"{SITE}/torchvision/_C.so"),
                    ),
                    Companion(
                        "torchaudio",
                        "2.5.1+cu121",
                        f"{SITE}/torchaudio",
                        Known("12.1", f"{SITE}/torchaudio/version.py"),
                        Known("2.5.1", "metadata"),
                        Known(False, f"{SITE}/torchaudio/lib/libtorchaudio.so"),
                        Known((), f"{SITE}/torchaudio/lib/libtorchaudio.so"),
                    ),
                ),
                SITE,
            ),
            missing_libraries=Known((), f"{SITE}/torch/lib"),
            numpy2=Known(True, f"{SITE}/torch/lib/libtorch_python.so"),
            glibcxx_needed=Known("3.4.19", f"{SITE}/torch/lib/libtorch_cpu.so"),
            deep=Unknown("not-looked", "only with --deep"),
            foreign_libraries=Known((), f"{SITE}/torch/lib"),
        ),
        driver=DriverFacts(
            module_version=Known("550.54.15", "/sys/module/nvidia/version"),
            library_version=Known("550.54.15", "/usr/lib/x86_64-linux-gnu/libcuda.so.550.54.15"),
            nvml_status=Known("SUCCESS", "nvml"),
            nvml_driver_version=Known("550.54.15", "nvml"),
            cuda=Known("12.4", "nvml"),
            pci_gpus=Known(
                (
                    PciGpu(
                        "0000:3b:00.0",
                        "2204",
                        Known("nvidia", "/sys/bus/pci"),
                        Known(16, "/sys/bus/pci"),
                        Known(16, "/sys/bus/pci"),
                        Known("16.0 GT/s PCIe", "/sys/bus/pci"),
                        Known("16.0 GT/s PCIe", "/sys/bus/pci"),
                    ),
                ),
                "/sys/bus/pci/devices",
            ),
            device_files=Known(
                tuple(DeviceFile(p, True) for p in ("/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm")), "/dev"
            ),
            compat_library=Absent(("LD_LIBRARY_PATH",)),
            fabric_manager=Absent(("/dev/nvidia-nvswitch*",)),
            nouveau_loaded=Known(False, "/sys/module"),
        ),
        gpus=GpusFacts(
            gpus=Known((gpu(0),), "nvml"), asked=Known("nvml", "nvml"), xids=Unknown("denied", "", "/dev/kmsg")
        ),
        toolkit=ToolkitFacts(
            Known((), "PATH, /usr/local"), Absent(("PATH",)), Absent(("CUDA_HOME", "/usr/local/cuda"))
        ),
        compiler=CompilerFacts(
            compilers=Known(
                (
                    Compiler("gcc", "/usr/bin/gcc", Known("gcc", "gcc"), Known("11.4.0", "gcc"), ("PATH",)),
                    Compiler("g++", "/usr/bin/g++", Known("gcc", "g++"), Known("11.4.0", "g++"), ("PATH",)),
                ),
                "PATH",
            ),
            host_compiler=Known(
                Compiler("g++", "/usr/bin/g++", Known("gcc", "g++"), Known("11.4.0", "g++"), ("PATH",)), "PATH"
            ),
        ),
        libraries=LibrariesFacts(
            ld_library_path=Absent(("LD_LIBRARY_PATH",)),
            ld_preload=Absent(("LD_PRELOAD",)),
            libraries=Known(
                (
                    Library(
                        "cudnn",
                        "libcudnn.so.9",
                        f"{SITE}/nvidia/cudnn/lib/libcudnn.so.9",
                        Known("9.1.0", "metadata"),
                        "wheel",
                    ),
                ),
                SITE,
            ),
            libstdcxx_offers=Known("3.4.30", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6"),
        ),
        indexes=IndexesFacts(
            pip=Known((), "pip configuration"),
            uv=Known((), "uv configuration"),
            conda=Absent((".condarc",)),
            managers=Known((), "PATH"),
            proxies=Known((), "environment"),
        ),
        session=SessionFacts(
            os=Known("linux", "uname"),
            distro=Known("Ubuntu 22.04", "/etc/os-release"),
            kernel=Known("5.15.0-91-generic", "uname"),
            machine=Known("x86_64", "uname"),
            libc=Known("glibc 2.35", "/lib/x86_64-linux-gnu"),
            container=Absent(("/.dockerenv",)),
            wsl=Absent(("/proc/version",)),
            slurm_job=Absent(("SLURM_JOB_ID",)),
            user=Known("ana", "uid"),
            is_root=Known(False, "uid"),
            cwd=Known("/home/ana/work", "cwd"),
            cpus=Known(16, "affinity"),
            cpu_quota=Absent(("cgroup",)),
            memory_total=Known(128 * GIB, "/proc/meminfo"),
            memory_available=Known(100 * GIB, "/proc/meminfo"),
            memory_limit=Absent(("cgroup",)),
            shm_total=Known(64 * GIB, "/dev/shm"),
            shm_free=Known(64 * GIB, "/dev/shm"),
            limits=Known((Limit("open-files", 65536, 1048576),), "getrlimit"),
            variables=Known((), "environment"),
            shell_levels=Absent(("CONDA_SHLVL",)),
            conda_initialised=Absent(("~/.bashrc",)),
        ),
        storage=StorageFacts(
            Known(
                (
                    place("site-packages", SITE),
                    place("home", "/home/ana"),
                    place("tmp", "/tmp"),
                    place("pip-cache", "/home/ana/.cache/pip"),
                ),
                "statvfs",
            )
        ),
    )


def change(facts: Facts, group: str, **fields: Any) -> Facts:
    """The same machine with some fields of one group changed."""
    return dataclasses.replace(facts, **{group: dataclasses.replace(getattr(facts, group), **fields)})
