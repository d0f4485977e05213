"""Who waits for whom: GPU utilisation, CPUs, disks and workers in the text."""

from __future__ import annotations

import re
from statistics import mean
from typing import Iterator, List, Optional, Tuple

from ...reading import Known, value_or
from ..evidence import Case, Clue, out

_CPU = re.compile(
    r"Cpu\(s\): ?([\d.]{1,5})%? ?us, ?([\d.]{1,5})%? ?sy[^\n]{0,40}?([\d.]{1,5})%? ?id(?:, ?([\d.]{1,5})%? ?wa)?"
)
_MPSTAT = re.compile(
    r"^(?:Average:|\d\d:\d\d:\d\d(?: [AP]M)?) +all +([\d.]{1,6}) [^\n]{0,120} ([\d.]{1,6})\s{0,4}$", re.M
)
_LOAD_PERCENT = re.compile(r"LoadPercentage\s{1,8}(\d{1,3})")
_TOP = re.compile(
    r"^ {0,6}\d{2,8} +\S{1,20} +\S{1,4} +-?\d{1,3} +\S{1,10} +\S{1,10} +\S{1,10} +[RSDZT] +([\d."
    r"]{1,7}) +[\d.]{1,5} +\S{1,14} +(\S{1,60})",
    re.M,
)
_DMON = re.compile(r"^ {0,6}\d{1,2} +(\d{1,3}) +(\d{1,3}) +\d{1,3} +\d{1,3}", re.M)
_PERCENT = re.compile(r"(?:^|, ?)(\d{1,3}) ?%(?:,|\s{0,4}$)", re.M)
_DD = re.compile(r"copied, [\d.]{1,12} s(?:econds)?, ([\d.]{1,8}) ([kMG]?B)/s")
_DISK = re.compile(
    r"^(?:sd[a-z]{1,2}|vd[a-z]|nvme\S{1,8}|dm-\d{1,3}|md\d{1,3}|hd[a-z]) .{0,300}? (\d{1,3}[.,]\d{1,2})\s{0,4}$", re.M
)
_ROTATES = re.compile(r"^(\S{2,12}) +1(?: |$)", re.M)
_WAITS = re.compile(r"^ {0,6}\d{2,8} .{0,60} D[sl+<N]{0,3} .{0,60}(?:pt_data_worker|python)", re.M)
#: iotop: "TID PRIO USER DISK READ DISK WRITE SWAPIN IO> COMMAND".
_IOTOP = re.compile(
    r"^ {0,6}\d{2,8} +\S{4} +\S{1,32} +[\d.]{1,9} [BKMG]/s +[\d.]{1,9} [BKMG]/s +[\d.]{1,6} % +([\d.]{1,6}) %"
    r" +\S{0,40}(?:python|pt_data)",
    re.M,
)
_NET = re.compile(r"\b(?:nfs4?|cifs|9p|drvfs|fuse\.sshfs|fuse\.\w{1,12}|lustre|ceph|glusterfs|beegfs|gpfs|smb3)\b")
_NPROC = re.compile(r"^(\d{1,4})\s{0,4}$")
_AVERAGE = re.compile(r"load average: ?([\d.]{1,8})")
_WORKERS = re.compile(r"(?:num[_-]?workers|--workers|workers_per_gpu|dataloader_num_workers)[=:\s]{1,3}(\d{1,4})\b")
_SPLIT = (
    re.compile(
        r"(?:loading batch|load(?:ing)?|data(?:_time| time|loader)?|fetch"
        r"|batch wait)[^\n\d]{0,20}?[:=] ?([\d.]{1,8}) ?m?s?[^\n]{0,40}?(?:forward|compute|train|step"
        r"|gpu|model|batch_time|backward)[^\n\d]{0,20}?[:=]? ?([\d.]{1,8})",
        re.I,
    ),
)
_MMENGINE = re.compile(r"(?:\b|iter_|batch_|step_)time: ([\d.]{1,8})s?[, ]{1,4}data_time: ([\d.]{1,8})")
_TIMM = re.compile(
    r"Time: ([\d.]{1,8})s?[^\n]{0,80}?Data: ([\d.]{1,8})"
    r"|Time +([\d.]{1,8}) ?\([^)]{1,12}\)[^\n]{0,20}Data +([\d.]{1,8}) ?\("
)
_TRAINS = re.compile(r"train|yolo|DataLoader|dataset|epoch|pt_data_worker|utilization|batch|dmon|iostat", re.I)

