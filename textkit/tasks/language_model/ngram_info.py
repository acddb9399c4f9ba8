"""What there is to say about an n-gram model that was saved."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.lm.history import History
from textkit.lm.ngram import NgramModel
from textkit.lm.trie import END_ID
from textkit.tasks.language_model.ngram_file import is_model_folder, read_ngram_file
from textkit.train import recipe
from textkit.train.checkpoint import MANIFEST, RunFolder

Ints = npt.NDArray[np.int64]

TOLERANCE = 1e-4  # of a sum of probabilities: float32 logarithms are good to some 1e-6

_HISTORIES = 100  # looked at in each order
_TOGETHER = 1 << 22  # probabilities computed at once


@dataclass(frozen=True)
class NgramInfo:
    """An n-gram model in numbers: `ngrams` an order, `<s>` counted among the words of the first.

    `histories` were looked at, the empty one and `<s>` among them, whose distributions sum to
    `least_sum` to `greatest_sum`.
    """

    path: str
    kind: str
    smoothing: str
    order: int
    vocabulary: int
    ngrams: tuple[int, ...]
    quantised: bool
    bytes_on_disk: int
    bytes_in_memory: int
    histories: int
    least_sum: float
    greatest_sum: float
    notes: tuple[str, ...]
    signature: str
    recipe: str = ""

    @property
    def proper(self) -> bool:
        """Whether every distribution that was looked at sums to one, as nearly as float32 can say."""
        return 1 - TOLERANCE <= self.least_sum <= self.greatest_sum <= 1 + TOLERANCE

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {**asdict(self), "proper": self.proper}


def describe_ngram(path: Path | str, *, seed: int = 0) -> NgramInfo:
    """Open a run, a model folder or an ARPA file and describe its n-gram model.

    `seed` draws the histories. Raises what `read_ngram_file` does.
    """
    path = Path(path)
    saved = read_ngram_file(path)
    model = saved.model
    sums = sums_of_histories(model, _sample(model, np.random.default_rng(seed)))
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return NgramInfo(
        str(path),
        "arpa" if path.is_file() else "folder" if is_model_folder(path) else "run",
        model.smoothing,
        model.order,
        len(model.vocab),
        tuple(model.trie.size(k) for k in range(1, model.order + 1)),
        any(table.quantised for table in model.log_prob),
        sum(file.stat().st_size for file in files),
        _memory(model),
        len(sums),
        float(sums.min()),
        float(sums.max()),
        model.notes,
        saved.signature(),
        _recipe(path),
    )


def _recipe(path: Path) -> str:
    """How a run was made; nothing for what is no run."""
    return recipe.line(RunFolder.open(path).document) if (path / MANIFEST).exists() else ""


def sums_of_histories(model: NgramModel, histories: History) -> npt.NDArray[np.float64]:
    """The sum of the probabilities of all words after each history, (R,)."""
    size = max(1, _TOGETHER // len(model.vocab))
    rows = np.arange(len(histories))
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]
    sums = [np.exp(model.distribution(histories.select(part))).sum(axis=1) for part in parts]
    return np.concatenate(sums)


def _sample(model: NgramModel, generator: np.random.Generator) -> History:
    """The empty history, `<s>`, and of each order some n-grams of the model that can be histories."""
    found = [np.full((1, model.order - 1), -1, dtype=np.int64)]
    lengths = [np.zeros(1, dtype=np.int64)]
    for k in range(1, model.order):
        rows = generator.permutation(model.trie.size(k))[: 2 * _HISTORIES]
        if k == 1:
            rows = np.unique(np.append(rows, model.trie.vocab_size))[::-1]  # with <s>, first
        ids = model.trie.ngrams(k, rows)
        ids = ids[(ids != END_ID).all(axis=1)][:_HISTORIES]
        found.append(_rows_of_suffixes(model, ids))
        lengths.append(np.full(len(ids), k))
    return History(np.concatenate(found), np.concatenate(lengths))


def _rows_of_suffixes(model: NgramModel, ids: Ints) -> Ints:
    """For histories of k words (R, k) the row of the last one, two, ... words; -1 for none, (R, n-1)."""
    length = ids.shape[1]
    result = np.full((len(ids), model.order - 1), -1, dtype=np.int64)
    for k in range(1, length + 1):
        rows = ids[:, length - k]
        for i in range(1, k):
            rows = model.trie.find(i + 1, rows, ids[:, length - k + i])
        result[:, k - 1] = rows
    return result


def _memory(model: NgramModel) -> int:
    """The bytes of the tables, mapped or not; words and what is made from them come on top."""
    logs = (*model.log_prob, *model.log_backoff)
    tables = sum(table.nbytes for table in model.trie.words) + sum(table.nbytes for table in model.trie.first)
    return tables + sum(table.values.nbytes + table.centres.nbytes for table in logs)
