"""Mixing saved n-gram models into one, with given weights or weights tuned on held-out lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textkit.data.interned import InternedText
from textkit.errors import InputError, UsageError
from textkit.lm.mixing.mix import mix
from textkit.lm.mixing.mixture import Mixture, check_weights
from textkit.lm.mixing.weights import tune_weights
from textkit.lm.score import MeasuredText, Score, score
from textkit.tasks.language_model.ngram_file import SavedNgram


@dataclass(frozen=True, eq=False)
class Mixed:
    """A merged model with the pipeline of the first, and how it came about.

    With held-out text, `scores` are the measures of each model on it, each with its own vocabulary, and
    last those of the merged one; `interpolated` is the perplexity of the mixture word by word, on which the
    weights were tuned.
    """

    saved: SavedNgram
    weights: tuple[float, ...]
    scores: tuple[Score, ...] = ()
    interpolated: float | None = None


def mix_ngrams(
    models: Sequence[SavedNgram],
    *,
    weights: Sequence[float] | None = None,
    held_out: Iterable[str] | None = None,
) -> Mixed:
    """Merge models, with `weights`, or those that suit `held_out` best, or equal ones.

    Raises UsageError for fewer than two models, weights that do not fit or come beside held-out text, and
    models that cannot be merged; InputError for an empty held-out text.
    """
    if len(models) < 2:
        raise UsageError(f"mixing takes two models at least, not {len(models)}")
    if weights is not None and held_out is not None:
        raise UsageError("weights are either given or tuned on held-out text, not both")
    pipeline = models[0].pipeline
    each = [saved.model for saved in models]
    if held_out is None:
        chosen = tuple(weights) if weights is not None else (1 / len(models),) * len(models)
        check_weights(chosen, len(models))
        return Mixed(SavedNgram(mix(each, chosen), pipeline), chosen)
    text = InternedText.of(held_out, pipeline)
    if not len(text):
        raise InputError("there is no held-out text to tune weights on")
    mixture = Mixture(tuple(each), (1 / len(models),) * len(models))
    tuned = tune_weights(mixture.parts(MeasuredText.of(text, mixture.vocab).corpus))
    merged = mix(each, tuned.weights)
    scores = tuple(score(model, MeasuredText.of(text, model.vocab)) for model in (*each, merged))
    return Mixed(SavedNgram(merged, pipeline), tuned.weights, scores, tuned.perplexity)