#: What makes a GPU's utilisation one of training, where no command asked for it.
_LOADS = re.compile(
    r"queue/rotational|does not have many workers|\bROTA\b|%iowait|%util|(?:it|examples|img|samples|images)/s\b"
    r"|data_time|pt_data_worker|s/it\b"
)
#: py-spy: "%Own %Total OwnTime TotalTime Function (file)".
_PY_SPY = re.compile(
    r"^ {0,4}(\d{1,3}\.\d{2})% +\d{1,3}\.\d{2}% +[\d.]{1,9}s +[\d.]{1,9}s +(\S{1,80} \([^)\n]{1,120}\))", re.M
)
_DECODES = re.compile(
    r"PIL/|cv2|imread|decode|albumentations|torchvision/(?:transforms|io)|__getitem__|collate|librosa|jpeg", re.I
)
_FEW = re.compile(r"does not have many workers which may be a bottleneck[^\n]{0,200}")


def read(case: Case) -> Iterator[Clue]:
    gpu, cpus = _gpu(case), _cpus(case)
    idle = gpu is not None and gpu[0] < 50
    cpu = case.find(_CPU)
    yield from _threads(case, cpus, idle)
    busy = _busy(case)
    disk = list(_disk(case, idle))
    if busy and (idle or _slow_loading(case)):
        source = f"line {busy[1]}"
        yield Clue("input-bound-cpu-decode", 75, f"the CPUs are at {busy[0]:.0f} % while the GPU waits", source)
    yield from disk
    loading = _slow_loading(case)
    if loading:
        says = f"loading a batch takes {loading[0]:.2g} of {loading[1]:.2g} s"
        yield Clue("input-bound-cpu-decode", 20 if disk else 45, says, f"line {loading[2]}")
        yield Clue("input-bound-slow-disk", 35, says, f"line {loading[2]}")
    yield from _sampled(case, idle)
    few = case.find(_FEW)
    if few and idle:
        says = "Lightning says that the loader has too few workers, and the GPU waits"
        yield Clue("input-bound-cpu-decode", 55, says, f"line {few[1]}")
    if gpu and idle and not busy and not disk and _TRAINS.search(case.text) and cpu is None and gpu[2] >= 3:
        yield Clue("input-bound-cpu-decode", 35, f"the GPU is at {gpu[0]:.0f} % on average", f"line {gpu[1]}")
        yield Clue("input-bound-slow-disk", 30, f"the GPU is at {gpu[0]:.0f} % on average", f"line {gpu[1]}")
    elif gpu and idle and disk:
        yield Clue("input-bound-slow-disk", 30, f"the GPU is at {gpu[0]:.0f} %", f"line {gpu[1]}")


def _sampled(case: Case, idle: bool) -> Iterator[Clue]:
    """py-spy's table: the share of time in reading, decoding and changing samples."""
    rows = [(float(found.group(1)), line) for found, line in case.all(_PY_SPY) if _DECODES.search(found.group(2))]
    share = sum(percent for percent, _ in rows)
    if share > 40:
        says = f"{share:.0f} % of the samples are in reading and decoding"
        yield Clue("input-bound-cpu-decode", 72 if idle else 55, says, f"line {rows[0][1]}")


