"""Whatever a path is called, the printed line gives a shell exactly that word back, and stays one line."""

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.render.shell import line

SHELLS = [shell for shell in ("sh", "dash", "bash", "zsh") if shutil.which(shell)]
HOSTILE = [
    "plain",
    "",
    "a b",
    "it's",
    "~orch",
    "-rf",
    "numpy<2",
    '$HOME `id` $(id) \\ " ! * ? [x] {a,b} ; & | > #',
    "new\nline",
    "tab\tand\rreturn",
    "100%d\n%s\\n'",
    "\x1b[31mred\x1b]0;title\x07",
    "byte\udcff\udce9",
    "-v\x1f",
    "turned\u202eexe.py",
    "\u4e2d\u6587 \u00e9",
]


def read_back(shell: str, words: "list[str]") -> "list[str]":
    printed = line(["printf", "%s\\0", *words])
    assert "\n" not in printed and "\x1b" not in printed
    printed.encode("utf-8")
    found = subprocess.run([shell, "-c", printed], stdout=subprocess.PIPE, check=True).stdout
    return [word.decode("utf-8", "surrogateescape") for word in found.split(b"\0")[:-1]]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_reads_the_same_words_back(shell: str) -> None:
    assert read_back(shell, HOSTILE) == HOSTILE


def test_a_newline_at_the_end_is_kept_where_the_shell_knows_how() -> None:
    if "bash" not in SHELLS:
        pytest.skip("no bash")
    assert read_back("bash", ["end\n", "50%'\\\n\n"]) == ["end\n", "50%'\\\n\n"]


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@settings(max_examples=40, deadline=None)
@given(TEXT.filter(lambda text: not text.endswith("\n")))
def test_any_text_comes_back(word: str) -> None:
    assert read_back(SHELLS[0], [word]) == [word]
