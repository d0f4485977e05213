"""Follows GPUs for as long as its standard input is open: what `envdoctor watch` reads.

    python -I -S -c "... from envdoctor.nvml_stream import main; main(INPUT_FD, PROGRESS_FD, *SYS_PATH)"

One process for the whole watch, because NVML's start costs more than a minute of asking. JSON objects, one a line; a
*field* and the errors in it are those of nvml_worker.py. First

system   status ("SUCCESS", or why there is nothing to follow), driver_version, count: fields
card     one a GPU, once: index, status, name, uuid, power_limit, clock_sm_max: fields; processes: field of [pid]
done

then, from the moment that INPUT_FD names GPUs ("0 3\\n"; later lines replace it), once a second for each of them

tick     index, at (seconds since 1970),
         samples      field: [[microseconds since 1970, percent]] of the driver's own buffer, each told once; on some
                      cards NOT_SUPPORTED with `seen` (the same, looked at 4 times a second), and then
         utilisation  field: percent over the driver's last sample period, is all that there is; it is asked more often
         power (milliwatts), clock_sm (MHz), clocks_event_reasons (bit mask): fields
         processes    field: [pid]
         shares       field: [[pid, percent of the multiprocessors, samples]] since the last tick
"""

from __future__ import annotations

import gc
import os
import select
import sys
import time

from .nvml_worker import Nvml, Progress, go_with_the_reader, import_binding, load, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Sequence

    from .nvml_worker import Field

UTILISATION = 1  # NVML_GPU_UTILIZATION_SAMPLES
PERIOD = 1.0  # seconds between two ticks
COARSE = 0.25  # seconds between two looks where the driver keeps no samples


