"""Quantised tables: what is exact stays exact, the rest is as near as 256 values can be."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.encoded import EncodedCorpus
from textkit.errors import UsageError
from textkit.lm.counts import NgramCounts
from textkit.lm.language_model import language_model_vocab
from textkit.lm.ngram import NgramModel
from textkit.lm.ngram.log_table import LogTable
from textkit.lm.ngram.quantise import quantise, quantise_table
from textkit.lm.smoothing.catalog import make_smoothing
from textkit_corpora.corpus import load

LOGS = st.floats(-99, 3, width=32) | st.sampled_from([0.0, -np.inf])


def squared_error(values: np.ndarray, table: LogTable) -> float:
    return float(((values.astype(np.float64) - table.all()) ** 2).sum())


def equal_populations(values: np.ndarray, parts: int) -> LogTable:
    """As KenLM does: as many values to each centre, which is their mean."""
    ascending = np.sort(values)
    centres = np.array([part.mean() for part in np.array_split(ascending, parts)], dtype=np.float32)
    codes = np.abs(values[:, None] - centres).argmin(axis=1).astype(np.uint8)
    return LogTable(codes, centres)


def least_error(values: np.ndarray, parts: int) -> float:
    """The least error there is, by dynamic programming over where each part of the ascending values ends."""
    ascending = np.sort(values.astype(np.float64))
    one, two = (np.concatenate([[0.0], np.cumsum(ascending**power)]) for power in (1, 2))
    size = np.arange(len(one))[None, :] - np.arange(len(one))[:, None]
    moment, square = one[None, :] - one[:, None], two[None, :] - two[:, None]
    cost = np.where(size > 0, square - moment**2 / np.maximum(size, 1), np.inf)
    best = cost[0]
    for _ in range(parts - 1):
        best = (best[:, None] + cost).min(axis=0)
    return float(best[-1])


@given(st.lists(LOGS, min_size=1, max_size=300))
@settings(deadline=None, max_examples=100)
def test_zeros_stay_what_they_are_and_all_else_is_near(logs: list[float]) -> None:
    values = np.array(logs, dtype=np.float32)
    table = quantise_table(values, room=16)
    assert table.quantised
    assert (table.values.dtype, table.centres.dtype, len(table.centres)) == (np.uint8, np.float32, 256)
    decoded = table.all()
    for special in (0.0, -np.inf):
        np.testing.assert_array_equal(decoded == special, values == special)
    other = np.isfinite(values) & (values != 0)
    if not other.any():
        return
    used = np.unique(decoded[other])
    assert len(used) <= 16 - len({0.0, -np.inf} & set(values.tolist()))
    nearest = np.abs(values[other, None].astype(np.float64) - used).min(axis=1)
    np.testing.assert_allclose(np.abs(values[other].astype(np.float64) - decoded[other]), nearest, atol=1e-2)


@given(st.sets(st.integers(-9000, 9000), min_size=1, max_size=254), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=30)
def test_few_values_are_kept_exactly(numbers: set[int], random: object) -> None:
    values = np.repeat(np.array(sorted(numbers), dtype=np.float32) / 1024, 3)
    np.random.default_rng(0).shuffle(values)
    np.testing.assert_array_equal(quantise_table(values).all(), values)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("parts", [16, 64])
def test_centres_have_nearly_the_least_error_there_is(seed: int, parts: int) -> None:
    generator = np.random.default_rng(seed)
    values = np.concatenate([generator.gamma(1.0, size=500), generator.normal(3, 0.1, 100)]) * -1
    values = values.astype(np.float32)
    found = squared_error(values, quantise_table(values, room=parts))
    least = least_error(values, parts)
    assert least * (1 - 1e-3) <= found <= least * 1.25


@pytest.mark.parametrize("seed", range(4))
def test_the_error_is_below_that_of_equal_populations(seed: int) -> None:
    generator = np.random.default_rng(seed)
    atoms = generator.choice(generator.normal(-2, 1, 40), 20_000)  # as counts make them: few values, often
    values = np.concatenate([atoms, generator.normal(-3, 1.5, 20_000)]).astype(np.float32)
    assert (
        squared_error(values, quantise_table(values))
        < squared_error(values, equal_populations(values, 256)) / 2
    )


@pytest.mark.parametrize("values", [[], [0.0], [-np.inf], [0.0, -np.inf, 0.0], [-1.5], [-1.5] * 1000])
def test_tables_with_little_in_them(values: list[float]) -> None:
    table = quantise_table(np.array(values, dtype=np.float32))
    assert table.all().tolist() == values


def test_a_mapped_table_is_quantised_alike(tmp_path: Path) -> None:
    values = np.random.default_rng(5).normal(-3, 1, 600_000).astype(np.float32)
    mapped = np.lib.format.open_memmap(tmp_path / "v.npy", mode="w+", dtype=np.float32, shape=values.shape)
    mapped[:] = values
    one, other = quantise_table(mapped), quantise_table(values)
    np.testing.assert_array_equal(one.values, other.values)
    np.testing.assert_array_equal(one.centres, other.centres)


@pytest.fixture(scope="module")
def model_and_test() -> tuple[NgramModel, EncodedCorpus]:
    corpus = load("prose-en")
    train = [line.split() for line in corpus.lines("train")]
    vocab = language_model_vocab(Counter(word for line in train for word in line))
    encoded = EncodedCorpus.from_sequences([*vocab.encode(line), 1] for line in train)
    counts = NgramCounts.count(encoded, order=4, vocab_size=len(vocab))
    test = EncodedCorpus.from_sequences([*vocab.encode(line.split()), 1] for line in corpus.lines("test"))
    return make_smoothing("modified-kneser-ney").estimate(counts, vocab), test


def test_perplexity_hardly_changes(model_and_test: tuple[NgramModel, EncodedCorpus]) -> None:
    model, test = model_and_test
    whole = model.log_probs(test).mean()
    assert quantise(model).log_probs(test).mean() == pytest.approx(whole, abs=2e-3)
    errors = [abs(quantise(model, bits).log_probs(test).mean() - whole) for bits in (8, 3)]
    assert errors[0] < errors[1] < 0.5


def test_a_quantised_model_answers_from_its_tables(
    model_and_test: tuple[NgramModel, EncodedCorpus],
) -> None:
    """The queries read codes as they would read the numbers that the codes stand for."""
    model, test = model_and_test
    quantised = quantise(model)
    plain = dataclasses.replace(
        quantised,
        log_prob=tuple(LogTable(table.all()) for table in quantised.log_prob),
        log_backoff=tuple(LogTable(table.all()) for table in quantised.log_backoff),
    )
    np.testing.assert_array_equal(quantised.log_probs(test), plain.log_probs(test))
    np.testing.assert_array_equal(quantised.ngram_lengths(test), model.ngram_lengths(test))


def test_what_is_quantised_stays_as_it_is(model_and_test: tuple[NgramModel, EncodedCorpus]) -> None:
    once = quantise(model_and_test[0])
    twice = quantise(once, 2)
    assert twice.log_prob == once.log_prob
    assert (once.vocab, once.trie, once.smoothing) == (twice.vocab, twice.trie, twice.smoothing)


@pytest.mark.parametrize("bits", [1, 9, 32])
def test_bits_out_of_range_are_refused(bits: int, model_and_test: tuple[NgramModel, EncodedCorpus]) -> None:
    with pytest.raises(UsageError, match=f"a model is quantised to 2 to 8 bits, not {bits}"):
        quantise(model_and_test[0], bits)
