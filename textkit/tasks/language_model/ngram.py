"""Estimating an n-gram model from a prepared text, and reading one back from its run."""

from __future__ import annotations

from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.catalog import make_smoothing
from textkit.tasks.language_model.config import LanguageModelConfig
from textkit.tasks.language_model.prepare import Prepared
from textkit.text.vocab import Vocab
from textkit.train.checkpoint import RunFolder


def estimate_ngram(config: LanguageModelConfig, prepared: Prepared) -> NgramModel:
    """Count and smooth; the model's `notes` are what the smoothing has to explain."""
    smoothing = make_smoothing(config.smoothing, value=config.smoothing_value)
    counts = NgramCounts.count(prepared.train.corpus, order=config.order, vocab_size=len(prepared.vocab))
    return smoothing.estimate(counts, prepared.vocab)


def save_ngram(model: NgramModel, run: RunFolder) -> None:
    """Make `model` the run's best."""
    run.save("best", model.arrays(), step=0, info={"ngram": model.settings()})


def load_ngram(run: RunFolder, vocab: Vocab) -> NgramModel:
    """The n-gram model of a run; raises CheckpointError when it is damaged."""
    return NgramModel.from_arrays(vocab, run.arrays("best"), run.info("best")["ngram"])
