from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data import interned
from textkit.data.interned import InternedText
from textkit.errors import InputError, StageError
from textkit.text.clean import CollapseWhitespace, Lowercase
from textkit.text.lines import Lines
from textkit.text.pipeline import Pipeline
from textkit.text.token_batch import TokenBatch
from textkit.text.tokenizer import BatchTokenizer, Token

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


@dataclass(frozen=True)
class Words:
    """A batch tokenizer that does not like one word."""

    unlocked: ClassVar[bool] = True
    batch_pays: ClassVar[int] = 1

    def __call__(self, text: str) -> list[str]:
        if "bad" in text:
            raise InputError("a bad word")
        return text.split()

    def offsets(self, text: str) -> list[Token]:
        return [Token(token, text.index(token), text.index(token) + len(token)) for token in self(text)]

    def detokenize(self, tokens: list[str]) -> str:
        return " ".join(tokens)

    def batch(self, texts: Sequence[str] | Lines) -> TokenBatch:
        return TokenBatch.of([self(text) for text in texts])


def assert_same(one: InternedText, two: InternedText) -> None:
    assert one.types == two.types
    for name in ("ids", "offsets"):
        here, there = getattr(one.corpus, name), getattr(two.corpus, name)
        assert here.dtype == there.dtype
        assert here.tolist() == there.tolist()
    assert one.characters.tolist() == two.characters.tolist()
    assert one.bytes.tolist() == two.bytes.tolist()


@settings(deadline=None)  # the first example waits for the compiler
@given(texts, st.integers(1, 30))
def test_batches_give_the_same_text_in_every_field(lines: list[str], characters: int) -> None:
    words = Words()
    pipeline = Pipeline.of(Lowercase()).then(CollapseWhitespace()).then(words)
    assert isinstance(words, BatchTokenizer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(interned, "_ENOUGH", characters)
        patch.setattr(interned, "_AT_ONCE", characters)
        assert_same(InternedText.of(iter(lines), words), InternedText.of(lines, words.__call__))
        assert_same(InternedText.of(iter(lines), pipeline), InternedText.of(lines, pipeline.__call__))


def test_large_texts_go_by_batches_and_small_ones_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    def noted(self: Words, texts: Sequence[str] | Lines) -> TokenBatch:
        taken.append(len(texts))
        return TokenBatch.of([self(text) for text in texts])

    monkeypatch.setattr(Words, "batch", noted)
    line = "a b c d e f\n" * 100
    InternedText.of([line] * 800, Words())
    assert taken == []
    text = InternedText.of([line] * 2000, Words())
    assert sum(taken) == 2000
    batches = len(taken)
    assert 8 <= batches <= 11  # a quarter of a megabyte each
    assert_same(text, InternedText.of([line] * 2000, str.split))
    monkeypatch.setattr(interned, "unavailable", lambda: "no numba")
    InternedText.of([line] * 2000, Words())
    monkeypatch.undo()
    monkeypatch.setattr(Words, "batch", noted)
    monkeypatch.setattr(Words, "batch_pays", 3 << 20)
    InternedText.of([line] * 2000, Words())
    assert len(taken) == batches


def test_a_line_that_fails_in_a_batch_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interned, "_ENOUGH", 8)
    monkeypatch.setattr(interned, "_AT_ONCE", 8)
    lines = ["a b c d", "e f g h", "i", "a bad one", "k"]
    with pytest.raises(InputError, match=r"^line 4: a bad word$"):
        InternedText.of(lines, Words())
    with pytest.raises(InputError, match=r"^line 4: stage 2 \(Words\) failed: a bad word$"):
        InternedText.of(lines, Pipeline.of(Lowercase()).then(Words()))


@given(texts, texts)
def test_repeated_lines_are_those_with_the_same_tokens(here: list[str], there: list[str]) -> None:
    expected = sum(any(line.split() == other.split() for other in there) for line in here if line.split())
    assert InternedText.of(here, str.split).repeated_in(InternedText.of(there, str.split)) == expected
