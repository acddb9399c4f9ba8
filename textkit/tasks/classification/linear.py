"""The linear classifier: n-grams of words and characters, two averaged heads, calibrated probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from textkit.data.bag_of_words.ngram_index import NgramIndex
from textkit.errors import CheckpointError, InputError, unknown_name
from textkit.models.calibration import Calibration
from textkit.models.sparse_linear.two_heads import TwoHeads
from textkit.tasks.classification.classifier import Floats, LabelledTexts
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.classification.linear_fitting import fit_calibrated, text_weights
from textkit.text.pipeline import Pipeline

_MANY = 5000  # texts, from which on what only one of them has is left out
_LEAST = 1e-9
_LARGEST = 1 << 30  # numbers in the table of weights
_PREFIX = "index."


class Contributions(NamedTuple):
    """What each occurrence of a feature in one text brings to the scores: with `bias` they sum to them.

    Occurrence i is `text[starts[i]:ends[i]]` of the feature `columns[i]`, named `names[i]`; `values` (N, K),
    `bias` (K,).
    """

    columns: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    names: tuple[str, ...]
    values: Floats
    bias: Floats


@dataclass(frozen=True, eq=False)
class LinearClassifier:
    """A fitted classifier; a `Classifier` whose scores are margins, shifted so that the largest is likeliest.

    `prior` (K,) is what a text without a known feature gets. `typical` (M+1,) are the norms of a text of
    training, see TwoHeads, on average.
    """

    labels: tuple[str, ...]
    index: NgramIndex
    heads: TwoHeads
    calibration: Calibration
    prior: Floats
    typical: Floats

    def scores(self, texts: Sequence[str], /) -> Floats:
        """(B, K): before calibration, but the largest of a row has the largest probability too."""
        return self._scores(texts)[0]

    def probabilities(self, texts: Sequence[str], /) -> Floats:
        """Calibrated probabilities (B, K); rows sum to one."""
        scores, blank = self._scores(texts)
        found = self.calibration.probabilities(scores)
        found[blank] = self.prior
        return found

    def _scores(self, texts: Sequence[str]) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Scores, and which texts have nothing known in them: no feature, or none that training had."""
        scores = self.heads.scores(self.index.transform(texts))
        blank = (scores == self.heads.intercept).all(1)
        scores[blank] = self._blank
        return scores, blank

    @property
    def _blank(self) -> Floats:
        """The scores of a text without a known feature, (K,): those of the prior."""
        blank: Floats = np.log(np.maximum(self.prior, _LEAST)) / self.calibration.slope
        return blank

    def contributions(self, text: str) -> Contributions:
        """What each word, word pair and run of characters of a text brings to its scores.

        A feature that occurs more than once shares its part among its occurrences.
        """
        columns, starts, ends = self.index.occurrences(text)
        features, places, counts = np.unique(
            columns.astype(np.int64), return_inverse=True, return_counts=True
        )
        values = self.heads.contributions(features, counts.astype(np.float64)) / counts[:, None]
        spans = zip(columns.tolist(), starts.tolist(), ends.tolist(), strict=True)
        names = tuple(self._names[c] if self._names else text[begin:end] for c, begin, end in spans)
        bias = self.heads.intercept if values.any() else self._blank
        return Contributions(columns, starts, ends, names, values[places], bias)

    def global_weights(self) -> Floats:
        """What each feature brings to the scores of a typical text that has it once, (W, K)."""
        m, table = self.heads.machines, self.heads.table
        shares = table[:, :m] / self.typical[:m] + table[:, 2 * m : 3 * m] / self.typical[m]
        weights: Floats = shares.astype(np.float64) / 2
        return np.concatenate([-weights, weights], axis=1) if m == 1 else weights

    def top_features(self, label: str, *, count: int = 20) -> list[tuple[str, float]]:
        """Names and weights of the features that speak most for a label, by weight.

        They are those of the largest weight times the root of how many texts have them. What is a word and
        a run of characters too is one, with the sum of the weights. Raises UsageError for an unknown
        label, and when features are hashed: they have no names.
        """
        if label not in self.labels:
            raise unknown_name("label", label, self.labels)
        column = self.labels.index(label)
        weights = self.global_weights()[:, column]
        influence = weights * np.sqrt(self.index.document_frequency)
        names = self.index.names()
        best = dict.fromkeys(names[i] for i in np.argsort(-influence).tolist())
        sums = dict.fromkeys(list(best)[:count], 0.0)
        for name, weight in zip(names, weights.tolist(), strict=True):
            if name in sums:
                sums[name] += weight
        return sorted(sums.items(), key=lambda item: -item[1])

    @cached_property
    def _names(self) -> list[str] | None:
        """The features' names; hashed ones have none."""
        return None if self.index.settings()["buckets"] else self.index.names()

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything fitted, as arrays for a file."""
        index = self.index.arrays()
        index["document_frequency"] = index["document_frequency"].astype(np.int32)
        return {f"{_PREFIX}{name}": array for name, array in index.items()} | {
            "table": self.heads.table.astype(np.float16),  # exact: fitting rounds to it
            "intercepts": self.heads.intercepts,
            "calibration": np.array([self.calibration.slope, self.calibration.noise]),
            "prior": self.prior,
            "typical": self.typical,
        }

    @staticmethod
    def from_arrays(
        arrays: Mapping[str, npt.NDArray[Any]],
        *,
        labels: Sequence[str],
        config: ClassifierConfig,
        pipeline: Pipeline[str, list[str]],
    ) -> LinearClassifier:
        """The classifier whose `arrays` these are. Raises CheckpointError for arrays that do not fit."""
        own = {
            name.removeprefix(_PREFIX): array for name, array in arrays.items() if name.startswith(_PREFIX)
        }
        index = NgramIndex.from_arrays(own, pipeline, _index_settings(config, min_df=1))
        machines = 1 if len(labels) == 2 else len(labels)
        shapes = {
            "table": (index.width, 3 * machines + 1),
            "intercepts": (machines,),
            "calibration": (2,),
            "prior": (len(labels),),
            "typical": (machines + 1,),
        }
        for name, shape in shapes.items():
            if name not in arrays or not _sound(name, arrays[name], shape):
                raise CheckpointError(f"these are not the weights of such a classifier: '{name}' is damaged")
        slope, noise = (float(each) for each in arrays["calibration"])
        heads = TwoHeads(arrays["table"].astype(np.float32, copy=False), arrays["intercepts"])
        calibration = Calibration(slope, np.zeros(len(labels)), noise)
        return LinearClassifier(tuple(labels), index, heads, calibration, arrays["prior"], arrays["typical"])


def _sound(name: str, array: npt.NDArray[Any], shape: tuple[int, ...]) -> bool:
    """Whether an array of a file has the shape and the values that fitting gives it."""
    if array.shape != shape or array.dtype.kind != "f" or not np.isfinite(array).all():
        return False
    match name:
        case "table":
            machines = shape[1] // 3
            squares = array[:, machines : 2 * machines], array[:, 3 * machines]
            return all(bool((each >= 0).all()) for each in squares)
        case "calibration":
            return bool(array[0] > 0 and 0 <= array[1] <= 1)
        case "prior":
            return bool((array >= 0).all() and np.isclose(array.sum(), 1))
        case "typical":
            return bool((array > 0).all())
    return True


def fit_linear(
    train: LabelledTexts,
    config: ClassifierConfig,
    *,
    pipeline: Pipeline[str, list[str]],
    weights: Floats | None = None,
    trusted: npt.NDArray[np.bool_] | None = None,
) -> LinearClassifier:
    """A classifier out of labelled texts, each counting `weights` (B,), by config's class weights besides.

    Probabilities are calibrated on texts held out in turn, of those `trusted` (B,) alone if given: on true
    labels, where others were guessed. With balanced class weights they are probabilities where all
    classes are equally frequent. Raises InputError when there is nothing to learn from.

    >>> from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
    >>> texts = LabelledTexts.of([("good room", "+"), ("very good", "+"), ("bad", "-"), ("bad room", "-")])
    >>> fitted = fit_linear(texts, ClassifierConfig(), pipeline=Pipeline.of(WhitespaceTokenizer()))
    >>> [fitted.labels[i] for i in fitted.probabilities(["a good one", "bad, bad"]).argmax(1)]
    ['+', '-']
    """
    counted = text_weights(train, weights, balanced=config.class_weight == "balanced")
    min_df = config.min_df or (2 if len(train) >= _MANY else 1)
    index = NgramIndex(pipeline, **_index_settings(config, min_df=1 if config.buckets else min_df))
    counts = index.fit(train.texts)
    if not len(counts.columns):
        raise InputError(f"the {len(train)} texts have no words; are they blank?")
    machines = 1 if len(train.labels) == 2 else len(train.labels)
    if counts.width * (3 * machines + 1) > _LARGEST:
        raise InputError(
            f"{counts.width:,} features for {len(train.labels):,} labels take more than "
            f"{4 * _LARGEST >> 30} GiB; leave rare ones out by min_df, or use the preset fast"
        )
    heads, calibration, typical = fit_calibrated(
        counts,
        train,
        cost=config.cost,
        weights=counted,
        trusted=np.full(len(train), True) if trusted is None else trusted,
        min_df=min_df,
        seed=config.seed,
    )
    prior = np.bincount(train.classes, counted, minlength=len(train.labels)) / counted.sum()
    return LinearClassifier(train.labels, index, heads, calibration, prior, typical)


def _index_settings(config: ClassifierConfig, *, min_df: int) -> dict[str, Any]:
    return {
        "words": (1, config.words) if config.words else None,
        "characters": (1, config.characters) if config.characters else None,
        "buckets": config.buckets,
        "min_df": min_df,
    }
