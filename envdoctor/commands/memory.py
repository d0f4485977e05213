"""`envdoctor memory`."""

from ..explain.memory.command import EPILOG
from ..explain.memory.command import memory_command as memory

__all__ = ["EPILOG", "memory"]
