"""Text that a saved model makes up: from which distribution, behind which prompt, with what loaded."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from textkit.data.encoded import EncodedCorpus
from textkit.errors import UsageError
from textkit.lm.arpa import write_arpa
from textkit.lm.counts import NgramCounts
from textkit.lm.language_model import END, language_model_vocab
from textkit.lm.ngram import NgramModel
from textkit.lm.ngram.folder import save_ngram
from textkit.lm.smoothing.witten_bell import WittenBell
from textkit.tasks.language_model import load_model
from textkit.tasks.language_model.saved import SavedModel
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

LINES = ["the cat sat on the mat", "the dog sat", "a cat saw the dog on a mat", "the cat saw"]


@pytest.fixture(scope="module")
def ngrams() -> NgramModel:
    words = [line.split() for line in LINES]
    vocab = language_model_vocab(Counter(word for line in words for word in line))
    corpus = EncodedCorpus.from_sequences([*vocab.encode(line), vocab.id(END)] for line in words)
    counts = NgramCounts.count(corpus, order=3, vocab_size=len(vocab))
    return WittenBell().estimate(counts, vocab)


@pytest.fixture(scope="module")
def saved(ngrams: NgramModel) -> SavedModel:
    return SavedModel(ngrams, Pipeline.of(WhitespaceTokenizer()))


def after(saved: SavedModel, words: list[str], *, temperature: float) -> dict[str, float]:
    """What may follow the beginning of a line, from the probability of the line with each word."""
    vocab, prompt = saved.model.vocab, saved.model.vocab.encode(words)
    ids = range(1, len(vocab))
    corpus = EncodedCorpus.from_sequences([*prompt, i] for i in ids)
    logs = saved.model.log_probs(corpus)[corpus.offsets[1:] - 1] / temperature
    weights = np.exp(logs - logs.max())
    return dict(zip(vocab.tokens[1:], (weights / weights.sum()).tolist(), strict=True))


@pytest.mark.parametrize("temperature", [1.0, 0.5, 0.05, 3.0])
@pytest.mark.parametrize("limits", [{}, {"top_k": 1000}])  # of n-grams, and of whole distributions
def test_words_come_as_often_as_the_model_says(
    saved: SavedModel, temperature: float, limits: dict[str, int]
) -> None:
    texts = saved.generate("the", length=1, samples=4000, temperature=temperature, seed=5, **limits)
    counts = Counter(END if text == "the\n" else text.removeprefix("the ") for text in texts)
    expected = after(saved, ["the"], temperature=temperature)
    assert counts.keys() <= expected.keys()
    for word, probability in expected.items():
        error = 4 * (probability * (1 - probability) / 4000) ** 0.5
        assert counts[word] / 4000 == pytest.approx(probability, abs=error + 1e-9)


def test_cold_draws_take_the_most_probable_word(saved: SavedModel) -> None:
    best = saved.generate("the cat", length=8, temperature=0)
    assert saved.generate("the cat", length=8, temperature=1e-3, seed=1) == best


def test_a_seed_gives_its_text_again(saved: SavedModel) -> None:
    first = saved.generate(length=20, samples=3, seed=4)
    assert saved.generate(length=20, samples=3, seed=4) == first
    assert saved.generate(length=20, samples=3, seed=5) != first
    assert len(set(first)) == 3


def test_one_line_ends_with_the_line(saved: SavedModel) -> None:
    texts = saved.generate("the", length=40, samples=50, one_line=True)
    assert all("\n" not in text for text in texts)
    assert any(len(text.split()) < 20 for text in texts)


@pytest.mark.parametrize("temperature", [-1.0, float("inf"), float("nan")])
def test_temperatures_that_are_none(saved: SavedModel, temperature: float) -> None:
    with pytest.raises(UsageError, match="temperature must be 0 or a positive number, not"):
        saved.generate(temperature=temperature)


def test_prompts_go_through_the_pipeline(ngrams: NgramModel, tmp_path: Path) -> None:
    save_ngram(ngrams, tmp_path / "folder")
    write_arpa(ngrams, tmp_path / "m.arpa")
    for source in (tmp_path / "folder", tmp_path / "m.arpa"):
        loaded = load_model(source)
        # White space is not part of words, an unknown word stays as it was, and a line end begins a line.
        text = loaded.generate(" the  zebra\tsat \nthe cat", length=3, seed=2)[0]
        assert text.startswith("the zebra sat\nthe cat")
        assert text == loaded.generate("the zebra sat\nthe cat", length=3, seed=2)[0]


def test_ngram_models_generate_without_torch(ngrams: NgramModel, tmp_path: Path) -> None:
    save_ngram(ngrams, tmp_path / "folder")
    program = (
        "import sys; from textkit_cli.main import main; status = main(sys.argv[1:]);"
        "sys.exit(status or 'torch' in sys.modules)"
    )
    command = [sys.executable, "-c", program, "generate", str(tmp_path / "folder"), "--length", "3"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
