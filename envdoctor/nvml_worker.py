"""Asks libcuda and NVML, in a process of its own, because both may crash or never return.

    python -I -S -c "... from envdoctor.nvml_worker import main; main(PROGRESS_FD, *SYS_PATH)"

prints JSON objects, one a line, each as soon as it is complete. `kind` tells them apart: one "libcuda", one "system",
one "gpu" for each GPU, and "done" at the end. Before each call its name goes to PROGRESS_FD ("2 nvmlDeviceGetName";
"-" instead of the number where no GPU is meant), so that whoever waits can say where it stopped.

`serve` in the place of `main` has NVML initialised once and answers for as long as somebody asks: each line that comes
from QUESTIONS_FD, "all" or "moving", makes one such answer. "moving" leaves out "system", and of each GPU all fields
that stay as they are from one second to the next (see MOVING).

The host merges "libcuda" into the system record. What a probe sees (envdoctor.host.NvmlAnswer):

system
    status               "SUCCESS", or the name of nvmlInit's error without NVML_ERROR_: "DRIVER_NOT_LOADED",
                         "LIB_RM_VERSION_MISMATCH", "NO_PERMISSION", "UNKNOWN", ..., "LIBRARY_NOT_FOUND" (the loader
                         finds no libnvidia-ml.so.1), "LIBRARY_UNUSABLE" (it finds one and cannot load it),
                         "BINDING_NOT_FOUND" (nvidia-ml-py is not installed beside envdoctor),
                         "NO_ANSWER" (stuck or crashed before nvmlInit was through: see `ended` and `detail`)
    load_error           the loader's sentence where status is LIBRARY_*, else null
    library              field: path of the libnvidia-ml that was loaded, links resolved
    driver_version       field: "550.54.15"
    nvml_version         field: "12.550.54.15"
    cuda_driver_version  field: 12040, as NVML says
    count                field: number of GPUs
    libcuda              field: {"version": 12040, "path": "/usr/lib/x86_64-linux-gnu/libcuda.so.550.54.15"}, from
                         cuDriverGetVersion, which needs neither a GPU nor cuInit.
                         Errors: LIBRARY_NOT_FOUND, LIBRARY_UNUSABLE, FUNCTION_NOT_FOUND, CUDA_ERROR_<number>, CRASHED,
                         NO_ANSWER

A *field* is {"value": ...} or {"error": NAME}; NAME as above, also "NOT_SUPPORTED", "NO_PERMISSION", "GPU_IS_LOST",
"FUNCTION_NOT_FOUND" (driver or binding too old for the call), "UNDECODABLE" (text that is not UTF-8),
"NOT_LOADED" (library), "UNINITIALIZED" (nvmlInit failed).

gpu
    index                  as NVML counts, in PCI order
    status                 "ok", or why the GPU does not answer: "GPU_IS_LOST", "RESET_REQUIRED", the error of the
                           handle. Without a handle every field carries that error.
    name                   field: "NVIDIA A100-SXM4-80GB"
    uuid, serial           field: text
    pci_bus_id             field: "00000000:07:00.0"
    capability             field: "8.0"
    memory                 field: {"total", "used", "free", "reserved"} in bytes; used without what the driver reserves.
                           From the first version of the call (old drivers) reserved is null and used includes it.
    utilisation            field: {"gpu", "memory"} in percent
    temperature            field: degrees Celsius
    power, power_limit     field: milliwatts; the limit is the enforced one
    compute_mode           field: "default" | "exclusive-thread" | "prohibited" | "exclusive-process"
    mig_mode               field: {"current": bool, "pending": bool}
    mig_devices            field: [{"uuid": field, "name": field, "profile": "1g.10gb" or "", "memory": field,
                           "gpu_instance": field, "compute_instance": field}], empty where MIG is off or not supported
    ecc_uncorrected        field: uncorrected errors since the driver was loaded
    ecc_corrected          field: corrected errors since the driver was loaded
    remapped_rows          field: {"correctable": int, "uncorrectable": int, "pending": bool, "failure": bool}
    clocks_event_reasons   field: bit mask as in nvml.h: 1 idle, 2 application clocks, 4 software power cap, 8
                           hardware slowdown, 16 sync boost, 32 software thermal, 64 hardware thermal, 128 power
                           brake, 256 display
    clock_sm, clock_memory, clock_sm_max, clock_memory_max
                           field: MHz
    cores                  field: number of CUDA cores
    persistence            field: bool
    pcie_generation, pcie_generation_max, pcie_width, pcie_width_max   field: int
    compute_processes, graphics_processes, mps_processes
                           field: [{"pid": int, "memory": bytes or null (the driver does not say),
                                    "gpu_instance": int or null}]
    process_utilisation    field: [{"pid": int, "sm": percent, "samples": int, "busy": microseconds since 1970}]: the
                           mean of the samples that the driver keeps (of the last seconds), how many those are, and when
                           the newest was taken that was not 0 (0: none was); empty where it has none
    accounting             field: [{"pid": int, "gpu": percent of its life with a kernel running, "start": microseconds
                           since 1970}] of the processes listed; null where accounting is off
    nvlink                 field: indexes of the GPUs before this one that it reaches over NVLink
"""

