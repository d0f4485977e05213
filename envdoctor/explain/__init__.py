"""A log or a pasted report to the causes that it shows, best first. See explaining.py."""
