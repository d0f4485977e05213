"""What to install on a machine that is described, not looked at."""