from __future__ import annotations

import _thread
import ctypes
import gc
import os
import select
import sys
import time

# Every millisecond here is spent before the first GPU is asked: json, typing, threading and contextlib would take 20.
try:
    from _json import encode_basestring_ascii as quoted
except ImportError:
    from json.encoder import py_encode_basestring_ascii as quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Mapping, Optional, Sequence, Tuple, Union

    Field = Dict[str, Any]

LOST = ("GPU_IS_LOST", "RESET_REQUIRED")
COMPUTE_MODES = ("default", "exclusive-thread", "prohibited", "exclusive-process")
MOST_LINKED = 16  # no machine has more GPUs on its NVLink, and the pairs of 64 would be 2000 calls
LIBCUDA_PATIENCE = 2.0  # seconds
KILL = 9


class Progress:
    """Leaves word of what is asked now. Nobody reads it meanwhile, so that it costs no switch of process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        os.set_blocking(descriptor, False)

    def __call__(self, where: object, call: str) -> None:
        try:  # noqa: SIM105 - contextlib takes 6 ms
            os.write(self._descriptor, f"{where} {call}\n".encode("ascii", "replace"))
        except OSError:  # full: then the last word is old, but nothing waits
            pass


def to_json(value: object) -> str:
    """ASCII; a character that stands for a byte of a file name stays one (\\udc80 to \\udcff)."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)}: {to_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_json, value)) + "]"
    return "null" if value is None else str(value).lower()  # true, false, integers


def say(record: Mapping[str, object]) -> None:
    line = (to_json(record) + "\n").encode("ascii")
    while line:
        line = line[os.write(1, line) :]


def go_with_the_reader() -> None:
    """End as soon as nobody can read the answer, also while NVML does not return.

    Who asks ends this process in time; a shell that kills the one who asks would leave one more behind at each login.
    """
    answer = select.poll()
    answer.register(1, 0)  # reports that the other end is closed, and nothing else

    def wait() -> None:
        answer.poll()
        os.kill(os.getpid(), KILL)

    _thread.start_new_thread(wait, ())


def load(name: str) -> Tuple[Optional[ctypes.CDLL], str, Optional[str]]:
    """(library, status, the loader's sentence): not found is not the same as found and unusable."""
    try:
        return ctypes.CDLL(name), "SUCCESS", None
    except OSError as error:
        missing = str(error).startswith(f"{name}: cannot open shared object file: No such file")
        return None, "LIBRARY_NOT_FOUND" if missing else "LIBRARY_UNUSABLE", str(error)