def _gpu(case: Case) -> Optional[Tuple[float, int, int]]:
    """Mean utilisation of the GPU in percent, a line, and the number of samples."""
    samples: List[int] = []
    line = 0
    for _, exchange in case.commands("nvidia-smi", "watch"):
        text = exchange.typed.text
        if "dmon" in text:
            found = [int(one.group(1)) for one in _DMON.finditer(out(exchange))]
        elif "utilization.gpu" in text:
            found = [int(one) for one in _PERCENT.findall(out(exchange))]
        else:
            continue
        samples += [one for one in found if one <= 100]
        line = exchange.typed.number
    if not samples and (case.find(_TOP) or case.find(_CPU) or case.find(_LOADS)):
        # A table of nvidia-smi beside a list of busy processes, or beside what loads data: the same moment.
        known = [
            gpu.utilisation.value for gpu in value_or(case.facts.gpus.gpus, ()) if isinstance(gpu.utilisation, Known)
        ]
        samples = [int(one) for one in known]
    return (mean(samples), line, len(samples)) if samples else None


def _cpus(case: Case) -> Optional[int]:
    for _, exchange in case.commands("nproc"):
        found = _NPROC.match(out(exchange).split("\n")[0].strip())
        if found:
            return int(found.group(1))
    said = re.search(r"^CPU\(s\): +(\d{1,4})$", case.text, re.M)
    return int(said.group(1)) if said else None


def _busy(case: Case) -> Optional[Tuple[float, int]]:
    """How busy the CPUs are in percent, where they are."""
    cpu = case.find(_CPU)
    if cpu and float(cpu[0].group(3)) < 25 and float(cpu[0].group(4) or 0) < 15:
        return 100 - float(cpu[0].group(3)), cpu[1]
    mpstat = case.find(_MPSTAT)
    if mpstat and float(mpstat[0].group(2)) < 20:
        return 100 - float(mpstat[0].group(2)), mpstat[1]
    percent = case.find(_LOAD_PERCENT)
    if percent and int(percent[0].group(1)) > 75:
        return float(percent[0].group(1)), percent[1]
    rows = [
        (float(found.group(1)), line)
        for found, line in case.all(_TOP)
        if re.search(r"pt_data|python|train|dali", found.group(2))
    ]
    full = [row for row in rows if row[0] > 90]
    return (full[0][0], full[0][1]) if len(full) > 1 else None


def _threads(case: Case, cpus: Optional[int], idle: bool) -> Iterator[Clue]:
    for exchange in case.exchanges:
        text = exchange.typed.text
        if re.match(r"ps\b", text) and "wc" in text and re.search(r"-\w*L|-T\b|thread", text):
            number = out(exchange).strip().split("\n")[0].strip()
            if number.isdigit() and len(number) < 7 and cpus and int(number) > 4 * cpus:
                says = f"{number} threads run on {cpus} CPUs"
                yield Clue("too-many-workers", 80, says, f"line {exchange.typed.number}", says)
        if re.match(r"ps\b", text) and "nlwp" in text and cpus:
            number = str(sum(int(word) for word in out(exchange).split() if word.isdigit() and len(word) < 6))
            if int(number) > 2 * cpus:
                says = f"{number} threads run on {cpus} CPUs"
                yield Clue("too-many-workers", 72, says, f"line {exchange.typed.number}", says)
    rows = [
        (float(found.group(1)), line) for found, line in case.all(_TOP) if re.search(r"pt_data|python", found.group(2))
    ]
    several = [row for row in rows if row[0] > 115]
    if len(several) > 2:
        says = f"each of {len(several)} workers runs more than one thread"
        yield Clue("too-many-workers", 72, says, f"line {several[0][1]}", says)
        yield Clue("input-bound-cpu-decode", 30, says, f"line {several[0][1]}")
    load = case.find(_AVERAGE)
    if load and cpus and float(load[0].group(1)) > 2.5 * cpus:
        yield Clue("too-many-workers", 60, f"a load of {load[0].group(1)} on {cpus} CPUs", f"line {load[1]}")
    workers = case.find(_WORKERS)
    if workers and cpus and int(workers[0].group(1)) > cpus:
        yield Clue("too-many-workers", 55, f"{workers[0].group(1)} workers on {cpus} CPUs", f"line {workers[1]}")


