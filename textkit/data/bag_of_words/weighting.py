"""What a feature weighs in a text, of how often it occurs there and in other texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.data.bag_of_words.counts import Counts
from textkit.errors import UsageError, unknown_name

WEIGHTINGS = ("count", "binary", "frequency", "tf-idf")
NORMS = ("auto", "l1", "l2")

Longs = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]


def inverse_document_frequency(frequency: Longs, documents: int, *, smooth: bool = True) -> Doubles:
    """ln(documents / frequency) + 1 of each feature, (W,); one is added to both where it is `smooth`.

    As scikit-learn has it: a feature of all texts weighs 1, not 0. Of buckets some are in no text, and later
    texts may fall into them: without `smooth` they weigh what one text's feature does.

    >>> inverse_document_frequency(np.array([4, 1]), 4, smooth=False)
    array([1.        , 2.38629436])
    """
    added = int(smooth)
    weights: Doubles = np.log((documents + added) / np.maximum(frequency + added, 1)) + 1.0
    return weights


@dataclass(frozen=True)
class Weighting:
    """`kind` is count, binary (1), frequency (the count by the sum of its row) or tf-idf.

    With `sublinear` a count n becomes 1 + ln(n) first. `norm` l1 or l2 has each row divided by its norm;
    "auto" is l2 for tf-idf, None otherwise. Raises UsageError for other names.

    >>> counts = Counts(np.array([0, 2]), np.array([0, 1], np.int32), np.array([1, 3], np.float32), 2)
    >>> Weighting("frequency").weights(counts)
    array([0.25, 0.75])
    """

    kind: str = "count"
    sublinear: bool = False
    smooth: bool = True
    norm: str | None = "auto"

    def __post_init__(self) -> None:
        if self.kind not in WEIGHTINGS:
            raise unknown_name("weighting", str(self.kind), WEIGHTINGS)
        if self.norm is not None and self.norm not in NORMS:
            raise unknown_name("norm", str(self.norm), NORMS)

    def factors(self, frequency: Longs, documents: int) -> Doubles:
        """What each feature's weights are multiplied by, (W,); empty for nothing.

        `frequency` (W,) is how many of `documents` texts have each feature. Raises UsageError for tf-idf
        of hashed features that were not fitted.
        """
        if self.kind != "tf-idf":
            return np.empty(0)
        if not documents:
            raise UsageError("tf-idf needs to know in how many texts a feature is: call fit with texts first")
        return inverse_document_frequency(frequency, documents, smooth=self.smooth)

    def check_type(self, dtype: Any) -> None:
        """Raise UsageError unless weights can be of `dtype`.

        That is float32 or float64; of bare counts and of ones int32 or int64 too.
        """
        whole = self.kind in ("count", "binary") and not self.sublinear and self._norm is None
        allowed = ("float32", "float64", *(("int32", "int64") if whole else ()))
        try:
            name = np.dtype(dtype).name
        except (TypeError, ValueError, SyntaxError, OverflowError):  # what numpy says of what is no type
            name = repr(dtype)
        if name not in allowed:
            raise UsageError(f"the dtype of these weights must be one of {', '.join(allowed)}, not {name}")

    def weights(self, counts: Counts, factors: Doubles | None = None, *, dtype: Any = np.float64) -> Any:
        """The weight of each count, (N,) of `dtype`; `factors` as above.

        Raises UsageError for a `dtype` that `check_type` refuses.
        """
        from textkit.data.kernels.weighting import weigh_rows

        self.check_type(dtype)
        out = np.empty(len(counts.counts), dtype)
        weigh_rows(
            counts.offsets, counts.columns, counts.counts, self._transfer(counts), self.kind == "frequency",
            np.empty(0) if factors is None else factors, {"l1": 1, "l2": 2}.get(self._norm or "", 0),
            np.empty(int(np.diff(counts.offsets).max(initial=0))), out,
        )  # fmt: skip
        return out

    @property
    def _norm(self) -> str | None:
        if self.norm == "auto":
            return "l2" if self.kind == "tf-idf" else None
        return self.norm

    def _transfer(self, counts: Counts) -> Doubles:
        """What becomes of a count: a table, empty for the count itself."""
        if self.kind != "binary" and not self.sublinear:
            return np.empty(0)
        table = np.arange(int(counts.counts.max(initial=0)) + 1, dtype=np.float64)
        if self.kind == "binary":
            table[1:] = 1
        else:
            table[1:] = np.log(table[1:]) + 1.0
        return table