def loaded_from(name: str) -> Optional[str]:
    """The file of a loaded library, by this process's own memory map."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
            paths = ("/" + line.rstrip("\n").partition("/")[2] for line in maps)
            return next((path for path in paths if path.rpartition("/")[2].startswith(name)), None)
    except OSError:
        return None


def libcuda() -> Field:
    library, status, _ = load("libcuda.so.1")
    if library is None:
        return {"error": status}
    version = ctypes.c_int()
    try:
        code = library.cuDriverGetVersion(ctypes.byref(version))
    except AttributeError:
        return {"error": "FUNCTION_NOT_FOUND"}
    if code:
        return {"error": f"CUDA_ERROR_{code}"}
    return {"value": {"version": version.value, "path": loaded_from("libcuda.so")}}


def ask_libcuda(progress: Progress) -> int:
    """Ask in a child, which says its line itself: a crash or a hang of libcuda leaves NVML to be asked."""
    child = os.fork()
    if child == 0:
        go_with_the_reader()
        progress("-", "cuDriverGetVersion")
        say({"kind": "libcuda", "libcuda": libcuda()})
        os._exit(0)
    return child


def wait_for_libcuda(child: int) -> None:
    """Until it is done: two processes must not write at once."""
    until = time.monotonic() + LIBCUDA_PATIENCE
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            if os.WIFSIGNALED(status):
                say({"kind": "libcuda", "libcuda": {"error": "CRASHED"}})
            return
        time.sleep(0.001)
    os.kill(child, 9)
    say({"kind": "libcuda", "libcuda": {"error": "NO_ANSWER"}})


def import_binding(folders: Sequence[str]) -> Any:
    """nvidia-ml-py from envdoctor's own sys.path, or None.

    Of ctypes.util and string it takes one function each, and never calls the first on Linux; what they import
    themselves (subprocess, tempfile, shutil, re) takes 24 ms.
    """
    sys.path += [folder for folder in folders if folder]
    sys.modules["ctypes.util"] = _stand_in("ctypes.util", find_library=lambda name: None)
    sys.modules["string"] = _stand_in("string", capwords=_capwords)
    try:
        import pynvml
    except AttributeError:  # a version that takes more of string
        del sys.modules["string"]
        import pynvml
    except ImportError:
        return None
    return pynvml


def _stand_in(name: str, **functions: Callable[..., Any]) -> Any:
    module = type(sys)(name)
    vars(module).update(functions)
    return module


def _capwords(text: str, separator: str) -> str:
    return separator.join(word.capitalize() for word in text.split(separator))


class Nvml:
    """Calls of the binding, by name, each answered by a field."""

    def __init__(self, binding: Any, progress: Progress) -> None:
        self._binding = binding
        self._progress = progress
        self._handles: Dict[int, Any] = {}  # of the GPUs that gave one when they were asked last
        self._names = {
            value: name[len("NVML_ERROR_") :]
            for name, value in vars(binding).items()
            if name.startswith("NVML_ERROR_") and isinstance(value, int)
        }

    def call(
        self, where: object, names: Union[str, Sequence[str]], *args: object, read: Callable[[Any], Any] = lambda it: it
    ) -> Field:
        """The first of these functions that both the binding and the driver have."""
        answer: Field = {"error": "FUNCTION_NOT_FOUND"}
        for name in (names,) if isinstance(names, str) else names:
            self._progress(where, name)
            function = getattr(self._binding, name, None)
            if function is None:
                continue
            try:
                return {"value": read(function(*args))}
            except self._binding.NVMLError as error:
                answer = {"error": self._names.get(error.value, f"CODE_{error.value}")}
            except UnicodeDecodeError:
                answer = {"error": "UNDECODABLE"}
            if answer["error"] != "FUNCTION_NOT_FOUND":
                break
        return answer

    def memory(self, where: object, handle: object) -> Field:
        version = getattr(self._binding, "nvmlMemory_v2", None)
        if version is not None:
            answer = self.call(where, "nvmlDeviceGetMemoryInfo", handle, version, read=_memory)
            if answer.get("error") not in ("FUNCTION_NOT_FOUND", "ARGUMENT_VERSION_MISMATCH"):
                return answer
        return self.call(where, "nvmlDeviceGetMemoryInfo", handle, read=_memory)

    def processes(self, where: object, kind: str, handle: object) -> Field:
        names = [f"nvmlDeviceGet{kind}RunningProcesses_v{version}" for version in (3, 2)]
        return self.call(where, names, handle, read=lambda found: [_process(process) for process in found])

    def mig_devices(self, where: object, handle: object, mode: Field) -> Field:
        if mode.get("error", "NOT_SUPPORTED") != "NOT_SUPPORTED":
            return mode
        if not mode.get("value", {}).get("current"):
            return {"value": []}
        count = self.call(where, "nvmlDeviceGetMaxMigDeviceCount", handle)
        devices = []
        for index in range(count.get("value", 0)):
            found = self.call(where, "nvmlDeviceGetMigDeviceHandleByIndex", handle, index, read=lambda mig: [mig])
            if "value" in found:
                devices.append(self.mig_device(f"{where}.{index}", found["value"][0]))
            elif found["error"] != "NOT_FOUND":  # NOT_FOUND: no device was made of this slice
                return found
        return {"value": devices} if "value" in count else count

    def mig_device(self, where: object, handle: object) -> Dict[str, object]:
        name = self.call(where, "nvmlDeviceGetName", handle)
        return {
            "uuid": self.call(where, "nvmlDeviceGetUUID", handle),
            "name": name,
            "profile": str(name.get("value", "")).partition(" MIG ")[2],
            "memory": self.memory(where, handle),
            "gpu_instance": self.call(where, "nvmlDeviceGetGpuInstanceId", handle),
            "compute_instance": self.call(where, "nvmlDeviceGetComputeInstanceId", handle),
        }

    def process_utilisation(self, where: object, handle: object) -> Field:
        found = self.call(where, "nvmlDeviceGetProcessUtilization", handle, 0, read=_shares)
        return {"value": []} if found.get("error") == "NOT_FOUND" else found  # no sample at all: nothing ran

    def accounting(self, where: object, handle: object, moving: Mapping[str, Field]) -> Field:
        """What the driver keeps of the listed processes' whole lives, where an administrator has it keep that."""
        mode = self.call(where, "nvmlDeviceGetAccountingMode", handle)
        if not mode.get("value"):
            return {"value": None} if "value" in mode else mode
        kinds = ("compute_processes", "graphics_processes")
        pids = {process["pid"] for kind in kinds for process in moving[kind].get("value", ())}
        lives = []
        for pid in sorted(pids):
            found = self.call(where, "nvmlDeviceGetAccountingStats", handle, pid, read=_life)
            if "value" in found:
                lives.append({"pid": pid, **found["value"]})
            elif found["error"] != "NOT_FOUND":  # NOT_FOUND: it began before accounting did
                return found
        return {"value": lives}

    def nvlink(self, where: int, handle: object) -> Field:
        """Each pair is asked once: by the later one of the two."""
        peers: list[int] = []
        for other, peer in self._handles.items():
            if other < where < MOST_LINKED:
                # NVML_P2P_CAPS_INDEX_NVLINK; NVML_P2P_STATUS_OK is 0
                found = self.call(where, "nvmlDeviceGetP2PStatus", handle, peer, 2, read=lambda status: status == 0)
                if found.get("error") in LOST:
                    continue  # which of the two it is, their own fields say
                if "error" in found:
                    return found
                peers += [other] if found["value"] else []
        return {"value": peers}

    def gpu(self, index: int) -> Dict[str, object]:
        found = self.call(index, "nvmlDeviceGetHandleByIndex", index, read=lambda handle: [handle])
        self._handles.pop(index, None)
        if "value" in found:
            self._handles[index] = found["value"][0]
        if "error" in found:
            return {"kind": "gpu", "index": index, "status": found["error"], **dict.fromkeys(GPU_FIELDS, found)}
        fields = self.fields(index, found["value"][0])
        lost = [field["error"] for field in fields.values() if field.get("error") in LOST]
        return {"kind": "gpu", "index": index, "status": lost[0] if lost else "ok", **fields}

    def moving(self, index: int, handle: object) -> Dict[str, object]:
        """Of a GPU what may differ a second later."""
        found = self.moving_fields(index, handle)
        lost = [field["error"] for field in found.values() if field.get("error") in LOST]
        return {"kind": "gpu", "index": index, "status": lost[0] if lost else "ok", **found}

    def say_moving(self) -> None:
        for index, handle in self._handles.items():
            say(self.moving(index, handle))

    def moving_fields(self, i: int, handle: object) -> Dict[str, Field]:
        call = self.call
        return {
            "memory": self.memory(i, handle),
            "utilisation": call(i, "nvmlDeviceGetUtilizationRates", handle, read=_utilisation),
            "temperature": call(i, ("nvmlDeviceGetTemperature", "nvmlDeviceGetTemperatureV"), handle, 0),
            "power": call(i, "nvmlDeviceGetPowerUsage", handle),
            "clocks_event_reasons": call(
                i,
                ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"),
                handle,
            ),
            "clock_sm": call(i, "nvmlDeviceGetClockInfo", handle, 1),
            "compute_processes": self.processes(i, "Compute", handle),
            "graphics_processes": self.processes(i, "Graphics", handle),
            "mps_processes": self.processes(i, "MPSCompute", handle),
            "process_utilisation": self.process_utilisation(i, handle),
        }

    def fields(self, i: int, handle: object) -> Dict[str, Field]:
        """Who it is comes first: a card that is lost meanwhile still has its name."""
        call = self.call
        identity = {
            "name": call(i, "nvmlDeviceGetName", handle),
            "uuid": call(i, "nvmlDeviceGetUUID", handle),
            "serial": call(i, "nvmlDeviceGetSerial", handle),
            "pci_bus_id": call(i, ("nvmlDeviceGetPciInfo_v3", "nvmlDeviceGetPciInfo"), handle, read=_bus),
            "capability": call(
                i, "nvmlDeviceGetCudaComputeCapability", handle, read=lambda pair: f"{pair[0]}.{pair[1]}"
            ),
        }
        moving = self.moving_fields(i, handle)
        mig_mode = call(
            i, "nvmlDeviceGetMigMode", handle, read=lambda it: {"current": bool(it[0]), "pending": bool(it[1])}
        )
        return {
            **identity,
            **moving,
            "power_limit": call(i, "nvmlDeviceGetEnforcedPowerLimit", handle),
            "compute_mode": call(i, "nvmlDeviceGetComputeMode", handle, read=_compute_mode),
            "mig_mode": mig_mode,
            "mig_devices": self.mig_devices(i, handle, mig_mode),
            "ecc_uncorrected": call(i, "nvmlDeviceGetTotalEccErrors", handle, 1, 0),
            "ecc_corrected": call(i, "nvmlDeviceGetTotalEccErrors", handle, 0, 0),
            "remapped_rows": call(i, "nvmlDeviceGetRemappedRows", handle, read=_remapped),
            "clock_memory": call(i, "nvmlDeviceGetClockInfo", handle, 2),
            "clock_sm_max": call(i, "nvmlDeviceGetMaxClockInfo", handle, 1),
            "clock_memory_max": call(i, "nvmlDeviceGetMaxClockInfo", handle, 2),
            "cores": call(i, "nvmlDeviceGetNumGpuCores", handle),
            "persistence": call(i, "nvmlDeviceGetPersistenceMode", handle, read=bool),
            "pcie_generation": call(i, "nvmlDeviceGetCurrPcieLinkGeneration", handle),
            "pcie_generation_max": call(i, "nvmlDeviceGetMaxPcieLinkGeneration", handle),
            "pcie_width": call(i, "nvmlDeviceGetCurrPcieLinkWidth", handle),
            "pcie_width_max": call(i, "nvmlDeviceGetMaxPcieLinkWidth", handle),
            "accounting": self.accounting(i, handle, moving),
            "nvlink": self.nvlink(i, handle),
        }


