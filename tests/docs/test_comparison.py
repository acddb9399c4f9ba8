"""The comparison of what was printed with what stands in a page: what it lets pass, and what it does not."""

from __future__ import annotations

import pytest
from documented.comparison import same

PASS = [
    ("", ""),
    ("a  b\n", "a b"),
    ("0.50 of 12", "0.52 of 12"),
    ("95 %  0.86..0.92", "95 %  0.87..0.92"),
    ("trained in ...; done", "trained in 0.3 min, 5,000 texts/s; done"),
    ("first\n...\nlast", "first\nlast"),
    ("我们 爱", "我们  爱"),
    ("+0.960  让", "+0.955  让"),
    ("version:2.6.0", "version:2.6.0"),
]
FAIL = [
    ("", "anything"),
    ("a b", "ab"),
    ("a b", "a b c"),
    ("0.50 of 12", "0.50 of 13"),
    ("0.50", "0.60"),
    ("0.50", "-0.50"),
    ("12", "12.0"),
    ("first\n...\nlast", "first\nmiddle"),
    ("我们 爱", "我 们 爱"),
    ("error: a.txt: no such file", "error: b.txt: no such file"),
]


@pytest.mark.parametrize(("expected", "printed"), PASS)
def test_what_is_the_same(expected: str, printed: str) -> None:
    assert same(expected, printed)


@pytest.mark.parametrize(("expected", "printed"), FAIL)
def test_what_is_not(expected: str, printed: str) -> None:
    assert not same(expected, printed)
