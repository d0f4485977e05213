"""Memory in use that no living process accounts for."""

from __future__ import annotations

import re
from typing import Iterator

from ...reading import value_or
from ..evidence import Case, Clue

_HEADER = re.compile(r"^pid\b", re.I)
_TROUBLE = re.compile(
    r"out of memory|ALLOC_FAILED|NOT_INITIALIZED|busy or unavailable|OutOfMemory|hang|slow|wait", re.I
)
_ORPHAN = re.compile(r"^ *(\d{2,8}) +1 +(?:\S{1,8} +){0,6}?[^\n]{0,80}(?:python|pt_data|spawn_main|torchrun)", re.M)
_DEFUNCT = re.compile(r"^ *(?:[A-Za-z_][\w.+-]{0,31} +)?(\d{2,8}) [^\n]{0,80}(?:<defunct>| Z[sl+]{0,3} )", re.M)
#: A row of `fuser -v` or `lsof` on a device file of the driver.
_OPEN = re.compile(
    r"^(?:/dev/nvidia\d{1,2}: {1,20}|\s{10,40})\S{1,32} {1,12}(\d{2,8}) +[F.m]{3,6}[\w.]{0,3} +\S{0,10}python"
    r"|^python\S{0,8} {1,8}(\d{2,8}) [^\n]{0,80}/dev/nvidia\d",
    re.M,
)
#: A row of nvidia-smi's table of processes with a GiB and more.
_HOLDS = re.compile(r"^\| {1,6}\d{1,2} [^|\n]{8,120} \d{4,6}MiB \|", re.M)
_NO_ROWS = re.compile(r"(?:GPU Memory \||Usage {6,8}\|)\n\|=+\|\n\+-+\+|No running processes found")
_IN_TABLE = re.compile(r"\| {1,6}(\d{3,6})MiB / {1,6}(\d{3,6})MiB \|")
_OUT_OF_MEMORY = re.compile(r"out of memory", re.I)


def read(case: Case) -> Iterator[Clue]:
    yield from _nobody_complains(case)
    yield from _nobody_listed(case)


def _nobody_complains(case: Case) -> Iterator[Clue]:
    """A GPU in use is no fault where nothing in the text lacks memory or a device."""
    finding = case.finding("gpu-occupied-by-others")
    trouble = case.find(_TROUBLE) or case.hit("kube.no-gpu")
    if finding and not trouble:
        yield Clue(
            "gpu-occupied-by-others",
            -55,
            "nothing in the text lacks memory",
            finding.because[0].source if finding.because else "",
        )


def _nobody_listed(case: Case) -> Iterator[Clue]:
    yield from _dead_in_table(case)
    yield from _left_open(case)
    full = case.find(_OUT_OF_MEMORY) or _full(case) or case.find(_HOLDS)
    if not full:
        return
    dead = case.find(_DEFUNCT)
    if dead and "python" in dead[0].string[dead[0].start() : dead[0].end() + 80] and case.find(_OUT_OF_MEMORY):
        says = f"process {dead[0].group(1)} is a zombie, and the memory is full"
        yield Clue("zombie-process-holds-memory", 80, says, f"line {dead[1]}", says)
        yield Clue("gpu-occupied-by-others", -35, says, f"line {dead[1]}")
    for _, exchange in case.commands("nvidia-smi"):
        if "--query-compute-apps" not in exchange.typed.text:
            continue
        rows = [line.text for line in exchange.output if line.text.strip()]
        if not [row for row in rows if not _HEADER.match(row.strip())]:
            yield Clue(
                "zombie-process-holds-memory", 85, "nvidia-smi lists no process", f"line {exchange.typed.number}"
            )
    for words, exchange in case.commands("ps"):
        pids = [word for word in words[1:] if word.isdigit()]
        rows = [line.text for line in exchange.output if line.text.strip()]
        if pids and len(rows) <= 1 and not any(pid in row for pid in pids for row in rows):
            says = f"there is no process {pids[0]}"
            yield Clue(
                "zombie-process-holds-memory",
                85,
                says,
                f"line {exchange.typed.number}",
                f"memory is held by process {pids[0]}, which is gone",
            )
        elif pids and any("defunct" in row or re.search(r"\bZ[sl+]?\b", row) for row in rows):
            yield Clue(
                "zombie-process-holds-memory", 85, f"process {pids[0]} is a zombie", f"line {exchange.typed.number}"
            )
    orphan = case.find(_ORPHAN)
    if orphan and re.search(r"^ *PID +PPID\b", case.text, re.M):
        says = f"process {orphan[0].group(1)} has lost its parent and goes on"
        yield Clue("zombie-process-holds-memory", 80, says, f"line {orphan[1]}", says)
    listed = re.search(r"No running processes found", case.text)
    if listed and _full(case):
        yield Clue("zombie-process-holds-memory", 60, "no process is listed", f"line {case.line_at(listed.start())}")


def _left_open(case: Case) -> Iterator[Clue]:
    """Processes that have the GPU's device file open, while nvidia-smi lists none and the memory is in use."""
    opened, none = case.find(_OPEN), case.find(_NO_ROWS)
    used = any(int(found.group(1)) > 0.25 * int(found.group(2)) for found, _ in case.all(_IN_TABLE))
    if opened and none and used:
        pid = opened[0].group(1) or opened[0].group(2)
        says = f"nvidia-smi lists no process, and process {pid} has the GPU open"
        yield Clue("zombie-process-holds-memory", 82, says, f"line {opened[1]}", says)


def _dead_in_table(case: Case) -> Iterator[Clue]:
    """A process that nvidia-smi lists with memory, and that ps calls a zombie."""
    for found, line in case.all(_DEFUNCT):
        if re.search(rf"^\|[^\n]{{1,40}} {found.group(1)} [^\n]{{1,160}}\d ?MiB ?\|", case.text, re.M):
            says = f"process {found.group(1)}, which nvidia-smi lists, is a zombie"
            yield Clue("zombie-process-holds-memory", 85, says, f"line {line}", says)
            return


def _full(case: Case) -> bool:
    for gpu in value_or(case.facts.gpus.gpus, ()):
        used, total = value_or(gpu.memory_used, 0), value_or(gpu.memory_total, 0)
        if used > 0.25 * total > 0:
            return True
    return False
