"""Estimating an n-gram model from a prepared text, and reading one back from its run."""

from __future__ import annotations

from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.catalog import make_smoothing
from textkit.tasks.language_model.config import LanguageModelConfig
from textkit.tasks.language_model.prepare import Prepared
from textkit.text.vocab import Vocab
from textkit.train.checkpoint import RunFolder


def fit_ngram(config: LanguageModelConfig, prepared: Prepared, run: RunFolder) -> tuple[str, ...]:
    """Estimate the model and make it the run's best; gives what the smoothing has to explain."""
    smoothing = make_smoothing(config.smoothing, value=config.smoothing_value)
    counts = NgramCounts.count(prepared.train.corpus, order=config.order, vocab_size=len(prepared.vocab))
    model = smoothing.estimate(counts, prepared.vocab)
    run.save("best", model.arrays(), step=0, info={"ngram": model.settings()})
    return model.notes


def load_ngram(run: RunFolder, vocab: Vocab) -> NgramModel:
    """The n-gram model of a run; raises CheckpointError when it is damaged."""
    return NgramModel.from_arrays(vocab, run.arrays("best"), run.info("best")["ngram"])
