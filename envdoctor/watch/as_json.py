"""The answer as JSON: format watch-v1. Adding a key is no break."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional

from ..codec import to_plain
from .advice import Advice, Setting, cause_of_doubt
from .judge import Answer
from .series import Series, Shares


def as_json(series: Series, answer: Answer, told: Advice, code: int) -> str:
    content: Dict[str, Any] = {
        "format": "watch-v1",
        "answer": answer.kind,
        "confidence": answer.confidence,
        "says": told.title,
        "exit_code": code,
        "best_gain_factor": answer.gain,
        "because": list(told.because),
        "settings": [_setting(each) for each in told.settings],
        "experiment": None if told.experiment is None else _setting(told.experiment),
        "not_seen": cause_of_doubt(series),
        "pid": None if answer.rank is None else answer.rank.pid,
        "numbers": _numbers(answer),
        "series": to_plain(series),
    }
    return json.dumps(content, indent=2) + "\n"


def _setting(setting: Setting) -> Dict[str, Any]:
    return {"title": setting.title, "code": setting.code or None, "commands": [list(argv) for argv in setting.commands]}


def _numbers(answer: Answer) -> Optional[Dict[str, Any]]:
    seen = answer.numbers
    if seen is None:
        return None
    return {
        "seconds": seen.seconds,
        "gpu_busy_share": seen.gpu,
        "gpu_gap_share": seen.gaps,
        "gpu_samples": seen.samples,
        "gpu_power_share_of_limit": seen.power,
        "gpu_sm_share_of_others": seen.gpu_others,
        "workers": seen.workers,
        "worker": _shares(seen.worker),
        "main": _shares(seen.main),
        "cpus_allowed": seen.cpus,
        "cpus_used_by_job": seen.job,
        "cpus_used_by_others": seen.others,
        "io_pressure_share": seen.io_pressure,
        "throttled_share": seen.throttled,
        "read_bytes_per_second": seen.read,
        "storage_bytes_per_second": seen.from_disk,
    }


def _shares(shares: Optional[Shares]) -> Optional[Dict[str, float]]:
    if shares is None:
        return None
    return {
        "on_cpu_share": shares.run,
        "ready_without_cpu_share": shares.delay,
        "storage_wait_share": shares.disk,
        "network_wait_share": shares.remote,
        "idle_share": shares.idle,
        "cpus": shares.cpu,
    }
