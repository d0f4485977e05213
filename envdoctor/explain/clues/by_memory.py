"""What out-of-memory messages and growing figures say: see explain/memory."""

from __future__ import annotations

from ..memory.clues import read

__all__ = ["read"]
