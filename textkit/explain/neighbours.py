"""Words that stand near each other: what an attack may put in a word's place.

V words, E width of their vectors, K classes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

MOST = 8000  # words that have neighbours: the most frequent
SEEN = 3  # and seen so often at least
BLOCK = 512  # words whose likenesses are computed at once
_WORD = re.compile(r"\w")


def distributional_neighbours(
    texts: Sequence[Sequence[str]], *, size: int, classes: Integers | None = None
) -> dict[str, tuple[str, ...]]:
    """For each word of tokenized `texts` the `size` that stand most between the same words.

    Each word is represented by its positive pointwise mutual information with the words before and
    after it (Church and Hanks 1990, CL 16(1); Levy and Goldberg 2014, NeurIPS), compared by cosine. With
    the texts' `classes` (B,) a word's neighbours lean to the same class as it does.
    """
    counts = Counter(word for text in texts for word in text if _WORD.search(word))
    words = [word for word, count in counts.most_common(MOST) if count >= SEEN]
    if not words:
        return {}
    vectors = _contexts(texts, {word: number for number, word in enumerate(words)})
    lean = None if classes is None else leaning(texts, words, classes)
    lengths = np.sqrt(vectors.multiply(vectors).sum(1))
    unit = vectors.multiply(1 / np.where(lengths > 0, lengths, 1)).tocsr().astype(np.float32)
    found: dict[str, tuple[str, ...]] = {}
    for first in range(0, len(words), BLOCK):
        block = range(first, min(first + BLOCK, len(words)))
        alike = (unit[first : block.stop] @ unit.T).toarray()
        found |= _nearest(words, block, alike, size=size, lean=lean)
    return found


def leaning(texts: Iterable[Sequence[str]], words: Sequence[str], classes: Integers) -> Floats:
    """How the texts that have each of `words` are spread over the classes: (V, K), classes evened out.

    >>> print(leaning([["好"], ["差"], ["差"]], ["好", "差"], np.array([1, 0, 0])).round(2))
    [[0.27 0.73]
     [0.69 0.31]]
    """
    numbers = {word: number for number, word in enumerate(words)}
    counts = np.ones((len(words), int(classes.max()) + 1))
    for text, label in zip(texts, classes.tolist(), strict=True):
        for word in set(text):
            if (number := numbers.get(word)) is not None:
                counts[number, label] += 1
    share = counts / (np.bincount(classes) + 2)
    lean: Floats = (share / share.sum(1, keepdims=True)).astype(np.float32)
    return lean


def _contexts(texts: Sequence[Sequence[str]], numbers: Mapping[str, int]) -> Any:
    """Positive pointwise mutual information of words and neighbours: (V, 2V + 2), sparse.

    Columns are the words before, then those after; the last of each is anything else, or the end.
    """
    from scipy import sparse

    size = len(numbers)
    rows: list[int] = []
    columns: list[int] = []
    for text in texts:
        ids = [size, *(numbers.get(word, size) for word in text), size]
        for before, word, after in zip(ids, ids[1:], ids[2:], strict=False):
            if word != size:
                rows += word, word
                columns += before, size + 1 + after
    counts = sparse.coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(size, 2 * size + 2)).tocsr()
    total = counts.sum() / 2
    by_word, by_context = np.asarray(counts.sum(1)).ravel() / 2, np.asarray(counts.sum(0)).ravel()
    pairs = counts.tocoo()
    expected = by_word[pairs.row] * by_context[pairs.col]
    values = np.maximum(np.log(pairs.data * total / expected), 0)
    return sparse.coo_matrix((values, (pairs.row, pairs.col)), shape=counts.shape).tocsr()


def _nearest(
    words: Sequence[str], block: range, alike: npt.NDArray[np.floating], *, size: int, lean: Floats | None
) -> dict[str, tuple[str, ...]]:
    """The neighbours of the words numbered by `block`, by their likeness (N, V) to all; none below 0."""
    own = np.arange(len(block))
    alike[own, list(block)] = 0
    if lean is not None:
        towards = lean[list(block)].argmax(1)
        away = lean.T[towards] < 1 / lean.shape[1]
        alike[away] = 0
    best = np.argsort(-alike, axis=1, kind="stable")[:, :size]
    return {
        words[number]: tuple(words[other] for other in row.tolist() if alike[place, other] > 0)
        for place, (number, row) in enumerate(zip(block, best, strict=True))
    }
