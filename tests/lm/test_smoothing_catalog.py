"""Smoothings by name and value: each name makes its own, and choices that make no sense are refused."""

from __future__ import annotations

import math

import pytest

from textkit.errors import UsageError
from textkit.lm.smoothing.absolute_discounting import AbsoluteDiscounting
from textkit.lm.smoothing.catalog import SMOOTHINGS, make_smoothing
from textkit.lm.smoothing.jelinek_mercer import JelinekMercer
from textkit.lm.smoothing.kneser_ney import KneserNey
from textkit.lm.smoothing.stupid_backoff import StupidBackoff


def test_every_name_makes_its_smoothing() -> None:
    assert {name: type(make_smoothing(name)) for name in SMOOTHINGS} == SMOOTHINGS
    assert make_smoothing("jelinek-mercer", value=0.8) == JelinekMercer((0.8,))
    assert make_smoothing("absolute", value=0.7) == AbsoluteDiscounting(0.7)
    assert make_smoothing("kneser-ney", value=0.7) == KneserNey(0.7)
    assert make_smoothing("stupid-backoff", value=0.5) == StupidBackoff(0.5)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("kneser-nay", None, "unknown smoothing 'kneser-nay': did you mean 'kneser-ney'\\?"),
        ("mle", 0.5, "the smoothing 'mle' takes no value; leave 0.5 out"),
        ("add-k", 0.0, "add-k adds a number above 0 to each count, not 0.0"),
        ("add-k", math.nan, "add-k adds a number above 0"),
        ("jelinek-mercer", 1.5, "weights are one or more numbers from 0 to 1, not \\(1.5,\\)"),
        ("absolute", 2.0, "a discount is above 0 and at most 1, not 2.0"),
        ("kneser-ney", -1.0, "a discount is above 0 and at most 1, not -1.0"),
        ("stupid-backoff", 0.0, "alpha of stupid backoff is above 0 and at most 1, not 0.0"),
    ],
)
def test_choices_that_make_no_sense(name: str, value: float | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_smoothing(name, value=value)