class Follower:
    def __init__(self, nvml: Nvml) -> None:
        self._nvml = nvml
        self._handles: Dict[int, Any] = {}
        self._since: Dict[int, int] = {}  # microseconds: of the last sample that was told
        self._shared: Dict[int, int] = {}
        self.followed: List[int] = []
        self.coarse: Dict[int, List[List[int]]] = {}  # GPUs without samples: what was seen since the last tick

    def introduce(self, index: int) -> None:
        call = self._nvml.call
        found = call(index, "nvmlDeviceGetHandleByIndex", index, read=lambda handle: [handle])
        if "error" in found:
            say({"kind": "card", "index": index, "status": found["error"]})
            return
        handle = self._handles[index] = found["value"][0]
        say(
            {
                "kind": "card",
                "index": index,
                "status": "ok",
                "name": call(index, "nvmlDeviceGetName", handle),
                "uuid": call(index, "nvmlDeviceGetUUID", handle),
                "power_limit": call(index, "nvmlDeviceGetEnforcedPowerLimit", handle),
                "clock_sm_max": call(index, "nvmlDeviceGetMaxClockInfo", handle, 1),
                "processes": self._pids(index, handle),
            }
        )

    def _pids(self, index: int, handle: Any) -> Field:
        pids: List[int] = []
        for kind in ("Compute", "Graphics", "MPSCompute"):
            found = self._nvml.processes(index, kind, handle)
            if "error" in found and kind == "Compute":
                return found
            pids += [process["pid"] for process in found.get("value", [])]
        return {"value": sorted(set(pids))}

    def follow(self, indexes: Sequence[int]) -> None:
        now = int(time.time() * 1e6)
        self.followed = [index for index in indexes if index in self._handles]
        for index in self.followed:
            self._since.setdefault(index, now)
            self._shared.setdefault(index, now)

    def look(self) -> None:
        """Between two ticks, at cards that keep no samples."""
        for index in self.coarse:
            found = self._utilisation(index)
            if "value" in found:
                self.coarse[index].append([int(time.time() * 1e6), found["value"]])

    def _utilisation(self, index: int) -> Field:
        return self._nvml.call(
            index, "nvmlDeviceGetUtilizationRates", self._handles[index], read=lambda rates: int(rates.gpu)
        )

    def tick(self) -> None:
        for index in self.followed:
            handle, call = self._handles[index], self._nvml.call
            say(
                {
                    "kind": "tick",
                    "index": index,
                    "at": int(time.time()),
                    "samples": self._samples(index, handle),
                    "utilisation": self._utilisation(index),
                    "power": call(index, "nvmlDeviceGetPowerUsage", handle),
                    "clock_sm": call(index, "nvmlDeviceGetClockInfo", handle, 1),
                    "clocks_event_reasons": call(
                        index,
                        ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"),
                        handle,
                    ),
                    "processes": self._pids(index, handle),
                    "shares": self._shares(index, handle),
                }
            )

    def _samples(self, index: int, handle: Any) -> Field:
        since = self._since[index]
        found = self._nvml.call(
            index,
            "nvmlDeviceGetSamples",
            handle,
            UTILISATION,
            since,
            read=lambda answer: [[sample.timeStamp, sample.sampleValue.uiVal] for sample in answer[1]],
        )
        if "value" in found:
            found["value"] = sorted(sample for sample in found["value"] if sample[0] > since)
            if found["value"]:
                self._since[index] = found["value"][-1][0]
        elif found["error"] == "NOT_FOUND":  # nothing new
            return {"value": []}
        elif found["error"] in ("NOT_SUPPORTED", "FUNCTION_NOT_FOUND", "NO_PERMISSION"):
            seen, self.coarse[index] = self.coarse.get(index, []), []
            return {**found, "seen": seen}
        return found

    def _shares(self, index: int, handle: Any) -> Field:
        since = self._shared[index]
        found = self._nvml.call(
            index,
            "nvmlDeviceGetProcessUtilization",
            handle,
            since,
            read=lambda samples: [(sample.pid, sample.smUtil, sample.timeStamp) for sample in samples],
        )
        if found.get("error") == "NOT_FOUND":  # nobody has computed
            return {"value": []}
        if "error" in found:
            return found
        new = [sample for sample in found["value"] if sample[2] > since]
        self._shared[index] = max([since, *(sample[2] for sample in new)])
        by_pid: Dict[int, List[int]] = {}
        for pid, share, _ in new:
            by_pid.setdefault(pid, []).append(share)
        return {"value": [[pid, sum(of) // len(of), len(of)] for pid, of in by_pid.items()]}


def main(source: str, progress: str, *folders: str) -> None:
    gc.disable()
    go_with_the_reader()
    word = Progress(int(progress))
    word("-", "loading libnvidia-ml.so.1")
    library, status, sentence = load("libnvidia-ml.so.1")
    binding = None if library is None else import_binding(folders)
    if binding is None:
        say({"kind": "system", "status": status if library is None else "BINDING_NOT_FOUND", "load_error": sentence})
        say({"kind": "done"})
        return
    nvml = Nvml(binding, word)
    began = nvml.call("-", "nvmlInit")
    count = nvml.call("-", "nvmlDeviceGetCount")
    driver = nvml.call("-", "nvmlSystemGetDriverVersion")
    said = {"kind": "system", "status": began.get("error", "SUCCESS"), "driver_version": driver, "count": count}
    say({**said, "load_error": None})
    follower = Follower(nvml)
    for index in range(count.get("value", 0)):
        follower.introduce(index)
    say({"kind": "done"})
    _serve(int(source), follower)


def _serve(source: int, follower: Follower) -> None:
    """Until whoever asked has gone: then the other end is closed."""
    due = time.monotonic() + PERIOD
    while True:
        wait = min(due - time.monotonic(), COARSE if follower.coarse else PERIOD)
        ready, _, _ = select.select([source], [], [], max(0.0, wait) if follower.followed else None)
        if ready:
            line = _line(source)
            if line is None:
                return
            follower.follow([int(word) for word in line.split()])
            due = time.monotonic() + PERIOD
        elif time.monotonic() >= due:
            due += PERIOD
            if due < time.monotonic():  # this machine slept, or the driver did: nothing is made up for
                due = time.monotonic() + PERIOD
            try:
                follower.tick()
            except BrokenPipeError:
                os._exit(0)
        else:
            follower.look()


def _line(source: int) -> Optional[str]:
    """The last one that was said, empty where nothing shall be followed; None at the end."""
    said = os.read(source, 4096).decode("ascii", "replace")
    return said.splitlines()[-1] if said else None


if __name__ == "__main__":
    main(*sys.argv[1:])
