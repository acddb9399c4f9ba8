"""Which n-grams of words and characters are features, and counting them in texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.data.bag_of_words.alphabet import Characters, Words, hashed_characters, hashed_words
from textkit.data.bag_of_words.counts import Counts, Rows
from textkit.data.bag_of_words.documents import Documents, Preparation, Texts
from textkit.data.bag_of_words.fitted import Fitted, width_of
from textkit.data.bag_of_words.growing import Growing, Seen
from textkit.data.bag_of_words.limits import Limits
from textkit.data.bag_of_words.ngram_table import HashedNgrams, NgramTable, arrays_of, table_of
from textkit.data.bag_of_words.occurrences import Occurrences, occurrences
from textkit.errors import CheckpointError, InputError, TextkitError, UsageError
from textkit.text.kernels import unavailable

Range = tuple[int, int]
Longs = npt.NDArray[np.int64]

_SEEDS = (0x5851F42D4C957F2D, 0x14057B7EF767814F)  # words and characters: equal texts hash apart
_LARGEST = 2**31 - 1
_LONGEST = 1000  # symbols of an n-gram: memory is as many times that of the texts


class NgramIndex:
    """N-grams of words and of characters, together in one index: words' columns first, then characters'.

    `pipeline` ends in a tokenizer, or is one; or it is None and texts are lists of tokens. What it
    cleans is cleaned first. `words` and `characters` are the shortest and longest n-grams, None for none.
    Words come from the tokenizer; blank ones are dropped, one-character ones kept. Characters come from the
    cleaned text, in which several white spaces together count as one blank. Columns are in the order of the
    names, by code points, words' and characters' each. Features are told apart exactly; a token that holds a
    blank and the two words around one are two features of the same name.

    `min_df`, `max_df` and `max_features` are scikit-learn's, see Limits. With `buckets` a feature's
    column is its hash: nothing need be fitted, memory is bounded, and unlike features may share a column.

    Raises UsageError for settings that make no sense.

    >>> from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
    >>> index = NgramIndex(WhitespaceTokenizer(), words=(1, 2))
    >>> counts = index.fit(["to be or", "or to be"])
    >>> index.names(), counts.csr().toarray().astype(int).tolist()
    (['be', 'be or', 'or', 'or to', 'to', 'to be'], [[1, 1, 1, 0, 1, 1], [1, 0, 1, 1, 1, 1]])
    """

    def __init__(
        self,
        pipeline: Preparation,
        *,
        words: Range | None = (1, 1),
        characters: Range | None = None,
        buckets: int | None = None,
        min_df: int | float = 1,
        max_df: int | float = 1.0,
        max_features: int | None = None,
    ) -> None:
        if reason := unavailable():
            raise TextkitError(f"counting n-grams needs compiled loops, which cannot be had here: {reason}")
        if words is None and characters is None:
            raise UsageError("words and characters are both None: there is nothing to count")
        self._words, self._characters = _range("words", words), _range("characters", characters)
        self._limits = Limits(min_df, max_df, max_features)
        if buckets is not None and not (isinstance(buckets, Integral) and 1 <= buckets <= _LARGEST):
            raise UsageError(f"buckets must be a number from 1 to {_LARGEST:,}, or None, not {buckets!r}")
        if buckets is not None and self._limits.given:
            raise UsageError("min_df, max_df and max_features need features with names; leave out buckets")
        self._buckets = None if buckets is None else int(buckets)
        self._documents = Documents(pipeline, words=words is not None, characters=characters is not None)
        self._growing: Growing | None = None
        self._fitted: Fitted | None = None if buckets is None else self._hashed()

    def fit(self, texts: Texts) -> Counts:
        """Number the features of some texts, forgetting others; returns their counts, (B, width).

        Raises InputError when no feature is left.
        """
        parts = self._documents.parts(texts)
        if self._buckets is not None:
            self._fitted = fitted = self._hashed()
            return self._learn(fitted, texts)
        growing, rows = self._new(), Rows()
        growing.add(parts, rows=rows)
        fitted, columns = growing.fitted(self._limits)
        self._fitted = _sound(fitted)
        self._growing = None
        del growing
        return Growing.finish(rows, columns, width=self.width)

    def partial_fit(self, texts: Texts) -> None:
        """More texts of a stream: in the end the features are those of all texts at once.

        Where a text is an error, those well before it are counted already.
        Raises UsageError after a `fit` that left features out, which more texts might have let in.
        """
        if self._buckets is not None:
            self._learn(self._fit_or_none() or self._hashed(), texts)
            return
        self._growing = self._growing or self._reopened()
        self._fitted = None
        self._growing.add(self._documents.parts(texts))

    def transform(self, texts: Texts) -> Counts:
        """The counts of the features in texts, (B, width); what is no feature is left out."""
        return self._fit().count(self._documents.parts(texts))

    @property
    def width(self) -> int:
        """The number of features."""
        return len(self._fit().document_frequency)

    @property
    def documents(self) -> int:
        """How many texts it was fitted on."""
        return self._fit().documents

    @property
    def document_frequency(self) -> Longs:
        """How many of the texts fitted on have each feature, (width,)."""
        return self._fit().document_frequency

    def names(self) -> list[str]:
        """The text of each feature; between words is a blank. Raises UsageError with buckets."""
        self._named("name")
        return self._fit().names()

    def kinds(self) -> npt.NDArray[np.int8]:
        """0 for words, 1 for characters, (width,). Raises UsageError with buckets, which may hold both."""
        self._named("kind")
        return self._fit().kinds()

    def occurrences(self, text: str) -> Occurrences:
        """Every occurrence of a feature in a raw text, as many as its row counts.

        >>> from textkit.text.tokenizers.jieba import JiebaTokenizer
        >>> index = NgramIndex(JiebaTokenizer(), words=(1, 2))
        >>> counts = index.fit(["房间 很 好", "很 好看"])
        >>> columns, starts, ends = index.occurrences("房间很好")
        >>> [index.names()[column] for column in columns], starts.tolist(), ends.tolist()
        (['房间', '房间 很', '很', '很 好', '好'], [0, 0, 2, 2, 3], [2, 3, 3, 4, 4])
        """
        return occurrences(text, self._documents, self._fit())

    def settings(self) -> dict[str, Any]:
        """What the constructor was given besides the pipeline: plain data."""
        limits = self._limits
        return {
            "words": self._words,
            "characters": self._characters,
            "buckets": self._buckets,
            "min_df": limits.min_df,
            "max_df": limits.max_df,
            "max_features": limits.max_features,
        }

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What was fitted, as arrays for a file."""
        fitted = self._fit()
        arrays = {
            "document_frequency": fitted.document_frequency,
            "documents": np.array([fitted.documents, fitted.complete], np.int64),
        }
        for name, kind in (("words", fitted.words), ("characters", fitted.characters)):
            if isinstance(kind, NgramTable):
                arrays |= arrays_of(kind, name)
        return arrays

    @staticmethod
    def from_arrays(
        arrays: Mapping[str, npt.NDArray[Any]],
        pipeline: Preparation,
        settings: Mapping[str, Any],
    ) -> NgramIndex:
        """The index of these `arrays` and `settings`. Raises CheckpointError for arrays that do not fit."""
        index = NgramIndex(pipeline, **settings)
        for name, array in arrays.items():
            if array.ndim != 1 or array.dtype.kind not in "iu":
                raise CheckpointError(f"these are not the arrays of such an index: '{name}' is damaged")
        try:
            fitted = index._hashed() if index._buckets is not None else index._restored(arrays)
            fitted.document_frequency = arrays["document_frequency"].astype(np.int64)
            fitted.documents, fitted.complete = int(arrays["documents"][0]), bool(arrays["documents"][1])
        except (KeyError, ValueError, IndexError) as error:
            raise CheckpointError(f"these are not the arrays of such an index: {error!r}") from error
        width, known = len(fitted.document_frequency), width_of(fitted.words) + width_of(fitted.characters)
        if width != (index._buckets or known):
            raise CheckpointError(f"there are document frequencies of {width} features, and {known} features")
        if fitted.document_frequency.min(initial=0) < 0:
            raise CheckpointError(
                "these are not the arrays of such an index: a document frequency is below 0"
            )
        index._fitted = fitted
        return index

    def _fit_or_none(self) -> Fitted | None:
        if self._fitted is None and self._growing is not None:
            self._fitted = _sound(self._growing.fitted(self._limits)[0])
        return self._fitted

    def _fit(self) -> Fitted:
        fitted = self._fit_or_none()
        if fitted is None:
            raise UsageError("this index was not fitted: call fit, or partial_fit, with texts first")
        return fitted

    def _learn(self, fitted: Fitted, texts: Texts) -> Counts:
        """Count hashed features, and in how many texts each is."""
        counts = fitted.count(self._documents.parts(texts), seen=fitted.document_frequency)
        fitted.documents += len(counts.offsets) - 1
        self._fitted = fitted
        return counts

    def _named(self, what: str) -> None:
        if self._buckets is not None:
            raise UsageError(f"hashed features have no {what}: leave out buckets, or ask for occurrences")

    def _new(self) -> Growing:
        totals = self._limits.max_features is not None
        words, characters = (
            None if reach is None
            else Seen(NgramTable(alphabet(), lowest=reach[0], highest=reach[1]), totals=totals)
            for alphabet, reach in ((Words, self._words), (Characters, self._characters))
        )  # fmt: skip
        return Growing(words, characters)

    def _reopened(self) -> Growing:
        """What was fitted, to be added to."""
        fitted = self._fitted
        if fitted is None:
            return self._new()
        if not fitted.complete or self._limits.max_features is not None:
            raise UsageError(
                "fit left features out that more texts might let in: use partial_fit from the first texts on"
            )
        frequency, base = fitted.document_frequency, fitted.base
        both = (
            Seen.of(kind, frequency[begin : begin + kind.width]) if isinstance(kind, NgramTable) else None
            for kind, begin in ((fitted.words, 0), (fitted.characters, base))
        )
        return Growing(*both, documents=fitted.documents)

    def _hashed(self) -> Fitted:
        """Features by hash: they are there without any text."""
        width = self._buckets or 0
        words, characters = (
            None if reach is None
            else HashedNgrams(symbols, lowest=reach[0], highest=reach[1], width=width, seed=seed)
            for symbols, reach, seed in zip(
                (hashed_words, hashed_characters), (self._words, self._characters), _SEEDS, strict=True
            )
        )  # fmt: skip
        return Fitted(words, characters, np.zeros(width, np.int64), 0, shared=True)

    def _restored(self, arrays: Mapping[str, npt.NDArray[Any]]) -> Fitted:
        words = self._words and table_of(arrays, "words", Words.from_arrays, self._words)
        characters = self._characters and table_of(
            arrays, "characters", Characters.from_arrays, self._characters
        )
        return Fitted(words or None, characters or None, np.empty(0, np.int64), 0)


def _range(name: str, value: Any) -> Range | None:
    if value is None:
        return None
    numbers = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else ()
    whole = len(numbers) == 2 and all(isinstance(number, Integral) for number in numbers)
    if not (whole and 1 <= numbers[0] <= numbers[1] <= _LONGEST):
        raise UsageError(
            f"{name} must be the shortest and the longest n-gram, such as (1, 2), up to {_LONGEST}, or None, "
            f"not {value!r}"
        )
    return (int(numbers[0]), int(numbers[1]))


def _sound(fitted: Fitted) -> Fitted:
    if not len(fitted.document_frequency):
        raise InputError(
            f"no feature is left of {fitted.documents:,} texts: give texts with tokens in them, "
            "lower min_df, or raise max_df"
        )
    return fitted
