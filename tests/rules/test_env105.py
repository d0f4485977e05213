from __future__ import annotations

import pytest

from envdoctor.facts import Facts
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedVariable

from .asking import NOT_KNOWN, change, evidence, found, healthy, needs, silent, the_one

CUDA_CONF, CONF = "PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF"


def torch(version: str, **variables: str) -> Facts:
    facts = change(healthy(), "torch", version=Known(version, "version.py"))
    return change(facts, "session", variables=Known(tuple(sorted(variables.items())), "environment"))


def test_an_option_of_a_later_torch_ends_the_program() -> None:
    finding = the_one("ENV105", torch("2.0.1+cu118", PYTORCH_CUDA_ALLOC_CONF="expandable_segments:True"))
    assert finding.severity == "error"
    assert finding.title == "torch 2.0.1+cu118 does not know expandable_segments in PYTORCH_CUDA_ALLOC_CONF"
    assert "expandable_segments came with torch 2.1" in evidence(finding)
    assert needs(finding) == [NeedVariable(CUDA_CONF, None)]


def test_the_other_options_stay() -> None:
    setting = "max_split_size_mb:128,expandable_segments:True,roundup_power2_divisions:[256:1,512:2]"
    finding = the_one("ENV105", torch("2.0.1+cu118", PYTORCH_CUDA_ALLOC_CONF=setting))
    kept = "max_split_size_mb:128,roundup_power2_divisions:[256:1,512:2]"
    assert needs(finding) == [NeedVariable(CUDA_CONF, kept)]


def test_an_option_that_went_and_a_misspelt_one() -> None:
    finding = the_one("ENV105", torch("2.5.1+cu121", PYTORCH_CUDA_ALLOC_CONF="roundup_bypass_threshold_mb:64"))
    assert "went after 2.0" in evidence(finding)
    finding = the_one("ENV105", torch("2.5.1+cu121", PYTORCH_CUDA_ALLOC_CONF="max_split_size:128"))
    assert "max_split_size in" in finding.title


def test_the_new_variable_with_an_older_torch_does_nothing() -> None:
    finding = the_one("ENV105", torch("2.5.1+cu121", PYTORCH_ALLOC_CONF="expandable_segments:True"))
    assert finding.severity == "warning"
    assert needs(finding) == [NeedVariable(CUDA_CONF, "expandable_segments:True"), NeedVariable(CONF, None)]
    both = torch("2.5.1+cu121", PYTORCH_ALLOC_CONF="backend:native", PYTORCH_CUDA_ALLOC_CONF="backend:native")
    assert not the_one("ENV105", both).remedies  # which of the two was meant is not ours to say
    old = torch("1.9.1+cu111", PYTORCH_CUDA_ALLOC_CONF="max_split_size_mb:64")
    assert silent("ENV105", old) == "pass"  # not read at all before 1.10, and what is not read ends nothing


def test_both_variables_may_be_wrong() -> None:
    facts = torch("2.5.1+cu121", PYTORCH_ALLOC_CONF="a:1", PYTORCH_CUDA_ALLOC_CONF="b:1")
    assert [one.severity for one in found("ENV105", facts)] == ["error", "warning"]


@pytest.mark.parametrize(
    ("version", "variables"),
    [
        ("2.1.0+cu121", {CUDA_CONF: "expandable_segments:True"}),
        ("2.0.1+cu118", {CUDA_CONF: "roundup_bypass_threshold_mb:64"}),
        ("2.9.1+cu128", {CONF: "expandable_segments:True"}),
        ("2.9.1+cu128", {CUDA_CONF: "expandable_segments:True"}),
        ("2.5.1+cu121", {CUDA_CONF: " max_split_size_mb : 128 , "}),
        ("2.5.1+cu121", {CUDA_CONF: ""}),
        ("2.5.1+cu121", {"PYTORCH_NO_CUDA_MEMORY_CACHING": "1"}),
    ],
)
def test_near_misses(version: str, variables: dict[str, str]) -> None:
    assert silent("ENV105", torch(version, **variables)) == "pass"


def test_not_applicable_and_cannot_tell() -> None:
    wrong = torch("2.0.1+cu118", PYTORCH_CUDA_ALLOC_CONF="expandable_segments:True")
    assert silent("ENV105", change(wrong, "torch", build=Known("cpu", "version.py"))) == "not-applicable"
    assert silent("ENV105", change(wrong, "torch", build=Absent(("site-packages",)))) == "not-applicable"
    assert silent("ENV105", change(wrong, "torch", version=NOT_KNOWN)) == "cannot-tell"
    assert silent("ENV105", change(wrong, "session", variables=NOT_KNOWN)) == "cannot-tell"
    # A torch that came after the table may know what the table does not.
    assert silent("ENV105", torch("9.0.0+cu140", PYTORCH_CUDA_ALLOC_CONF="something_new:1")) == "cannot-tell"
