"""Words of a fixed list in a text: found as by looking for each, named in whatever comes again."""

from __future__ import annotations

from typing import List

from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.pasted import Words, blocks
from envdoctor.pasted._sieve import _SMALL, SHORTEST, Sieve

LETTERS = "aeEz_ é中"
WORDS = st.text(alphabet=LETTERS, min_size=SHORTEST, max_size=14).map(str.encode)
FILLER = b"the quick brown fox; loss=0.25, CUDA_HOME=/usr/local\n" * (_SMALL // 50)


def one_by_one(words: List[bytes], text: bytes) -> List[List[object]]:
    flat = text.replace(b"\n", b" ")
    found = [[at, word] for word in set(words) for at in range(len(flat)) if flat.startswith(word, at)]
    return sorted(found, key=lambda one: (one[0], one[1]))


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=8), st.text(alphabet=LETTERS + "\n", max_size=80), st.integers(0, 7))
def test_a_large_text_is_searched_as_a_small_one(words: List[bytes], text: str, shift: int) -> None:
    data = b"." * shift + text.encode()
    expected = one_by_one(words, data)
    sieve = Sieve(words)
    assert [list(place) for place in sieve.places(data)] == expected
    rare = [word for word in words if word not in FILLER.replace(b"\n", b" ")]
    if len(rare) == len(words):
        places = sieve.places(data + b"\n." + FILLER)
        assert [list(place) for place in places if place[0] + len(place[1]) <= len(data)] == expected


def test_every_word_is_found_at_every_place_of_a_cell() -> None:
    words = [b"Xid", b"NCCL", b"`np.", b"Errno", b"ERROR!", b"No space left", "显存不足".encode(), b" Proxy"]
    for shift in range(8):
        for word in words:
            text = FILLER + b"." * shift + word + b"|" + FILLER
            assert Sieve(words).places(text) == [(len(FILLER) + shift, word)]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.text(alphabet="abc 12é", min_size=1, max_size=6), min_size=1, max_size=6),
    st.lists(st.text(alphabet="abc 12\né", max_size=40), max_size=6),
)
def test_whatever_is_in_a_block_is_named(words: List[str], texts: List[str]) -> None:
    looking = Words(words)
    for text in texts:
        for block in blocks([text.encode()]):
            found = looking.find(block)
            for word in words:
                rows = [row for row, line in enumerate(block.text.split("\n")) if word in line]
                assert set(rows) <= set(found.rows.get(word, ()))


def rows(words: Words, text: str, word: str) -> List[int]:
    return list(words.find(next(blocks([text.encode()]))).rows.get(word, ()))


def test_lines_that_differ_in_figures_are_the_same_line() -> None:
    words = Words(["Errno 28", "P2P"])
    assert rows(words, "a\n[Errno 13] x\nb", "Errno 28") == [1]
    assert rows(words, "step 1\n[Errno 28] x\n[Errno 7] x", "Errno 28") == [1, 2]
    assert rows(words, "pipe PP", "P2P") == []
    assert rows(words, "x\nP2P is\n P2P, P2P", "P2P") == [1, 2]


def test_a_word_is_found_where_it_is_wrapped_coloured_or_quoted() -> None:
    words = Words(["is too old"])
    assert rows(words, "your system is\ntoo old", "is too old") == [0, 1]
    assert rows(words, "your system \x1b[31mis too\x1b[0m old", "is too old") == [0]
    assert rows(words, "> a\n> your system is\n> too old\n", "is too old") == [1, 2]
    many = "step 1\n" * 20
    assert rows(words, many + "your driver is\ntoo old\n" + many, "is too old") == [20, 21]
    # A line that is known may be part of a word with one that is new.
    assert rows(words, many + "your driver is\ntoo old for it\n" + many, "is too old") == [20, 21]


def test_what_is_new_is_what_has_a_new_neighbour() -> None:
    words = Words(["Error"])
    first, second = (next(blocks([text])) for text in (b"a\nError: 1\n" + b"b\n" * 9, b"a\nError: 2\nb\nb\nb\nb\nb\nc"))
    assert words.find(first).is_new(1)
    found = words.find(second)
    assert found.rows["Error"] == [1]
    assert not found.is_new(1)
    assert found.is_new(3)


def test_of_a_common_word_the_last_lines_are_named_and_a_rare_one_is_found_among_them() -> None:
    words = Words(["Errors", "Killed"])
    lines = [f"{number:x} Errors {number * 7919:x}x" for number in range(150_000)]
    lines[120_000] += " Killed"
    rare: List[int] = []
    for block in blocks([("\n".join(lines) + "\n").encode()]):
        found = words.find(block)
        assert found.rows["Errors"][-1] == len(block.rows) - 1
        rare += [block.first + row for row in found.rows.get("Killed", ())]
    assert rare == [120_001]


def test_more_lines_than_are_remembered_are_looked_at_all_the_same() -> None:
    words = Words(["Killed"])
    lines = [f"{number:x} {number * 7919:x}" for number in range(120_000)]
    lines[110_000:110_002] = ["a Killed", "b Killed"]
    rows = [
        block.first + row
        for block in blocks([("\n".join(lines)).encode()])
        for row in words.find(block).rows.get("Killed", ())
    ]
    assert rows == [110_001, 110_002]
