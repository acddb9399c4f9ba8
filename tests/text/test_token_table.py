"""The table of tokens against Counter and dict order: growth, collisions, odd tokens, limits."""

from __future__ import annotations

import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.errors import TextkitError
from textkit.text import token_table
from textkit.text.kernels.table import hash_token
from textkit.text.lines import Lines
from textkit.text.token_batch import TokenBatch
from textkit.text.token_table import CountedTokens, TokenTable

# No surrogates, which are no text; NUL, line ends, empty, and tokens of many more than eight bytes.
tokens = st.one_of(
    st.text(alphabet="ab\n\0中", max_size=3),
    st.text(alphabet="a中𠮷", min_size=1, max_size=24),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
)
batches = st.lists(st.lists(st.lists(tokens, max_size=6), max_size=4), max_size=4)


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables that grow at every boundary, small blocks, and few tokens kept near."""
    monkeypatch.setattr(token_table, "_FIRST_SLOTS", 2)
    monkeypatch.setattr(token_table, "_BLOCK", 3)
    monkeypatch.setattr(token_table, "_RECENT", 4)


def flat(sequences: list[list[str]]) -> list[str]:
    return [token for sequence in sequences for token in sequence]


@given(batches)
def test_codes_and_counts_are_those_of_a_counter(given_batches: list[list[list[str]]]) -> None:
    table, counter, index = TokenTable(), Counter[str](), dict[str, int]()
    for sequences in given_batches:
        codes = table.add(TokenBatch.of(sequences))
        counter.update(flat(sequences))
        assert codes.tolist() == [index.setdefault(token, len(index)) for token in flat(sequences)]
    assert len(table) == len(counter)
    assert table.tokens() == list(counter)
    assert table.counts.tolist() == list(counter.values())


@given(batches, st.lists(tokens))
def test_found_are_the_tokens_that_were_added(given_batches: list[list[list[str]]], asked: list[str]) -> None:
    table, index = TokenTable(), dict[str, int]()
    for sequences in given_batches:
        table.add(TokenBatch.of(sequences))
        for token in flat(sequences):
            index.setdefault(token, len(index))
    asked = [*asked, *index]
    assert table.find(TokenBatch.of([asked])).tolist() == [index.get(token, -1) for token in asked]


@given(st.lists(tokens), st.lists(tokens), st.integers(-1, 2**30))
def test_found_are_numbers_given_for_codes(added: list[str], asked: list[str], missing: int) -> None:
    table = TokenTable()
    table.add(TokenBatch.of([added]))
    numbers = np.array([*(7 * code - 3 for code in range(len(table))), missing], np.int32)
    asked = [*asked, *added, *asked]
    codes = table.find(TokenBatch.of([asked])).tolist()
    found = table.find(TokenBatch.of([asked]), numbers=numbers)
    assert found.dtype == np.int32
    assert found.tolist() == [numbers[code] for code in codes]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 9, 1023, 1024, 1025, 5000])
def test_growth_loses_nothing(count: int) -> None:
    table = TokenTable()
    names = [f"{'x' * (i % 23)}{i}" for i in range(count)]
    assert table.add(TokenBatch.of([names, names])).tolist() == [*range(count), *range(count)]
    assert table.tokens() == names
    assert table.find(TokenBatch.of([["y"]])).tolist() == [-1]


def test_tokens_in_the_last_bytes_of_a_buffer_are_told_apart() -> None:
    for size in range(1, 20):
        lines = Lines.of(["a" * size])
        ends = np.arange(size + 1, dtype=np.int32)
        starts = np.zeros_like(ends)
        table = TokenTable()
        prefixes = TokenBatch(lines.buffer, starts, ends, np.array([0, size + 1]))
        suffixes = TokenBatch(lines.buffer, ends, np.full_like(ends, size), np.array([0, size + 1]))
        assert table.add(prefixes).tolist() == list(range(size + 1))
        assert table.add(suffixes).tolist() == list(range(size, -1, -1))


def test_bytes_after_a_token_do_not_matter() -> None:
    for size in range(20):
        table = TokenTable()
        for rest in ("", "b", "c" * 9, "a"):
            whole = Lines.of(["a" * size + rest]).buffer
            span = np.array([0], np.int32), np.array([size], np.int32)
            assert table.add(TokenBatch(whole, *span, np.array([0, 1]))).tolist() == [0]


def test_tokens_of_one_hash_are_told_apart() -> None:
    """The finish of the hash can be undone, so a second token of eight bytes is made for the hash of one."""
    mask, odd = (1 << 64) - 1, 0x9E3779B97F4A7C15
    first = b"abcdefgh"
    # After the first eight bytes: (((17 * odd) ^ w1) * odd), folded, then ^ w2: choose w2 to meet.
    mixed = []
    for word in (b"11111111", b"22222222"):
        value = ((17 * odd) & mask ^ int.from_bytes(word, "little")) * odd & mask
        mixed.append(value ^ value >> 32)
    last = (mixed[0] ^ mixed[1] ^ int.from_bytes(first, "little")).to_bytes(8, "little")
    buffer = np.frombuffer(b"11111111" + first + b"22222222" + last, np.uint8)
    assert hash_token(buffer, 0, 16) == hash_token(buffer, 16, 32)
    starts, ends = np.array([0, 16, 0], np.int32), np.array([16, 32, 16], np.int32)
    table = TokenTable()
    assert table.add(TokenBatch(buffer, starts, ends, np.array([0, 3]))).tolist() == [0, 1, 0]
    assert table.counts.tolist() == [2, 1]


@given(batches)
def test_merged_tables_are_one(given_batches: list[list[list[str]]]) -> None:
    whole, merged, sent = TokenTable(), TokenTable(), TokenTable()
    for sequences in given_batches:
        part = TokenTable()
        part.add(TokenBatch.of(sequences))
        whole.add(TokenBatch.of(sequences))
        merged.merge(part)
        counted: CountedTokens = pickle.loads(pickle.dumps(part.counted()))
        part.clear()
        sent.merge(counted)
    for table in (merged, sent):
        assert table.tokens() == whole.tokens()
        assert table.counts.tolist() == whole.counts.tolist()


def test_counts_beyond_what_a_float_holds_stay_exact() -> None:
    table = TokenTable()
    batch = TokenBatch.of([["a"]])
    table.add(batch, counts=np.array([2**53]))
    table.add(batch)
    assert table.counts.tolist() == [2**53 + 1]


def test_arrays_that_cannot_be_written_to_serve() -> None:
    batch = TokenBatch.of([["a", "b"]])
    for array in (batch.buffer, batch.starts, batch.ends):
        array.flags.writeable = False
    counts = np.array([3, 4])
    counts.flags.writeable = False
    table = TokenTable()
    table.add(batch, counts=counts)
    assert table.counts.tolist() == [3, 4]


@given(st.lists(tokens, unique=True, max_size=40), st.integers(0, 3))
def test_parts_hold_every_code_once_by_the_tokens_alone(names: list[str], level: int) -> None:
    parts: list[dict[str, int]] = []
    for order in (names, names[::-1]):
        table = TokenTable()
        table.add(TokenBatch.of([order]))
        codes, bounds = table.parted(8, level=level)
        assert sorted(codes.tolist()) == list(range(len(names)))
        pieces = [codes[bounds[i] : bounds[i + 1]] for i in range(8)]
        assert all(piece.tolist() == sorted(piece.tolist()) for piece in pieces)
        parts.append({token: i for i, piece in enumerate(pieces) for token in table.batch(piece).lists()[0]})
    assert parts[0] == parts[1]


@given(st.lists(tokens, max_size=60), st.integers(0, 900))
def test_a_limit_is_kept_and_nothing_is_lost(names: list[str], limit: int) -> None:
    batch = TokenBatch.of([names])
    table, total, begin = TokenTable(limit=limit), Counter[str](), 0
    smallest = TokenTable().memory
    while True:
        done = table.count(batch, begin=begin)
        longest = max((len(name.encode()) for name in names[begin:done]), default=0)
        assert table.memory <= max(limit, smallest + 2 * longest, 32 + 8 + 32 + longest)
        total.update(dict(zip(table.tokens(), table.counts.tolist(), strict=True)))
        if done == len(names):
            break
        assert done > begin
        begin = done
        table = TokenTable(limit=limit)
    assert total == Counter(names)


def test_too_many_tokens_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_table, "_MOST", 4)
    table = TokenTable()
    table.add(TokenBatch.of([list("abcd")]))
    with pytest.raises(TextkitError, match="a table holds 4 distinct tokens at most; give a memory bound"):
        table.add(TokenBatch.of([["e"]]))
    monkeypatch.setattr(token_table, "LARGEST", 3)
    with pytest.raises(TextkitError, match="the distinct tokens take 4 bytes, more than a batch holds"):
        table.tokens()