MOVING = (
    *("memory", "utilisation", "temperature", "power", "clocks_event_reasons", "clock_sm"),
    *("compute_processes", "graphics_processes", "mps_processes", "process_utilisation"),
)
GPU_FIELDS = (
    *("name", "uuid", "serial", "pci_bus_id", "capability", "memory", "utilisation", "temperature", "power"),
    *("power_limit", "compute_mode", "mig_mode", "mig_devices", "ecc_uncorrected", "ecc_corrected"),
    *("remapped_rows", "clocks_event_reasons", "clock_sm", "clock_memory", "clock_sm_max", "clock_memory_max", "cores"),
    *("persistence", "pcie_generation", "pcie_generation_max", "pcie_width", "pcie_width_max"),
    *("compute_processes", "graphics_processes", "mps_processes", "process_utilisation", "accounting", "nvlink"),
)


def _memory(info: Any) -> Dict[str, object]:
    return {"total": info.total, "used": info.used, "free": info.free, "reserved": getattr(info, "reserved", None)}


def _utilisation(rates: Any) -> Dict[str, object]:
    return {"gpu": rates.gpu, "memory": rates.memory}


def _life(stats: Any) -> Dict[str, object]:
    share = stats.gpuUtilization
    return {"gpu": None if share == 0xFFFFFFFF else share, "start": stats.startTime}


