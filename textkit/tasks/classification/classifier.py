"""What every classifier is, whatever it is made of, and the labelled texts it learns from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from textkit.errors import InputError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Classifier(Protocol):
    """From texts to a distribution over K classes, named by `labels`."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the columns."""
        ...

    def scores(self, texts: Sequence[str], /) -> Floats:
        """What decides, before calibration: (B, K), the largest wins."""
        ...

    def probabilities(self, texts: Sequence[str], /) -> Floats:
        """Calibrated probabilities (B, K); rows sum to one. A text without a known word gets one too."""
        ...


@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """`texts` and `classes` (B,), for each the number of its label in `labels`.

    >>> some = LabelledTexts.of([("good", "1"), ("bad", "0")])
    >>> some.labels, some.classes.tolist()
    (('0', '1'), [1, 0])
    """

    texts: tuple[str, ...]
    classes: Integers
    labels: tuple[str, ...]

    @staticmethod
    def of(pairs: Iterable[tuple[str, str]], *, labels: Sequence[str] | None = None) -> LabelledTexts:
        """Of pairs of text and label; `labels` are those of training, if not, the ones found, sorted.

        Raises InputError for a label that is not among `labels`, and when there is no text.
        """
        pairs = list(pairs)
        if not pairs:
            raise InputError("there is no labelled text; give at least one of each class")
        texts, names = zip(*pairs, strict=True)
        labels = tuple(sorted(set(names)) if labels is None else labels)
        numbers = {label: number for number, label in enumerate(labels)}
        for place, name in enumerate(names, 1):
            if name not in numbers:
                known = ", ".join(labels[:10])
                raise InputError(f"record {place}: unknown label '{name}'; training had: {known}")
        return LabelledTexts(texts, np.array([numbers[name] for name in names], np.int64), labels)

    def __len__(self) -> int:
        return len(self.texts)

    def select(self, indices: Integers) -> LabelledTexts:
        """Those of `indices`, in that order."""
        return LabelledTexts(tuple(self.texts[i] for i in indices), self.classes[indices], self.labels)
