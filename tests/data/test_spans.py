"""BIO tags to spans and back, and what is counted; seqeval itself is asked in tests/oracle."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.data.spans import (
    Span,
    SpanCount,
    bio_rules,
    span_report,
    spans_of,
    tags_of,
    well_formed,
)
from textkit.errors import InputError, UsageError

TAGS = ["O", "B-a", "I-a", "B-b", "I-b"]
sentences = st.lists(st.sampled_from(TAGS), max_size=12)


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ([], []),
        (["O", "O"], []),
        (["B-a", "B-a"], [(0, 1, "a"), (1, 2, "a")]),
        (["B-a", "I-a", "I-b", "O"], [(0, 2, "a"), (2, 3, "b")]),
        (["I-a", "O", "I-a", "I-a"], [(0, 1, "a"), (2, 4, "a")]),
        (["I-a", "B-a", "I-a"], [(0, 1, "a"), (1, 3, "a")]),
        (["B-arrival-time", "I-arrival-time"], [(0, 2, "arrival-time")]),
    ],
)
def test_spans_of_tags_also_ill_formed_ones(tags: list[str], spans: list[tuple[int, int, str]]) -> None:
    assert spans_of(tags) == [Span(*span) for span in spans]


@given(sentences)
def test_well_formed_tags_spell_the_same_spans_and_obey_the_rules(tags: list[str]) -> None:
    mended = well_formed(tags)
    assert spans_of(mended) == spans_of(tags)
    assert well_formed(mended) == mended
    rules = bio_rules(TAGS)
    numbers = [TAGS.index(tag) for tag in mended]
    assert all(rules.starts[number] for number in numbers[:1])
    assert all(rules.follows[pair] for pair in itertools.pairwise(numbers))


@given(sentences)
def test_tags_that_obey_the_rules_need_no_mending(tags: list[str]) -> None:
    rules, numbers = bio_rules(TAGS), [TAGS.index(tag) for tag in tags]
    obeyed = all(rules.starts[number] for number in numbers[:1]) and all(
        rules.follows[pair] for pair in itertools.pairwise(numbers)
    )
    assert obeyed == (well_formed(tags) == tags)


@pytest.mark.parametrize("tag", ["", "B", "I-", "S-a", "o", "E-a", "B_a", "O-a"])
def test_what_is_no_bio_tag_is_refused(tag: str) -> None:
    with pytest.raises(InputError, match=r"a tag is O, or B- or I- and a label, not .*; convert"):
        spans_of(["O", tag])


@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ([(0, 2, "a"), (1, 3, "b")], r"spans must not overlap: another one has tokens of 1 to 3 \(b\)"),
        ([(1, 1, "a")], "within the 4 tokens, not from 1 to 1"),
        ([(3, 5, "a")], "within the 4 tokens, not from 3 to 5"),
    ],
)
def test_spans_that_cannot_be_tags(spans: list[tuple[int, int, str]], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        tags_of([Span(*span) for span in spans], 4)


def test_a_report_by_hand() -> None:
    wanted = [["B-a", "I-a", "O", "B-b"], ["B-a"], []]
    found = [["B-a", "I-a", "O", "B-a"], ["B-a"], []]
    report = span_report(wanted, found)
    assert dict(report.labels) == {"a": SpanCount(2, 3, 2), "b": SpanCount(0, 0, 1)}
    assert report.micro == SpanCount(2, 3, 3)
    assert (report.micro.precision, report.micro.recall) == (2 / 3, 2 / 3)
    assert report.macro_f1 == pytest.approx((2 * 2 / 5 + 0) / 2)
    assert report.accuracy == 4 / 5
    assert (report.sentences, report.tokens) == (3, 5)
    assert report.as_dict()["labels"]["b"] == {  # type: ignore[index]
        "precision": 0.0,
        "recall": 0.0,
        "f1": 0.0,
        "wanted": 1,
        "found": 0,
    }


def test_nothing_wanted_and_nothing_found_is_no_error() -> None:
    report = span_report([], [])
    assert (report.micro, report.macro_f1, report.accuracy) == (SpanCount(), 0.0, 0.0)


@pytest.mark.parametrize(("wanted", "found"), [([["O"]], [["O", "O"]]), ([["O"]], []), ([], [["O"]])])
def test_as_many_tags_must_be_found_as_are_wanted(wanted: list[list[str]], found: list[list[str]]) -> None:
    with pytest.raises(InputError, match="sentence 1: as many tags must be found as are wanted"):
        span_report(wanted, found)