def _process(process: Any) -> Dict[str, object]:
    instance = getattr(process, "gpuInstanceId", None)
    return {
        "pid": process.pid,
        "memory": process.usedGpuMemory,
        "gpu_instance": None if instance == 0xFFFFFFFF else instance,
    }


def _shares(samples: Sequence[Any]) -> Sequence[Dict[str, int]]:
    """A process's mean share of the multiprocessors over the samples that the driver keeps of it."""
    seen: Dict[int, list[int]] = {}
    busy: Dict[int, int] = {}
    for sample in samples:
        pid, share = sample.pid, sample.smUtil
        seen.setdefault(pid, []).append(share)
        busy[pid] = max(busy.get(pid, 0), sample.timeStamp if share else 0)
    return [{"pid": pid, "sm": sum(of) // len(of), "samples": len(of), "busy": busy[pid]} for pid, of in seen.items()]


def _bus(info: Any) -> str:
    return info.busId.decode("ascii") if isinstance(info.busId, bytes) else str(info.busId)


def _compute_mode(number: int) -> str:
    return COMPUTE_MODES[number] if 0 <= number < len(COMPUTE_MODES) else str(number)


def _remapped(rows: Sequence[int]) -> Dict[str, object]:
    return {"correctable": rows[0], "uncorrectable": rows[1], "pending": bool(rows[2]), "failure": bool(rows[3])}


def system(status: str, sentence: Optional[str], fields: Mapping[str, Field]) -> Dict[str, object]:
    path = loaded_from("libnvidia-ml")
    library = {"error": "NOT_LOADED"} if path is None else {"value": path}
    return {"kind": "system", "status": status, "load_error": sentence, "library": library, **fields}


def main(descriptor: str, *folders: str) -> None:
    gc.disable()  # a tenth of the time, and the process is gone before its garbage matters
    nvml = started(Progress(int(descriptor)), folders)
    if nvml is not None:
        ask_nvml(nvml)
    say({"kind": "done"})


def serve(descriptor: str, questions: str, *folders: str) -> None:
    nvml = started(Progress(int(descriptor)), folders)
    asked = os.fdopen(int(questions))
    first = asked.readline()
    while first:
        if nvml is not None:
            ask_nvml(nvml)
        say({"kind": "done"})
        if nvml is None:  # what was said of a library that cannot be loaded stands
            return
        for line in asked:
            if line == "all\n":
                break
            nvml.say_moving()
            say({"kind": "done"})
        else:
            return


def started(progress: Progress, folders: Sequence[str]) -> Optional[Nvml]:
    """NVML and its binding loaded; None where that failed, and has been said."""
    child = ask_libcuda(progress)
    go_with_the_reader()  # after the fork, which takes no threads along
    progress("-", "loading libnvidia-ml.so.1")
    library, status, sentence = load("libnvidia-ml.so.1")
    binding = None if library is None else import_binding(folders)
    wait_for_libcuda(child)
    if binding is not None:
        return Nvml(binding, progress)
    status = status if library is None else "BINDING_NOT_FOUND"
    unasked = ("driver_version", "nvml_version", "cuda_driver_version", "count")
    say(system(status, sentence, {name: {"error": status} for name in unasked}))
    return None


def ask_nvml(nvml: Nvml) -> None:
    init = nvml.call("-", "nvmlInit")
    fields = {
        "driver_version": nvml.call("-", "nvmlSystemGetDriverVersion"),
        "nvml_version": nvml.call("-", "nvmlSystemGetNVMLVersion"),
        "cuda_driver_version": nvml.call("-", ("nvmlSystemGetCudaDriverVersion_v2", "nvmlSystemGetCudaDriverVersion")),
        "count": nvml.call("-", "nvmlDeviceGetCount"),
    }
    say(system(init.get("error", "SUCCESS"), None, fields))
    for index in range(fields["count"].get("value", 0)):
        say(nvml.gpu(index))
