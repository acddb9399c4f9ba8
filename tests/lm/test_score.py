"""The measures against closed forms: a uniform model, code lengths, sums."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.interned import InternedText
from textkit.errors import InputError
from textkit.lm.language_model import language_model_vocab
from textkit.lm.line_scores import LineScores
from textkit.lm.score import MeasuredText, Score, per_line, score
from textkit.text.lines import Lines
from textkit.text.token_batch import TokenBatch
from textkit.text.vocab import Vocab


class Fixed:
    """The same distribution everywhere."""

    def __init__(self, vocab: Vocab, probs: list[float] | None = None) -> None:
        self.vocab = vocab
        with np.errstate(divide="ignore"):
            self.table = np.log(np.full(len(vocab), 1 / len(vocab)) if probs is None else np.array(probs))

    def log_probs(self, corpus):
        return self.table[corpus.ids]


LINES = ["a b a", "", "c 中文 a"]


def measured(vocab: Vocab, lines: list[str]) -> MeasuredText:
    return MeasuredText.of(InternedText.of(lines, str.split), vocab)


@pytest.mark.parametrize("size", [3, 10, 1000])
def test_a_uniform_model_is_as_perplexed_as_it_has_classes(size: int) -> None:
    vocab = language_model_vocab({"a": 3, "b": 1, "c": 1, "中文": 1} | {f"w{i}": 1 for i in range(size)})
    result = score(Fixed(vocab), measured(vocab, LINES))
    assert result.perplexity == pytest.approx(len(vocab))
    assert result.perplexity_known == pytest.approx(len(vocab))
    assert (result.tokens, result.unknown, result.lines) == (9, 0, 3)
    text = "".join(line + "\n" for line in LINES)
    assert result.bits_per_character == pytest.approx(9 * math.log2(len(vocab)) / len(text))
    assert result.bits_per_byte == pytest.approx(9 * math.log2(len(vocab)) / len(text.encode()))


def test_blank_lines_are_sentences_and_every_line_ends() -> None:
    vocab = language_model_vocab({"a": 3, "b": 1})
    text = measured(vocab, ["a b", "", "b"])
    a, b = vocab.encode(["a", "b"])
    assert text.corpus.ids.tolist() == [a, b, 1, 1, b, 1]
    assert text.corpus.offsets.tolist() == [0, 3, 4, 6]


def test_unknown_words_are_charged_in_perplexity_and_spelled_out_in_bits() -> None:
    vocab = language_model_vocab({"a": 1})  # <unk> </s> a
    result = score(Fixed(vocab, [0.125, 0.5, 0.375]), measured(vocab, ["a 中文"]))
    assert (result.tokens, result.unknown, result.unknown_rate) == (3, 1, 0.5)
    assert result.perplexity == pytest.approx((0.375 * 0.125 * 0.5) ** (-1 / 3))
    assert result.perplexity_known == pytest.approx((0.375 * 0.5) ** (-1 / 2))
    assert result.spelling_bits == 8 * (6 + 1)  # six bytes and an end
    bits = -math.log2(0.375 * 0.125 * 0.5) + 56
    assert result.bits_per_byte == pytest.approx(bits / len("a 中文\n".encode()))
    assert result.bits_per_character == pytest.approx(bits / len("a 中文\n"))


def test_a_smaller_vocabulary_cannot_look_better_by_not_knowing() -> None:
    """Knowing nothing gives a tiny perplexity, and still more bits than knowing the words."""
    lines = ["alpha beta gamma delta"] * 3
    knows = language_model_vocab(dict.fromkeys(lines[0].split(), 3))
    ignorant = language_model_vocab({})
    good = score(Fixed(knows), measured(knows, lines))
    bad = score(Fixed(ignorant), measured(ignorant, lines))
    assert bad.perplexity < good.perplexity
    assert bad.bits_per_character > good.bits_per_character


def test_lines_sum_to_the_whole() -> None:
    vocab = language_model_vocab({"a": 3, "b": 1})
    model, text = Fixed(vocab, [0.1, 0.2, 0.3, 0.4]), measured(vocab, LINES)
    whole = score(model, text)
    parts = list(per_line(model.log_probs(text.corpus), text, unknown=0))
    assert len(parts) == 3
    for name in (
        "log_prob",
        "log_prob_known",
        "tokens",
        "unknown",
        "lines",
        "characters",
        "bytes",
        "spelling_bits",
    ):
        assert sum(getattr(p, name) for p in parts) == pytest.approx(getattr(whole, name)), name


def test_probability_zero_is_an_infinite_perplexity_and_none_in_json() -> None:
    vocab = language_model_vocab({"a": 1})
    result = score(Fixed(vocab, [0.0, 0.5, 0.5]), measured(vocab, ["a x"]))
    assert result.perplexity == math.inf
    assert result.perplexity_known == pytest.approx(2)
    assert result.impossible == 1
    assert result.as_dict()["perplexity"] is None


def test_nothing_to_score_is_an_error() -> None:
    vocab = language_model_vocab({"a": 1})
    with pytest.raises(InputError, match="there is no text to score"):
        score(Fixed(vocab), measured(vocab, []))


def test_measured_texts_come_back(tmp_path) -> None:
    vocab = language_model_vocab({"a": 3, "b": 1})
    text = measured(vocab, LINES)
    text.save(tmp_path / "t")
    loaded = MeasuredText.load(tmp_path / "t")
    assert loaded.corpus.ids.tolist() == text.corpus.ids.tolist()
    for name in ("characters", "bytes", "spelling_bits"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(text, name))


WORDS = st.lists(st.lists(st.sampled_from(["a", "b", "c", "中文", "né"]), max_size=5), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(sentences=WORDS)
def test_three_ways_to_encode_agree(sentences: list[list[str]]) -> None:
    vocab = language_model_vocab({"a": 3, "b": 1})
    lines = [" ".join(words) for words in sentences]
    expected = measured(vocab, lines)
    raw = Lines.of(lines)
    for text in (
        MeasuredText.of_tokens(sentences, raw, vocab),
        MeasuredText.of_batch(TokenBatch.of(sentences), raw, vocab),
        MeasuredText.joined([measured(vocab, [line]) for line in lines]),
    ):
        assert text.corpus.ids.tolist() == expected.corpus.ids.tolist()
        assert text.corpus.offsets.tolist() == expected.corpus.offsets.tolist()
        for name in ("characters", "bytes", "spelling_bits"):
            np.testing.assert_array_equal(getattr(text, name), getattr(expected, name), name)
    assert expected.characters.tolist() == [len(line) + 1 for line in lines]
    assert expected.bytes.tolist() == [len(line.encode()) + 1 for line in lines]


@settings(max_examples=60, deadline=None)
@given(sentences=WORDS, zero=st.booleans())
def test_columns_are_what_each_line_alone_gives(sentences: list[list[str]], zero: bool) -> None:
    vocab = language_model_vocab({"a": 3, "b": 1})
    model = Fixed(vocab, [0.0 if zero else 0.1, 0.2, 0.3, 0.4])
    lines = [" ".join(words) for words in sentences]
    text = measured(vocab, lines)
    scores = LineScores.of(model.log_probs(text.corpus), text, unknown=0)
    alone = [score(model, measured(vocab, [line])) for line in lines]
    for mine, its in zip(scores, alone, strict=True):
        assert mine.as_dict() == pytest.approx(its.as_dict(), nan_ok=True)
    rows = [
        dict(zip(scores.columns(), row, strict=True)) for row in zip(*scores.columns().values(), strict=True)
    ]
    assert [list(row) for row in rows] == [list(its.as_dict()) for its in alone]
    for row, its in zip(rows, alone, strict=True):
        assert row == pytest.approx(its.as_dict(), nan_ok=True)
    whole = score(model, text).as_dict()
    assert scores.total().as_dict() == pytest.approx(whole, nan_ok=True)
    assert Score.sum(alone).as_dict() == pytest.approx(whole, nan_ok=True)


def test_lines_of_a_document_add_up() -> None:
    vocab = language_model_vocab({"a": 3, "b": 1})
    model, text = Fixed(vocab, [0.1, 0.2, 0.3, 0.4]), measured(vocab, LINES)
    scores = LineScores.of(model.log_probs(text.corpus), text, unknown=0)
    first, second = scores.grouped(np.array([0, 2]))
    assert first == Score.sum(list(scores)[:2])
    assert second == list(scores)[2]
    assert len(scores.grouped(np.array([0]))) == 1
