"""Counting in bounded memory against one Counter: same counts, same order, same file, nothing left behind."""

from __future__ import annotations

import errno
import os
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.errors import TextkitError, UsageError
from textkit.text import token_table, vocabulary_counter
from textkit.text.token_batch import TokenBatch
from textkit.text.token_table import TokenTable
from textkit.text.vocab import Vocab
from textkit.text.vocabulary_counter import VocabularyCounter

tokens = st.one_of(st.text(alphabet="ab\n\0中", max_size=3), st.text(alphabet="ab", min_size=6, max_size=12))
streams = st.lists(st.lists(tokens, max_size=30), max_size=6)
bounds = st.sampled_from([None, 1, 300, 700, 2000])


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of a few tokens, so that bounds of some hundred bytes bite."""
    monkeypatch.setattr(token_table, "_FIRST_SLOTS", 4)


def most_common(stream: list[list[str]]) -> list[tuple[str, int]]:
    """Count descending, then first seen: `Counter.most_common` promises just that."""
    return Counter(token for line in stream for token in line).most_common()


@pytest.mark.usefixtures("tiny")
@given(streams, bounds, st.integers(1, 3), st.one_of(st.none(), st.integers(1, 9)))
def test_counts_are_those_of_one_counter(
    stream: list[list[str]], memory: int | None, min_count: int, max_size: int | None
) -> None:
    expected = [(token, n) for token, n in most_common(stream) if n >= min_count][:max_size]
    with VocabularyCounter(memory=memory) as counter:
        for line in stream:
            counter.add(TokenBatch.of([line]))
        assert counter.total == sum(map(len, stream))
        assert list(counter.counts(min_count=min_count, max_size=max_size)) == expected
        assert list(counter.counts()) == most_common(stream)  # asked again, after all was spilled


@pytest.mark.usefixtures("tiny")
@given(streams, streams, bounds)
def test_counting_goes_on_after_counts_were_asked(
    one: list[list[str]], two: list[list[str]], memory: int | None
) -> None:
    with VocabularyCounter(memory=memory) as counter:
        counter.add(TokenBatch.of(one))
        list(counter.counts())
        counter.add(TokenBatch.of(two))
        assert list(counter.counts()) == most_common([*one, *two])


@pytest.mark.usefixtures("tiny")
@given(streams, bounds)
def test_counts_of_workers_merge_in_order(stream: list[list[str]], memory: int | None) -> None:
    with VocabularyCounter(memory=memory) as counter:
        for i, line in enumerate(stream):
            table = TokenTable()
            table.add(TokenBatch.of([line]))
            counter.merge(table.counted() if i % 2 else table)
        assert list(counter.counts()) == most_common(stream)
        assert counter.total == sum(map(len, stream))


@pytest.mark.usefixtures("tiny")
@given(streams, bounds, st.integers(1, 2), st.one_of(st.none(), st.integers(3, 9)))
def test_the_vocabulary_is_the_one_of_all_counts(
    stream: list[list[str]], memory: int | None, min_count: int, max_size: int | None
) -> None:
    stream = [*stream, ["a", "<unk>", "</s>", "<unk>"]]  # text that spells specials
    specials = ("<pad>", "<unk>", "</s>")
    expected = Vocab.build(stream, min_count=min_count, max_size=max_size, specials=specials)
    with VocabularyCounter(memory=memory) as counter:
        counter.add(TokenBatch.of(stream))
        assert counter.vocab(min_count=min_count, max_size=max_size, specials=specials) == expected


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("deepest", [1, 3, 10])
def test_parts_too_large_for_memory_are_parted_again(monkeypatch: pytest.MonkeyPatch, deepest: int) -> None:
    monkeypatch.setattr(vocabulary_counter, "_PARTS", 2)
    monkeypatch.setattr(vocabulary_counter, "_LEVELS", deepest)
    levels = set()
    deeper = vocabulary_counter._Parts._deeper

    def noted(self, path: Path):
        levels.add(self._level)
        return deeper(self, path)

    monkeypatch.setattr(vocabulary_counter._Parts, "_deeper", noted)
    stream = [[f"{i * i % 1009}" for i in range(3000)], ["a giant of a token " * 500, "1"]]
    with VocabularyCounter(memory=4000) as counter:
        for line in stream:
            counter.add(TokenBatch.of([line]))
        assert list(counter.counts()) == most_common(stream)
    assert len(levels) >= min(deepest, 3)


def zipf(count: int) -> list[str]:
    numbers = np.random.default_rng(1).zipf(1.15, count) % 300_000
    return [f"w{i * 7919:x}" for i in numbers.tolist()]


def test_a_million_tokens_in_bounded_memory_give_the_same_file(tmp_path: Path) -> None:
    stream = zipf(1_000_000)
    batches = [TokenBatch.of([stream[i : i + 25_000]]) for i in range(0, len(stream), 25_000)]
    whole = Vocab.from_counts(Counter(stream), max_size=1000, min_count=2)
    whole.save(tmp_path / "whole")
    for memory in (1 << 20, 3 << 20):
        for traced in (False, True):  # what is compiled the first time would be counted
            if traced:
                tracemalloc.start()
            with VocabularyCounter(memory=memory, folder=tmp_path) as counter:
                for batch in batches:
                    counter.add(batch)
                if traced:
                    assert tracemalloc.get_traced_memory()[1] < 1.1 * memory
                vocab = counter.vocab(max_size=1000, min_count=2)
                if traced:
                    assert tracemalloc.get_traced_memory()[1] < 1.5 * memory
                assert len(list(tmp_path.iterdir())) > 1
            tracemalloc.stop()
        vocab.save(tmp_path / "bounded")
        assert (tmp_path / "bounded").read_bytes() == (tmp_path / "whole").read_bytes()
        (tmp_path / "bounded").unlink()
        assert [path.name for path in tmp_path.iterdir()] == ["whole"]


@pytest.mark.data
def test_real_words_in_bounded_memory_give_the_same_vocabulary() -> None:
    if "TEXTKIT_DATA" not in os.environ:
        pytest.skip("TEXTKIT_DATA is not set")
    text = (Path(os.environ["TEXTKIT_DATA"]) / "lm" / "wikitext2-valid.txt").read_text(encoding="utf-8")
    lines = [line.split() for line in text.split("\n")]
    with VocabularyCounter(memory=1 << 20) as counter:
        for begin in range(0, len(lines), 100):
            counter.add(TokenBatch.of(lines[begin : begin + 100]))
        assert counter.vocab() == Vocab.build(lines)
        assert counter.vocab(max_size=2000, min_count=3) == Vocab.build(lines, max_size=2000, min_count=3)


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, None])
def test_nothing_is_left_behind(tmp_path: Path, error: type[BaseException] | None) -> None:
    def work() -> None:
        with VocabularyCounter(memory=500, folder=tmp_path) as counter:
            counter.add(TokenBatch.of([[str(i) for i in range(100)]]))
            assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o700]
            next(counter.counts())
            if error is not None:
                raise error

    if error is None:
        work()
    else:
        with pytest.raises(error):
            work()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("tiny")
def test_a_full_disk_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(vocabulary_counter._Records, "write", full)
    with (
        pytest.raises(TextkitError) as told,
        VocabularyCounter(memory=500, folder=tmp_path) as counter,
    ):
        counter.add(TokenBatch.of([[str(i) for i in range(100)]]))
    message = str(told.value)
    assert message.startswith(str(tmp_path))
    assert "no space left on device; free some space, name another folder (--tmp, TMPDIR)" in message
    assert "\n" not in message
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_grows_too_large_is_one_clear_error(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with (
        pytest.raises(TextkitError, match="cannot be kept there: file too large; free some space"),
        VocabularyCounter(memory=1 << 20, folder=tmp_path) as counter,
    ):
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        try:
            counter.add(TokenBatch.of([[str(i) for i in range(200_000)]]))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("tiny")
def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(TextkitError, match="none: counts that outgrow the memory bound cannot be kept there"),
        VocabularyCounter(memory=500, folder=tmp_path / "none") as counter,
    ):
        counter.add(TokenBatch.of([[str(i) for i in range(100)]]))


def test_too_many_tokens_for_any_table_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_table, "_FIRST_SLOTS", 4)
    monkeypatch.setattr(token_table, "_MOST", 4)
    with VocabularyCounter() as counter, pytest.raises(TextkitError, match="give a memory bound"):
        counter.add(TokenBatch.of([list("abcdefgh")]))
    with VocabularyCounter(memory=1 << 20) as counter:
        counter.add(TokenBatch.of([list("abcdefgh")]))
        assert len(list(counter.counts())) == 8


def test_a_vocabulary_without_room_for_its_specials_is_refused() -> None:
    with VocabularyCounter() as counter:
        counter.add(TokenBatch.of([["a"]]))
        with pytest.raises(UsageError, match="max_size must leave room for the 2 specials, not 1"):
            counter.vocab(max_size=1, specials=("<s>", "<unk>"))
