"""Findings to commands."""

from __future__ import annotations

from typing import Optional, Tuple

from ..compat import CompatTable
from ..facts import Facts
from ..report import Finding, Fix


def prescribe(finding: Finding, facts: Facts, table: CompatTable, manager: Optional[str] = None) -> Tuple[Fix, ...]:
    """The remedies of a finding as exact commands for this environment; `manager` overrides who installs."""
    raise NotImplementedError
