"""Figures as words, in one way everywhere."""

from __future__ import annotations

from .facts import Interval

_UNITS = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def size_words(size: float) -> str:
    """ "36.0 GB": decimal, as disks and the frameworks' documents count."""
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:.3g} {name}" if size < 1000 * unit else f"{size / unit:.0f} {name}"
    return f"{size:.0f} bytes"


def per_second(rate: float) -> str:
    return f"{rate:.0f}/s" if rate >= 20 else f"{rate:.1f}/s"


def duration(minutes: float) -> str:
    if minutes < 1:
        return "under a minute"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def within(interval: Interval) -> str:
    """ "exactly", or how far off it may be."""
    return "" if interval.exact else f" ± {max(0.1, 100 * interval.within):.1f} %"
