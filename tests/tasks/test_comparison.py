"""Models side by side: each scored as by itself, and together where their tokens are the same."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from textkit.errors import CheckpointError, InputError, UsageError
from textkit.lm.arpa import write_arpa
from textkit.tasks.language_model import load_model
from textkit.tasks.language_model.comparison import compare

TEST = ["the cat saw the dog on a mat", "a log sat", "", "the mat saw a cat"]
VALID = ["the dog sat on the log", "a cat sat", "the cat saw a dog"] * 3
Make = Callable[..., Path]


def test_every_model_is_scored_as_by_itself_and_the_best_comes_first(
    make_run: Make, make_ngrams: Make
) -> None:
    runs = [
        make_run("lstm"),
        make_run("gru-char", "gru", unit="char"),
        make_run("transformer", "transformer", heads=2, steps=6),
        make_ngrams("words"),
        make_ngrams("chars", unit="char", order=4),
    ]
    result = compare(runs, test=TEST)
    assert {row.name for row in result.models} == {str(run) for run in runs}
    bits = [row.score.bits_per_character for row in result.models]
    assert bits == sorted(bits)
    for row in result.models:
        assert row.score == load_model(row.name).score(TEST)
    rows = {Path(row.name).name: row for row in result.models}
    assert {name: (row.kind, row.unit, row.neural) for name, row in rows.items()} == {
        "lstm": ("lstm", "word", True),
        "gru-char": ("gru", "char", True),
        "transformer": ("transformer", "word", True),
        "words": ("3-gram", "word", False),
        "chars": ("4-gram", "char", False),
    }
    network = load_model(runs[0]).model.network  # type: ignore[attr-defined]
    assert rows["lstm"].parameters == sum(weight.numel() for weight in network.parameters())
    trie = load_model(runs[3]).model.trie  # type: ignore[attr-defined]
    assert rows["words"].parameters == sum(trie.size(k) for k in (1, 2, 3))
    weights = next(runs[0].glob("best-*")).stat().st_size
    assert weights < rows["lstm"].bytes < weights + 20_000
    assert "perplexities are per token, and tokens differ here: compare bits" in result.notes
    assert json.loads(json.dumps(result.as_dict()))["models"][0]["bits_per_character"] == bits[0]


def test_mixtures_are_tuned_on_the_validation_text_alone(make_run: Make, make_ngrams: Make) -> None:
    runs = [make_ngrams("two", order=2), make_ngrams("three"), make_run("lstm"), make_run("gru", "gru")]
    result = compare(runs, test=TEST, valid=VALID)
    assert result.notes == ()
    models = {str(run): load_model(run) for run in runs}

    def log_probs(name: str, lines: list[str]) -> np.ndarray:
        return models[name].model.log_probs(models[name].measure(lines).corpus)

    better = max(runs[:2], key=lambda run: log_probs(str(run), VALID).sum())
    assert {frozenset(mixture.models) for mixture in result.mixtures} == {
        frozenset({str(better), str(runs[2])}),
        frozenset({str(better), str(runs[3])}),
        frozenset(map(str, runs)),
    }
    for mixture in result.mixtures:
        assert sum(mixture.weights) == pytest.approx(1)

        def likelihood(weights: tuple[float, ...], lines: list[str], names: tuple[str, ...]) -> float:
            parts = [w * np.exp(log_probs(name, lines)) for w, name in zip(weights, names, strict=True)]
            return float(np.log(sum(parts)).sum())

        there = likelihood(mixture.weights, TEST, mixture.models)
        assert mixture.score.log_prob == pytest.approx(there)
        best = likelihood(mixture.weights, VALID, mixture.models)
        for i in range(len(mixture.models)):  # the weights are the best: moving any way is worse
            moved = tuple(0.98 * w + 0.02 * (j == i) for j, w in enumerate(mixture.weights))
            assert likelihood(moved, VALID, mixture.models) <= best + 1e-4
    bits = [mixture.score.bits_per_character for mixture in result.mixtures]
    assert bits == sorted(bits)


def test_ids_may_differ_where_the_words_are_the_same(
    make_run: Make, make_ngrams: Make, tmp_path: Path
) -> None:
    ngrams = make_ngrams("ngrams")
    arpa = tmp_path / "model.arpa"  # has the words in another order, and the pipeline by default
    write_arpa(load_model(ngrams).model, arpa)
    text = arpa.read_text().split("\\2-grams:")
    head, *unigrams = text[0].split("\n\\1-grams:\n")
    lines = unigrams[0].strip().split("\n")
    arpa.write_text(f"{head}\n\\1-grams:\n" + "\n".join(reversed(lines)) + "\n\n\\2-grams:" + text[1])
    lstm = make_run("lstm")
    assert load_model(arpa).model.vocab.tokens != load_model(lstm).model.vocab.tokens
    one, other = (compare([model, lstm], test=TEST, valid=VALID) for model in (ngrams, arpa))
    assert one.mixtures[0].weights == pytest.approx(other.mixtures[0].weights, abs=1e-4)
    assert one.mixtures[0].score.log_prob == pytest.approx(other.mixtures[0].score.log_prob, abs=1e-4)
    assert other.models[-1].bytes > 0


def test_notes_say_why_nothing_is_mixed(make_run: Make, make_ngrams: Make) -> None:
    words, char = make_ngrams("words"), make_ngrams("char", unit="char")
    lstm, small = make_run("lstm"), make_run("small", min_count=9)
    assert compare([words, lstm], test=TEST).notes == (
        "nothing is interpolated: the weights need a validation text (--valid)",
    )
    assert compare([words, char], test=TEST).notes == (
        "perplexities are per token, and tokens differ here: compare bits",
    )
    assert compare([lstm], test=TEST, valid=VALID).notes == (
        "nothing is interpolated: that takes an n-gram model and a neural one",
    )
    differ = compare([words, small], test=TEST, valid=VALID)
    assert not differ.mixtures
    assert differ.notes == (
        "perplexities count unknown words by <unk>, and vocabularies differ here: compare bits",
        f"{small} is not interpolated: no n-gram model has its vocabulary (11 words of {words}, 9 of its "
        "own); train both with the same min_count and max_vocab",
    )
    notes = compare([char, lstm], test=TEST, valid=VALID).notes
    assert notes[1:] == (f"{lstm} is not interpolated: no n-gram model has its tokens",)
    both = compare([words, char, lstm], test=TEST, valid=VALID)
    assert [set(mixture.models) for mixture in both.mixtures] == [{str(words), str(lstm)}]
    assert len(both.notes) == 1


def test_a_model_that_finds_the_text_impossible_comes_last(make_run: Make, make_ngrams: Make) -> None:
    mle, lstm = make_ngrams("mle", smoothing="mle"), make_run("lstm")
    result = compare([mle, lstm], test=TEST, valid=VALID)
    assert [row.name for row in result.models] == [str(lstm), str(mle)]
    assert math.isinf(result.models[1].score.perplexity)
    assert math.isfinite(result.mixtures[0].score.perplexity)


def test_bad_requests(make_ngrams: Make, tmp_path: Path) -> None:
    run = make_ngrams("run")
    with pytest.raises(UsageError, match="there is no model to compare"):
        compare([], test=TEST)
    with pytest.raises(UsageError, match="run: named twice; compare different models"):
        compare([run, run], test=TEST)
    with pytest.raises(InputError, match="the test text is empty: there is nothing to score"):
        compare([run], test=[])
    with pytest.raises(InputError, match="the valid text is empty"):
        compare([run], test=TEST, valid=[])
    with pytest.raises(CheckpointError, match="none: there is no such run"):
        compare([run, tmp_path / "none"], test=TEST)
