"""`envdoctor explain`."""

from ..explain.command import EPILOG
from ..explain.command import explain_command as explain

__all__ = ["EPILOG", "explain"]
