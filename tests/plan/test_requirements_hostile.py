"""A requirements file is text that somebody gave: whatever it holds, the answer is one sentence or a plan."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.plan.requirements import asked
from envdoctor.voice import Unusable
from tests.fakes import FakeHost
from tests.plan.asking import TABLE

WORDS = st.sampled_from(
    [
        "torch",
        "==",
        ">=2",
        ";",
        "[x]",
        "@",
        "-r",
        "-e",
        "--hash=",
        "\\\n",
        "#",
        " ",
        "\n",
        "python_version",
        '"3"',
        "(",
        "\udcff",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(WORDS, st.text(max_size=6)), max_size=12))
def test_no_text_brings_it_down(parts: list) -> None:  # type: ignore[type-arg]
    text = "".join(parts)
    host = FakeHost(files={"/r.txt": text.encode("utf-8", "surrogatepass")})
    try:
        found = asked(host, "/r.txt", {"python_version": "3.10", "sys_platform": "linux", "extra": ""}, TABLE)
    except Unusable as error:
        assert str(error)
    else:
        assert all(one.name for one in found)
