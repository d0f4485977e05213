"""The driver probe: what files, NVML, libcuda and nvidia-smi say, and whose word counts."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

import pytest

from envdoctor.facts import DriverFacts
from envdoctor.host import NvmlAnswer, Output, Process
from envdoctor.probes import _driver_files, driver
from envdoctor.reading import Absent, Known, Reading, Unknown
from envdoctor.target import Request, Target
from tests.fakes import FakeHost

LIBS = "/usr/lib/x86_64-linux-gnu"
SMI = "/usr/bin/nvidia-smi"


def look(host: FakeHost) -> DriverFacts:
    return driver.look(host, Target(Absent(), Absent(), (), Request(patience=5)))


def answer(status: str = "SUCCESS", ended: str = "ok", detail: str = "", **system: Any) -> Known[NvmlAnswer]:
    fields: Dict[str, Any] = {"status": status, "load_error": None}
    fields.update({name: {"error": status} for name in ("driver_version", "nvml_version", "cuda_driver_version")})
    fields.update(libcuda={"error": "LIBRARY_NOT_FOUND"}, library={"error": "NOT_LOADED"})
    fields.update(system)
    return Known(NvmlAnswer(fields, (), ended, detail), "NVML")


def loaded(version: str, libcuda: str = "", cuda: int = 12040) -> Known[NvmlAnswer]:
    path = libcuda or f"{LIBS}/libcuda.so.{version}"
    return answer(
        driver_version={"value": version},
        nvml_version={"value": f"12.{version}"},
        cuda_driver_version={"value": cuda},
        library={"value": f"{LIBS}/libnvidia-ml.so.{version}"},
        libcuda={"value": {"version": cuda, "path": path}},
    )


def smi(host: FakeHost, replies: Mapping[str, Reading[Output]]) -> FakeHost:
    """A machine whose nvidia-smi answers an option that begins like one of these words; "" is the bare command."""
    host.files[SMI] = "ELF"

    class Smi(FakeHost):
        def run(
            self, argv: Any, seconds: float, env: Optional[Mapping[str, Optional[str]]] = None, limit: int = 1 << 20
        ) -> Reading[Output]:
            option = argv[1] if len(argv) > 1 else ""
            found = [reply for word, reply in replies.items() if (option.startswith(word) if word else not option)]
            return found[0] if found else Unknown("failed", f"not expected: {argv}")

    return Smi(files=host.files, nvml_answer=host.nvml_answer)


def test_a_machine_without_any_driver() -> None:
    facts = look(FakeHost(dirs={"/sys/module", "/sys/bus/pci/devices", "/dev"}))
    for reading in (facts.module_version, facts.library_version, facts.nvml_status, facts.cuda, facts.compat_library):
        assert isinstance(reading, Absent), reading
    assert facts.pci_gpus == Known((), "/sys/bus/pci/devices")
    assert facts.device_files == Known((), "/dev")
    assert facts.nouveau_loaded == Known(False, "/sys/module/nouveau")
    assert isinstance(facts.fabric_manager, Absent)


@pytest.mark.parametrize(
    "text, version",
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.57.02  Tue Jul 13 16:14:05 UTC 2021\n", "470.57.02"),
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build  (b@h)  Tue\n",
            "550.54.15",
        ),
        (
            "NVRM version: NVIDIA UNIX aarch64 Kernel Module  535.129.03  Thu\nGCC version:  gcc version 11.4.0\n",
            "535.129.03",
        ),
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  340.108  Wed Dec 11\n", "340.108"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  610.43.02  Release Build\n", "610.43.02"),
    ],
)
def test_module_version_where_only_proc_tells_it(text: str, version: str) -> None:
    host = FakeHost(files={_driver_files.PROC_VERSION: text})
    assert _driver_files.module_version(host) == Known(version, _driver_files.PROC_VERSION)


@pytest.mark.parametrize("text", ["", "\n", "GCC version:  gcc version 11.4.0\n", "\x00\udcff"])
def test_a_proc_file_without_a_version_is_unparsable(text: str) -> None:
    reading = _driver_files.module_version(FakeHost(files={_driver_files.PROC_VERSION: text}))
    assert isinstance(reading, Unknown) and reading.reason == "unparsable"


def test_the_loaded_module_is_asked_before_proc() -> None:
    host = FakeHost(files={"/sys/module/nvidia/version": "550.54.15\n", _driver_files.PROC_VERSION: "nonsense"})
    assert look(host).module_version == Known("550.54.15", "/sys/module/nvidia/version")


def test_library_and_module_of_different_versions() -> None:
    host = FakeHost(
        files={"/sys/module/nvidia/version": "535.129.03\n", f"{LIBS}/libcuda.so.550.54.15": "ELF"},
        links={f"{LIBS}/libcuda.so.1": "libcuda.so.550.54.15"},
        nvml_answer=answer("LIB_RM_VERSION_MISMATCH"),
    )
    facts = look(host)
    assert facts.library_version == Known("550.54.15", f"{LIBS}/libcuda.so.550.54.15")
    assert facts.nvml_status == Known("LIB_RM_VERSION_MISMATCH", "nvml")
    assert isinstance(facts.nvml_driver_version, Unknown)


def test_the_library_that_the_loader_took_beats_the_one_that_lies_about() -> None:
    host = FakeHost(
        files={f"{LIBS}/libcuda.so.535.129.03": "ELF"},
        links={f"{LIBS}/libcuda.so.1": "libcuda.so.535.129.03"},
        nvml_answer=loaded("550.54.15", "/run/opengl-driver/lib/libcuda.so.550.54.15"),
    )
    assert look(host).library_version == Known("550.54.15", "/run/opengl-driver/lib/libcuda.so.550.54.15")


def test_a_library_in_a_container_that_is_a_file_with_the_version_beside_it() -> None:
    folder = "/usr/local/nvidia/lib64"
    host = FakeHost(files={f"{folder}/libcuda.so.1": "ELF", f"{folder}/libcuda.so.550.54.15": "ELF"})
    assert look(host).library_version == Known("550.54.15", f"{folder}/libcuda.so.1")


def test_wsl_has_a_library_whose_name_tells_no_version() -> None:
    folder = "/usr/lib/wsl/lib"
    host = FakeHost(
        files={f"{folder}/libcuda.so.1.1": "ELF", "/dev/dxg": ""},
        links={f"{folder}/libcuda.so.1": "libcuda.so.1.1"},
        dirs={"/sys/bus/pci/devices"},
    )
    facts = look(host)
    assert isinstance(facts.library_version, Unknown) and facts.library_version.reason == "unparsable"
    assert isinstance(facts.pci_gpus, Unknown) and "/dev/dxg" in facts.pci_gpus.detail
    host.nvml_answer = answer(
        nvml_version={"value": "12.516.94"},
        driver_version={"value": "516.94"},
        library={"value": f"{folder}/libnvidia-ml.so.1"},
    )
    assert look(host).library_version == Known("516.94", "nvml")


COMPAT = "/usr/local/cuda/compat"


def with_compat() -> FakeHost:
    return FakeHost(
        files={f"{COMPAT}/libcuda.so.560.35.05": "ELF", f"{LIBS}/libcuda.so.535.129.03": "ELF"},
        links={f"{COMPAT}/libcuda.so.1": "libcuda.so.560.35.05", f"{LIBS}/libcuda.so.1": "libcuda.so.535.129.03"},
    )


def test_a_compat_library_on_ld_library_path_comes_first_and_is_not_the_drivers() -> None:
    host = with_compat()
    host.environ = {"LD_LIBRARY_PATH": f"{COMPAT}:/opt/x"}
    facts = look(host)
    assert facts.compat_library == Known(f"{COMPAT}/libcuda.so.560.35.05", f"{COMPAT}/libcuda.so.1")
    assert facts.library_version == Known("535.129.03", f"{LIBS}/libcuda.so.535.129.03")


def test_a_compat_library_by_ld_so_conf_and_one_that_nobody_looks_for() -> None:
    host = with_compat()
    assert isinstance(look(host).compat_library, Absent)
    host.files["/etc/ld.so.conf.d/00-compat.conf"] = f"# CUDA\n{COMPAT}\n"
    assert look(host).compat_library == Known(f"{COMPAT}/libcuda.so.560.35.05", f"{COMPAT}/libcuda.so.1")


def test_a_compat_library_keeps_the_spelling_of_ld_library_path() -> None:
    host = FakeHost(
        files={"/usr/local/cuda-12.6/compat/libcuda.so.560.35.05": "ELF"},
        links={"/usr/local/cuda": "cuda-12.6", "/usr/local/cuda-12.6/compat/libcuda.so.1": "libcuda.so.560.35.05"},
        environ={"LD_LIBRARY_PATH": COMPAT},
    )
    host.nvml_answer = loaded("535.129.03", "/usr/local/cuda-12.6/compat/libcuda.so.560.35.05", 12060)
    assert look(host).compat_library == Known(f"{COMPAT}/libcuda.so.560.35.05", f"{COMPAT}/libcuda.so.1")


def test_the_cuda_of_a_compat_library_is_not_the_drivers() -> None:
    host = with_compat()
    host.nvml_answer = loaded("535.129.03", f"{COMPAT}/libcuda.so.560.35.05", 12060)
    facts = look(host)
    assert facts.compat_library == Known(f"{COMPAT}/libcuda.so.560.35.05", f"{COMPAT}/libcuda.so.560.35.05")
    assert isinstance(facts.cuda, Unknown) and "CUDA 12.6" in facts.cuda.detail
    assert facts.library_version == Known("535.129.03", f"{LIBS}/libnvidia-ml.so.535.129.03")


def test_cuda_from_libcuda_where_nvml_has_no_word() -> None:
    host = FakeHost(nvml_answer=answer("DRIVER_NOT_LOADED", libcuda={"value": {"version": 12040, "path": None}}))
    assert look(host).cuda == Known("12.4", "libcuda")


def test_cuda_from_nvml_where_libcuda_has_no_word() -> None:
    host = FakeHost(nvml_answer=answer(cuda_driver_version={"value": 13000}, libcuda={"error": "CRASHED"}))
    assert look(host).cuda == Known("13.0", "nvml")


def test_a_stuck_driver_leaves_what_files_say_and_nvidia_smi_is_not_asked() -> None:
    host = FakeHost(
        files={"/sys/module/nvidia/version": "550.54.15\n"},
        nvml_answer=answer("NO_ANSWER", "timeout", "no answer within 5 s to nvmlInit (state D)"),
    )
    facts = look(smi(host, {}))
    assert facts.module_version == Known("550.54.15", "/sys/module/nvidia/version")
    assert facts.nvml_status == Unknown("timeout", "no answer within 5 s to nvmlInit (state D)", "nvml")
    assert isinstance(facts.nvml_driver_version, Unknown) and facts.nvml_driver_version.reason == "timeout"


def test_nvml_is_asked_once_for_all_probes() -> None:
    class Counting(FakeHost):
        asked = 0

        def nvml(self, seconds: float) -> Reading[NvmlAnswer]:
            self.asked += 1
            return self.nvml_answer

    host = Counting(nvml_answer=loaded("550.54.15"))
    target = Target(Absent(), Absent(), (), Request())
    driver.look(host, target)
    target.nvml(host)
    assert host.asked == 1


ROW = (
    "0, NVIDIA A40, GPU-1, 00000000:3B:00.0, 525.85.12, 46068, 3, 45631, 0, 41, 30.12, 300.00, Default, Enabled, "
    "0, 4, 4, 16, 16, [N/A], 8.6, 0x0000000000000001\n"
)
BANNER = "| NVIDIA-SMI 525.85.12    Driver Version: 525.85.12    CUDA Version: 12.0     |\n"


@pytest.mark.parametrize(
    "nvml",
    [
        Absent(("libnvidia-ml.so.1",)),
        Unknown("failed", "the worker did not start", "NVML worker"),
        answer("BINDING_NOT_FOUND"),
        answer("NO_ANSWER", "crashed", "SIGSEGV in nvmlInit"),
    ],
)
def test_nvidia_smi_is_asked_where_nvml_could_not_be(nvml: Reading[NvmlAnswer]) -> None:
    replies = {"--query-gpu": Known(Output(0, ROW, ""), SMI), "": Known(Output(0, BANNER, ""), SMI)}
    facts = look(smi(FakeHost(nvml_answer=nvml), replies))
    assert facts.nvml_status == Known("SUCCESS", SMI)
    assert facts.nvml_driver_version == Known("525.85.12", SMI)
    assert facts.cuda == Known("12.0", SMI)


def test_nvidia_smis_exit_code_is_nvmls_status() -> None:
    said = Known(Output(18, "Failed to initialize NVML: Driver/library version mismatch\n", ""), SMI)
    facts = look(smi(FakeHost(), {"--query-gpu": said}))
    assert facts.nvml_status == Known("LIB_RM_VERSION_MISMATCH", SMI)
    assert isinstance(facts.cuda, Unknown) and "version mismatch" in facts.cuda.detail


def test_a_hanging_nvidia_smi_is_news_where_there_is_no_nvml_library() -> None:
    facts = look(smi(FakeHost(), {"--query-gpu": Unknown("timeout", "no end within 3 s")}))
    assert facts.nvml_status == Unknown("timeout", "no end within 3 s", SMI)


def test_a_missing_binding_without_nvidia_smi_is_not_the_drivers_fault() -> None:
    facts = look(FakeHost(nvml_answer=answer("BINDING_NOT_FOUND")))
    assert isinstance(facts.nvml_status, Unknown) and facts.nvml_status.reason == "not-looked"


def pci(address: str, vendor: str, kind: str, driver_name: str = "", **more: str) -> Dict[str, object]:
    folder = f"/sys/bus/pci/devices/{address}"
    bound = f"DRIVER={driver_name}\n" if driver_name else ""
    files: Dict[str, object] = {
        f"{folder}/uevent": f"{bound}PCI_CLASS={kind}\nPCI_ID={vendor}\nPCI_SLOT_NAME={address}\n"
    }
    files.update({f"{folder}/{name}": text for name, text in more.items()})
    return files


def test_gpus_on_the_bus_whoever_drives_them() -> None:
    link = {
        "current_link_width": "8\n",
        "max_link_width": "16\n",
        "current_link_speed": "2.5 GT/s PCIe\n",
        "max_link_speed": "Unknown\n",
    }
    host = FakeHost(
        files={
            **pci("0000:00:02.0", "8086:3E92", "30000", "i915"),
            **pci("0000:3b:00.0", "10DE:2204", "30000", "nvidia", **link),
            **pci("0000:3b:00.1", "10DE:1AEF", "40300", "snd_hda_intel"),
            **pci("0000:af:00.0", "10DE:20B0", "30200", current_link_width="255\n"),
        }
    )
    gpus = look(host).pci_gpus
    assert isinstance(gpus, Known)
    first, second = gpus.value
    assert (first.address, first.device_id, first.driver) == (
        "0000:3b:00.0",
        "2204",
        Known("nvidia", "/sys/bus/pci/devices/0000:3b:00.0/uevent"),
    )
    assert isinstance(first.link_width, Known) and first.link_width.value == 8
    assert isinstance(first.link_speed, Known) and first.link_speed.value == "2.5 GT/s PCIe"
    assert isinstance(first.link_speed_max, Unknown)
    assert isinstance(second.driver, Absent)
    assert isinstance(second.link_width, Unknown)


def test_the_kernels_table_of_pci_devices_saves_reading_each() -> None:
    files = {**pci("0000:00:1f.3", "10DE:2204", "30000"), **pci("0001:af:00.0", "10DE:20B0", "30200")}
    files["/sys/bus/pci/devices/0000:00:02.0/uevent"] = "PCI_CLASS=30000\nPCI_ID=10DE:FFFF\n"
    table = "0010\t80863e92\t10\n00fb\t10de2204\t0\taf00\naf00\t10de20b0\t0\n"
    host = FakeHost(files={**files, "/proc/bus/pci/devices": table})
    gpus = look(host).pci_gpus
    assert isinstance(gpus, Known) and [gpu.address for gpu in gpus.value] == ["0000:00:1f.3", "0001:af:00.0"]
    host.files["/proc/bus/pci/devices"] = ""
    gpus = look(host).pci_gpus
    assert isinstance(gpus, Known) and len(gpus.value) == 3, "an empty table tells nothing"


def test_device_files_that_this_user_may_not_open() -> None:
    host = FakeHost(
        files={"/dev/nvidia0": "", "/dev/nvidiactl": "", "/dev/sda": "", "/dev/nvidia-caps/nvidia-cap1": ""}
    )
    host.read_only = {"/dev/nvidia0"}
    files = look(host).device_files
    assert isinstance(files, Known)
    assert [(file.path, file.usable) for file in files.value] == [("/dev/nvidia0", False), ("/dev/nvidiactl", True)]


SWITCH = pci("0000:85:00.0", "10DE:1AF1", "68000", "nvidia-nvswitch")
PID_FILE = "/run/nvidia-fabricmanager/nv-fabricmanager.pid"


def fabric(**more: Any) -> Reading[str]:
    return look(FakeHost(**more)).fabric_manager


def test_fabric_manager_by_its_pid_file() -> None:
    table = {77: Process(77, 0, "root", "nv-fabricmanage", "S", "")}
    assert fabric(files={**SWITCH, PID_FILE: "77\n"}, process_table=table) == Known("running", PID_FILE)


def test_fabric_manager_by_the_process_table() -> None:
    files = {**SWITCH, "/proc/1/comm": "systemd\n", "/proc/99/comm": "nv-fabricmanage\n"}
    assert fabric(files=files) == Known("running", "/proc/99")


def test_a_stale_pid_file_is_not_a_running_fabric_manager() -> None:
    files = {"/dev/nvidia-nvswitch0": "", PID_FILE: "77\n", "/proc/1/comm": "systemd\n"}
    table = {77: Process(77, 1000, "ana", "bash", "S", "")}
    assert fabric(files=files, process_table=table) == Known("not-running", "/proc")


@pytest.mark.parametrize(
    "more",
    [
        {"links": {"/proc/self/ns/pid": "pid:[4026532201]"}, "files": {"/proc/1/comm": "bash\n"}},
        {"denied": {"/proc/50"}, "files": {"/proc/1/comm": "systemd\n", "/proc/50/comm": "x"}},
        {"files": {"/proc/self/comm": "python\n"}},
    ],
)
def test_whether_fabric_manager_runs_is_unknown_where_processes_are_hidden(more: Dict[str, Any]) -> None:
    reading = fabric(**{**more, "files": {**more["files"], **SWITCH}})
    assert isinstance(reading, Unknown)


def test_nouveau() -> None:
    assert look(FakeHost(dirs={"/sys/module/nouveau"})).nouveau_loaded == Known(True, "/sys/module/nouveau")
    assert isinstance(look(FakeHost()).nouveau_loaded, Absent)
