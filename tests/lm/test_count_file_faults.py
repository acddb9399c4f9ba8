"""Faults of count files are told with their file and line, and files that cannot be read with their name."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from textkit.errors import InputError, UsageError
from textkit.lm.counts.file import read_counts

FAULTS = [
    ("a b\t2\nc d\n", 2, "a count is a whole number below 10**18 at the end of the line, not 'd'"),
    ("a b\t2\n\nc\t-1\n", 3, "a count is a whole number below 10**18 at the end of the line, not '-1'"),
    ("a\t1.5\n", 1, "a count is a whole number below 10**18 at the end of the line, not '1.5'"),
    (f"a\t{10**18}\n", 1, f"a count is a whole number below 10**18 at the end of the line, not '{10**18}'"),
    ("a\t1\n12\n", 2, "an entry is the words of an n-gram, a tab and its count, not '12'"),
    ("a " * 17 + "3", 1, "n-grams have at most 16 words, not 17; leave out the longer ones"),
    ("a\t1\na <s> b\t1\n", 2, "<s> can only begin an n-gram, but it stands inside of 'a <s> b'"),
    ("<s> <s>\t1\n", 1, "<s> can only begin an n-gram, but it stands inside of '<s> <s>'"),
    ("a\t1\n</s> b\t1\n", 2, "</s> can only end an n-gram, but words follow it in '</s> b'"),
    ("a\t1\n\xff\t1\n", 2, "not valid UTF-8"),
    ("\xff\t1\na\n", 1, "not valid UTF-8"),
    ("a\n\xff\t1\n", 1, "a count is a whole number below 10**18 at the end of the line, not 'a'"),
    (
        "\na\t9\nb\t3\n\nb c\t2\nb d\t2\nc\t2\nd\t2\n", 3,
        "'b' is counted 3 times, but its continuations 4 times; without its line it counts as often",
    ),
    (
        "a b c\t2\nb c\t0\na b\t1\nb\t1\nb c\t1\nc\t1\n", 3,
        "'a b' is counted 1 times, but its continuations 2 times; without its line it counts as often",
    ),
    (
        "b c\t2\nc\t2\n\na b d\t2\nd\t2\n", 4,
        "'a b d' has a count, but its end 'b d' has none, which estimation needs: "
        "add the shorter n-grams, at least those that end in </s>",
    ),
    (
        "a b\t2\nb </s>\t2\n", 2,
        "'b </s>' has a count, but its end '</s>' has none, which estimation needs: "
        "add the shorter n-grams, at least those that end in </s>",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), FAULTS)
def test_faults_are_told_with_their_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=f"^{re.escape(f'{path}:{line}: {message}')}$"):
        read_counts([path])


def test_faults_are_told_with_their_file_and_line_beyond_the_first_block(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text("a\t9\n")
    bad.write_text("\n" + "word\t1\n" * 700_000 + "a b\t8\n" + "b\t4\nb c\t5\nc\t5\n")
    with pytest.raises(InputError, match=f"^{re.escape(str(bad))}:700003: 'b' is counted 4 times"):
        read_counts([good, bad])


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with pytest.raises(InputError, match=r"x: cannot be read: no such file"):
        read_counts([path])
    for empty in ("", "\n \n", "<s>\t3\n"):
        path.write_text(empty)
        with pytest.raises(InputError, match=r"x: there are no n-gram counts in it$"):
            read_counts([path])
    path.write_bytes(gzip.compress(b"a\t1\n" * 1000)[:-9])
    with pytest.raises(InputError, match=r"x: cannot be read: a damaged or truncated gzip file$"):
        read_counts([path])
    path.write_text("a b\t1\nb\t1\n")
    assert read_counts([path], order=3)[0].order == 2
    path.write_text(f"a\t{10**18 - 1}\n" * 5)
    with pytest.raises(InputError, match=r"the counts add up to 2\*\*62 and more"):
        read_counts([path])
    for paths, order in (([], None), ([path], 0)):
        with pytest.raises(UsageError):
            read_counts(paths, order=order)
