"""envdoctor: look at a machine, judge what was seen, print the commands that mend it."""

__version__ = "0.1.0"
