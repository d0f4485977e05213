"""`compat`: every answer cites what it is from, and an unknown name is one sentence."""

from __future__ import annotations

import json

import pytest

from envdoctor.compat import CompatTable, NoRow
from envdoctor.compat_pages.answers import overview
from envdoctor.compat_pages.entry import Entry, as_json, page
from envdoctor.compat_pages.questions import QUESTIONS
from envdoctor.render.plain import plain

TABLE = CompatTable()


def shown(entry: Entry) -> str:
    return plain(page(entry))


@pytest.mark.parametrize(
    ("subject", "name", "told"),
    [
        ("torch", "2.5.1", ("0.20.1", "cu118", "450.80.02", "pytorch-cuda=12.4", "--index-url", "sm_90")),
        ("torch", "2.5.1+cu121", ("torch 2.5.1\n",)),
        ("cuda", "12.4", ("525.60.13 or newer", "up to 13", "2.4.0", "550 (12.4)")),
        ("gpu", "RTX 3090", ("8.6", "Ampere", "torch 1.8.1", "cu111")),
        ("driver", "535", ("12.2", "LTSB", "12.9")),
        ("driver", "470.57.02", ("11.4", "11.8")),
        ("package", "mmcv", ("2.2.0", "torch 2.4 cu121", "openmmlab")),
    ],
)
def test_answers(subject: str, name: str, told: tuple[str, ...]) -> None:
    text = shown(QUESTIONS[subject](TABLE, name))
    for words in told:
        assert words in text
    assert "source: " in text


def test_a_driver_is_not_said_to_run_what_it_cannot() -> None:
    sections = QUESTIONS["driver"](TABLE, "535.129.03").sections
    toolkits = dict(sections[1].facts)["toolkits"].split(", ")
    assert "12.9" in toolkits
    assert not [one for one in toolkits if one.startswith("13")]


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("torch", "9.9"),
        ("cuda", "99.9"),
        ("gpu", "Voodoo 3"),
        ("driver", "9999"),
        ("package", "leftpad"),
        ("cuda", "x"),
    ],
)
def test_unknown(subject: str, name: str) -> None:
    with pytest.raises(NoRow) as caught:
        QUESTIONS[subject](TABLE, name)
    assert str(caught.value)


@pytest.mark.parametrize("version", [release.version for release in TABLE.torch_releases()])
def test_every_release_has_a_page_whose_sections_are_sourced(version: str) -> None:
    entry = QUESTIONS["torch"](TABLE, version)
    assert all(section.facts and section.origins for section in entry.sections)


@pytest.mark.parametrize("name", TABLE.downstream_names())
def test_every_package_has_a_page(name: str) -> None:
    assert QUESTIONS["package"](TABLE, name).sections[0].origins


def test_json_names_what_the_page_says() -> None:
    entry = QUESTIONS["cuda"](TABLE, "12.4")
    made = json.loads(json.dumps(as_json(entry, TABLE.date)))
    assert made["format"] == "compat-v1"
    assert made["table"] == TABLE.date
    assert made["sections"][0]["facts"]["driver"] == "525.60.13 or newer"
    for section in made["sections"]:
        for source in section["sources"]:
            assert set(source) == {"source", "where", "how", "checked"}
            assert source["how"] in ("measured", "read", "derived")


def test_overview_names_every_cuda_and_package() -> None:
    text = shown(overview(TABLE))
    assert all(f"  {row.version}" in text for row in TABLE.cudas())
    assert all(name in text for name in TABLE.downstream_names())
