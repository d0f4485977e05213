from __future__ import annotations

import pytest

from envdoctor.watch import proc

STAT = "4242 (a) b\n(c) D 17 1 1 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 9 0 777777 1000 50 18446744073709551615"


def test_a_name_may_hold_anything() -> None:
    assert proc.stat(STAT) == proc.Stat("D", 17, 300, 9, 777777)


@pytest.mark.parametrize(
    "text", [None, "", "4242 (python", "1 (x) R", "1 (x) R a b c d e f g h i j k l m n o p q r s t"]
)
def test_what_is_no_stat(text: str) -> None:
    assert proc.stat(text) is None


def test_schedstat() -> None:
    assert proc.schedstat("1500000000 250000000 77\n") == (1.5, 0.25)
    assert proc.schedstat("0") is None and proc.schedstat(None) is None


def test_tables() -> None:
    assert proc.table("rchar: 12\nread_bytes: 4096\n") == {"rchar": 12, "read_bytes": 4096}
    assert proc.table("nr_periods 10\nnr_throttled 3\nbad\n\n") == {"nr_periods": 10, "nr_throttled": 3}
    assert proc.table(None) == {}


def test_pressure() -> None:
    assert proc.pressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\nfull avg10=0 total=1\n") == 2.5
    assert proc.pressure("full avg10=0 total=1\n") is None and proc.pressure(None) is None


def test_busy_ticks_are_of_the_cpus_asked_for() -> None:
    """user nice system idle iowait irq softirq steal guest guest_nice: idle and iowait are no use, guest is user."""
    text = "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 2 3 100 50 4 5 6 1 1\ncpu1 10 0 0 5 5 0 0 0 0 0\nintr 1 2 3\n"
    assert proc.busy_ticks(text, (0,)) == 21
    assert proc.busy_ticks(text, (0, 1)) == 31
    assert proc.busy_ticks(text, (7,)) is None and proc.busy_ticks(None, (0,)) is None


@pytest.mark.parametrize("text, cpus", [("0-2,7", (0, 1, 2, 7)), ("5", (5,)), ("", ()), ("x", ()), ("0-99999999", ())])
def test_cpu_lists(text: str, cpus: object) -> None:
    assert proc.cpu_list(text) == cpus
