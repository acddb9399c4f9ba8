"""Text taken in blocks, by threads, into a folder: the same text in every field, and the same errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data import interned
from textkit.data.interned import InternedText
from textkit.data.text_blocks import StringBlock, TextBlock, TextBlocks
from textkit.errors import InputError, TextkitError
from textkit.scratch import Scratch
from textkit.text.clean import Lowercase
from textkit.text.lines import Lines
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.characters import CharacterTokenizer
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

texts = st.lists(st.text(alphabet="aB \t中é\u3000😀", max_size=20), max_size=12)


@pytest.fixture(autouse=True)
def _every_text_goes_by_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interned, "_ENOUGH", 1)
    monkeypatch.setattr(WhitespaceTokenizer, "batch_pays", 1)
    monkeypatch.setattr(CharacterTokenizer, "batch_pays", 1)


def blocks(lines: list[str], size: int) -> TextBlocks:
    parts = [StringBlock(lines[i : i + size], i + 1) for i in range(0, len(lines), size)]
    return TextBlocks(parts)


def assert_same(one: InternedText, two: InternedText) -> None:
    assert one.types == two.types
    for name in ("ids", "offsets"):
        here, there = getattr(one.corpus, name), getattr(two.corpus, name)
        assert here.dtype == there.dtype
        assert here.tolist() == there.tolist()
    for name in ("characters", "bytes"):
        here, there = getattr(one, name), getattr(two, name)
        assert here.dtype == there.dtype == np.int64
        assert here.tolist() == there.tolist()
    assert one.counts() == two.counts()


@settings(deadline=None, max_examples=50)  # the first example waits for the compiler
@given(texts, st.integers(1, 4), st.integers(1, 3), st.booleans(), st.booleans())
def test_blocks_threads_and_folders_give_the_same_text(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[str],
    size: int,
    jobs: int,
    clean: bool,
    in_files: bool,
) -> None:
    scratch = Scratch(tmp_path_factory.getbasetemp()) if in_files else Scratch()
    for tokenizer in (WhitespaceTokenizer(), CharacterTokenizer()):
        pipeline = Pipeline.of(Lowercase()).then(tokenizer) if clean else Pipeline.of(tokenizer)
        expected = InternedText.of(lines, pipeline.__call__)  # not a batch tokenizer: line by line
        assert_same(
            InternedText.of(blocks(lines, size), pipeline, scratch=scratch, jobs=jobs),
            expected,
        )
        assert_same(InternedText.of(iter(lines), pipeline, scratch=scratch, jobs=jobs), expected)


def test_a_folder_holds_the_text_and_keeps_nothing(tmp_path: Path) -> None:
    text = InternedText.of(["a b", "b"] * 100, WhitespaceTokenizer(), scratch=Scratch(tmp_path))
    for array in (text.corpus.ids, text.corpus.offsets, text.characters, text.bytes):
        assert isinstance(array, np.memmap)
    assert not list(tmp_path.iterdir())
    assert text.counts() == {"a": 100, "b": 200}
    assert text.part(1, 3).corpus.ids.tolist() == [1, 0, 1]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TextkitError, match="none: no temporary files"):
        InternedText.of(["a"], str.split, scratch=Scratch(tmp_path / "none"))


def test_blocks_of_a_small_text_are_read_as_strings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(StringBlock, "lines", None)
    text = InternedText.of(blocks(["a b", "c"], 1), WhitespaceTokenizer())
    assert text.types == ("a", "b", "c")


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("tokenizer", [WhitespaceTokenizer(), str.split])
def test_half_a_character_is_told_with_its_line(jobs: int, tokenizer: WhitespaceTokenizer) -> None:
    lines = ["a"] * 5000 + ["b \ud83d"]
    with pytest.raises(InputError, match=r"^line 5001: half a character \(a lone surrogate\)"):
        InternedText.of(lines, tokenizer, jobs=jobs)


class Broken(StringBlock):
    def lines(self) -> Lines:
        raise InputError("f.txt:7: not UTF-8")


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_reading_a_block_is_raised_as_it_is(jobs: int) -> None:
    def parts() -> Iterator[TextBlock]:
        yield StringBlock(["a"])
        yield Broken(["b"])
        yield StringBlock(["c"])

    with pytest.raises(InputError, match=r"^f.txt:7: not UTF-8$"):
        InternedText.of(TextBlocks(parts()), WhitespaceTokenizer(), jobs=jobs)


def test_lines_of_any_length_are_taken_in_pieces() -> None:
    lines = ("x" * (1000 if 300 <= i < 310 else 3) for i in range(2000))
    lengths = [block.size for block in interned._chunks(lines, 400)]
    assert sum(lengths) == 4 * 1990 + 1001 * 10
    assert max(lengths) < 400 + 1001 * 100