def _iowait(case: Case) -> Iterator[Clue]:
    """The wait for disks in vmstat, mpstat and iostat."""
    header: List[str] = []
    for line in case.kept:
        words = line.text.split()
        if ("wa" in words and "id" in words) or "%iowait" in words:
            header = words
        elif header and words and len(words) >= len(header) - 2:
            name = "wa" if "wa" in header else "%iowait"
            at = header.index(name) - len(header)
            value = words[at] if len(words) >= -at else ""
            if re.fullmatch(r"\d{1,3}(?:\.\d{1,2})?", value) and 15 < float(value) <= 100:
                yield Clue(
                    "input-bound-slow-disk",
                    62,
                    f"the CPUs wait for the disk {value} % of the time",
                    f"line {line.number}",
                )
                return


def _disk(case: Case, idle: bool) -> Iterator[Clue]:
    yield from _iowait(case)
    for exchange in case.exchanges:
        if "queue/rotational" in exchange.typed.text and out(exchange).strip().startswith("1") and idle:
            yield Clue("input-bound-slow-disk", 55, "the disk is a hard disk", f"line {exchange.typed.number}")
    cpu = case.find(_CPU)
    if cpu and float(cpu[0].group(4) or 0) > 15:
        yield Clue(
            "input-bound-slow-disk", 65, f"the CPUs wait for the disk {cpu[0].group(4)} % of the time", f"line {cpu[1]}"
        )
    full = case.find(_DISK)
    if full and "%util" in case.text and float(full[0].group(1).replace(",", ".")) > 85:
        yield Clue("input-bound-slow-disk", 70, f"the disk is busy {full[0].group(1)} % of the time", f"line {full[1]}")
    speed = case.find(_DD)
    slow = speed is not None and _megabytes(speed[0]) < 150 and "of=/dev/null" in case.text
    if speed and slow:
        says = f"the disk reads {speed[0].group(1)} {speed[0].group(2)}/s"
        yield Clue("input-bound-slow-disk", 65, says, f"line {speed[1]}", says)
    stuck = [line for found, line in case.all(_IOTOP) if float(found.group(1)) > 70]
    if stuck:
        says = "processes spend their time waiting for reads"
        yield Clue("input-bound-slow-disk", 66, says, f"line {stuck[0]}", says)
    waits = list(case.all(_WAITS))
    if len(waits) > 1:
        yield Clue(
            "input-bound-slow-disk", 60, f"{len(waits)} processes wait for the disk (state D)", f"line {waits[0][1]}"
        )
    network = case.find(_NET)
    if network and (idle or slow or full or waits or _slow_loading(case)):
        yield Clue("input-bound-slow-disk", 50, f"the data lies on {network[0].group()}", f"line {network[1]}")
    if "ROTA" in case.text and (idle or slow or _slow_loading(case)):
        for found, line in case.all(_ROTATES, most=8):
            yield Clue("input-bound-slow-disk", 68, f"{found.group(1)} is a hard disk", f"line {line}")
            break


def _megabytes(found: re.Match[str]) -> float:
    return float(found.group(1)) * {"B": 1e-6, "kB": 1e-3, "MB": 1.0, "GB": 1e3}[found.group(2)]


def _slow_loading(case: Case) -> Optional[Tuple[float, float, int]]:
    """(seconds of loading, seconds of the step, line) where more than half of a step goes into loading."""
    for pattern in _SPLIT:
        found = case.find(pattern)
        if found:
            load, rest = _number(found[0].group(1)), _number(found[0].group(2))
            if load > 2 * rest > 0:
                return load, load + rest, found[1]
    for pattern in (_MMENGINE, _TIMM):
        found = case.find(pattern)
        if found:
            values = [_number(value) for value in found[0].groups() if value]
            if len(values) == 2 and values[0] > 0 and values[1] > 0.5 * values[0]:
                return values[1], values[0], found[1]
    return None


def _number(text: str) -> float:
    try:
        return float(text.rstrip("."))
    except ValueError:
        return 0.0
