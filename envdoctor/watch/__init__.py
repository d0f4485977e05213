"""`envdoctor watch`: why a running job's GPU waits, seen from outside.

target (which processes) -> sampler (the machine, many looks) -> series (what was seen, with units) -> judge (what it
means; its numbers stand in thresholds.py) -> page, chart, html, as_json.
"""
