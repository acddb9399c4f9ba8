from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.data.interned import InternedText
from textkit.errors import StageError

texts = st.lists(st.text(alphabet="ab 中é", max_size=12), max_size=8)


@given(texts)
def test_tokens_counts_and_sizes_are_those_of_the_lines(lines: list[str]) -> None:
    text = InternedText.of(lines, str.split)
    assert [[text.types[i] for i in line] for line in text.corpus] == [line.split() for line in lines]
    expected = Counter(token for line in lines for token in line.split())
    assert list(text.counts().items()) == list(expected.items())  # order of first appearance too
    whole = "".join(line + "\n" for line in lines)
    assert text.characters.sum() == len(whole)
    assert text.bytes.sum() == len(whole.encode())


@given(texts, st.integers(0, 8))
def test_parts_are_the_text_of_their_lines(lines: list[str], cut: int) -> None:
    cut = min(cut, len(lines))
    part = InternedText.of(lines, str.split).part(cut, len(lines))
    alone = InternedText.of(lines[cut:], str.split)
    assert [[part.types[i] for i in line] for line in part.corpus] == [line.split() for line in lines[cut:]]
    assert part.characters.tolist() == alone.characters.tolist()
    assert part.counts() == alone.counts()


def test_repeated_lines_are_found_across_texts() -> None:
    train = InternedText.of(["the cat", "a dog", "", "x"], str.split)
    held_out = InternedText.of(["a  dog", "cat the", "", "a dog", "x y"], str.split)
    assert held_out.repeated_in(train) == 2  # the same tokens; blank lines do not count


def test_a_failing_tokenizer_is_told_with_the_line() -> None:
    def fail(line: str) -> list[str]:
        if line == "bad":
            raise StageError("no")
        return [line]

    with pytest.raises(StageError, match="line 3: no"):
        InternedText.of(["a", "b", "bad"], fail)
