"""NVML and libcuda, asked in a worker process: this side starts it, waits no longer than told, keeps what arrived."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ..reading import Absent, Known, Reading, Unknown
from . import commands

Answer = Tuple[Mapping[str, object], Tuple[Mapping[str, object], ...], str, str]

#: NVML does not care what is hidden, but libcuda might.
ENVIRONMENT: Mapping[str, Optional[str]] = {"LC_ALL": "C", "CUDA_VISIBLE_DEVICES": None}

#: Imported, not sent as source: its bytecode lies on the disk, and compiling it would take 3 ms.
_PROGRAM = "import sys; sys.path.append(sys.argv[1]); from envdoctor.nvml_worker import {0}; {0}(*sys.argv[2:])"
_HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # a folder, or a zip
_LIMIT = 32 << 20
_LIBRARIES = ("libnvidia-ml.so.1", "libcuda.so.1")
_START = "its start"
_SETPIPE_SZ = 1031  # fcntl.F_SETPIPE_SZ, which Python has from 3.10 on
_WORDS = 1 << 18  # bytes
WORKER = "NVML worker"
#: What a worker says of a library or a binding that it could not load.
UNLOADED = ("LIBRARY_NOT_FOUND", "LIBRARY_UNUSABLE", "BINDING_NOT_FOUND")
_UNASKED = ("library", "driver_version", "nvml_version", "cuda_driver_version", "count")
_SILENT = {"status": "NO_ANSWER", "load_error": None, **{name: {"error": "NO_ANSWER"} for name in _UNASKED}}


def ask(env: Mapping[str, str], seconds: float) -> Reading[Answer]:
    """(system, gpus, ended, detail) as in NvmlAnswer; the records are described in envdoctor/nvml_worker.py."""
    reader, writer = progress_pipe()
    try:
        try:
            child = start(env, "main", (writer,))
        finally:
            os.close(writer)
        ended = commands.finish(child, seconds, _LIMIT)
        os.set_blocking(reader, False)  # a child of the worker may still hold the other end
        return understood(ended, last_word(reader), seconds)
    except OSError as error:
        return Unknown("failed", str(error), WORKER)
    finally:
        os.close(reader)


def progress_pipe() -> Tuple[int, int]:
    """Wide enough for the names of all calls of 64 GPUs, of which nobody reads one before the last."""
    reader, writer = os.pipe()
    with contextlib.suppress(OSError):  # over the user's allowance for pipes: the usual 64 KiB do for most
        fcntl.fcntl(writer, _SETPIPE_SZ, _WORDS)
    return reader, writer


def start(env: Mapping[str, str], function: str, pipes: Tuple[int, ...]) -> subprocess.Popen[bytes]:
    """A worker that runs this function of envdoctor/nvml_worker.py with these ends of pipes. OSError."""
    # Isolated and without site: nothing of the user's is imported, and 10 ms are saved.
    flags = ["-I", "-S", *(["-B"] if sys.dont_write_bytecode else [])]
    argv = [sys.executable, *flags, "-c", _PROGRAM.format(function), _HOME, *map(str, pipes), *sys.path]
    return commands.start(argv, env, pipes)


def last_word(reader: int) -> str:
    """What the worker was about to do when it was last heard of; `reader` does not block."""
    said = b""
    try:
        while True:
            piece = os.read(reader, 1 << 16)
            if not piece:
                break
            said += piece
    except BlockingIOError:
        pass
    lines = said.decode("ascii", "replace").split("\n")
    where, _, call = lines[-2].partition(" ") if len(lines) > 1 else ("-", "", _START)
    return call if where == "-" else f"{call} of GPU {where}"


def understood(ended: commands.Ended, last: str, seconds: float) -> Reading[Answer]:
    records = [record for record in map(_record, ended.out.split(b"\n")) if record is not None]
    kinds: Dict[str, List[Dict[str, Any]]] = {}
    for record in records:
        kinds.setdefault(record.pop("kind"), []).append(record)
    libcuda = kinds.get("libcuda", [{"libcuda": {"error": "NO_ANSWER"}}])[0]
    system = {**kinds.get("system", [_SILENT])[0], **libcuda}
    how, detail = _ending(ended, last, seconds, "done" in kinds)
    if how == "failed":
        return Unknown("failed", detail, WORKER)
    if system["status"] == system["libcuda"].get("error") == "LIBRARY_NOT_FOUND":
        return Absent(_LIBRARIES)
    return Known((system, tuple(kinds.get("gpu", ())), how, detail), "NVML")


def _record(line: bytes) -> Optional[Dict[str, Any]]:
    """None for an empty line, one that was cut off, or something that a library printed."""
    import json  # 2 ms, when there is time: this module is imported before anything is asked

    try:
        record = json.loads(line.decode("ascii"))
    except ValueError:
        return None
    return record if isinstance(record, dict) and "kind" in record else None


def _ending(ended: commands.Ended, last: str, seconds: float, done: bool) -> Tuple[str, str]:
    if ended.code is None:
        return "timeout", f"no answer within {seconds:g} s to {last} ({ended.left})"
    if ended.code < 0:
        return "crashed", f"the driver's library crashed ({_signal(-ended.code)}) in {last}"
    if done:
        return "ok", ""
    said = ended.err.decode("utf-8", "replace").strip().splitlines()[-1:]
    detail = ": ".join([f"the worker ended with exit code {ended.code} in {last}", *said])
    return "failed" if last == _START else "crashed", detail


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
