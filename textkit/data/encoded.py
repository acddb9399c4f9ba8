"""An encoded corpus: every token's id in one flat array, and where each sequence begins."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit import atomic
from textkit.errors import CheckpointError, newer_advice, reason_of, unreadable
from textkit.plain_files import check_regular

FORMAT = 1

_TOGETHER = 64  # sequences written at once

Sequences = Iterable[Sequence[int]] | Iterable[npt.NDArray[np.int32]]


@dataclass(frozen=True, eq=False)
class EncodedCorpus:
    """Sequences of ids, flat. Language models, translation and classifiers all read this form.

    `ids` (N,) int32; `offsets` (S+1,) int64, so that sequence s is `ids[offsets[s]:offsets[s+1]]`.
    For language models each sequence ends with the end-of-sentence id.

    >>> corpus = EncodedCorpus.from_sequences([[5, 6], [], [7]])
    >>> len(corpus), corpus.ids.tolist(), corpus[2].tolist()
    (3, [5, 6, 7], [7])
    """

    ids: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]

    @staticmethod
    def from_sequences(sequences: Sequences) -> EncodedCorpus:
        """Collect sequences in memory: 4 bytes a token and 8 a sequence."""
        ids, offsets = array("i"), array("q", [0])
        for sequence in sequences:
            ids.extend(sequence)
            offsets.append(len(ids))
        return EncodedCorpus(np.array(ids, dtype=np.int32), np.array(offsets, dtype=np.int64))

    @staticmethod
    def write(sequences: Sequences, folder: Path | str) -> EncodedCorpus:
        """Stream sequences to a new folder, in constant memory, and map it: `write_parts`, one by one."""
        return EncodedCorpus.write_parts(_parts(sequences), folder)

    @staticmethod
    def write_parts(parts: Iterable[EncodedCorpus], folder: Path | str) -> EncodedCorpus:
        """Stream corpora, one after the other, to a new folder, in the memory of the largest, and map it.

        Batches of tokens are encoded into parts by `EncodedCorpus(vocab.encode_flat(batch),
        batch.offsets)`. The folder holds ids.i32 and offsets.i64 (little-endian) and corpus.json.
        Raises TextkitError when it exists already or cannot be written.
        """
        with atomic.writing_folder(folder) as temporary:
            total, count = 0, 0
            with (temporary / "ids.i32").open("wb") as ids, (temporary / "offsets.i64").open("wb") as offsets:
                offsets.write(np.int64(0).astype("<i8").tobytes())
                for part in parts:
                    ids.write(part.ids.astype("<i4", copy=False).tobytes())
                    offsets.write((part.offsets[1:] + total).astype("<i8", copy=False).tobytes())
                    total, count = total + len(part.ids), count + len(part)
            document = {"format": FORMAT, "tokens": total, "sequences": count}
            (temporary / "corpus.json").write_text(json.dumps(document) + "\n", encoding="utf-8")
        return EncodedCorpus.load(folder)

    def save(self, folder: Path | str) -> None:
        """Write this corpus to a new folder."""
        EncodedCorpus.write_parts([self], folder)

    @staticmethod
    def load(folder: Path | str, *, ids_below: int | None = None) -> EncodedCorpus:
        """Map a folder that `save` or `write` made; no id is read until it is used, or checked.

        Raises CheckpointError when files are missing or their sizes contradict corpus.json, when sequences
        are out of order, and where an id is not below `ids_below`, the size of their vocabulary.
        """
        folder = Path(folder)
        for name in ("corpus.json", "ids.i32", "offsets.i64"):
            check_regular(folder / name)
        try:
            document = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
            if document["format"] != FORMAT:
                found = document["format"]
                raise CheckpointError(
                    f"{folder}: corpus format {found!r}; this version reads {FORMAT}"
                    f"{newer_advice(found, FORMAT)}"
                )
            tokens, sequences = int(document["tokens"]), int(document["sequences"])
        except OSError as error:
            raise CheckpointError(f"{folder}: not an encoded corpus: {reason_of(error)}") from error
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise CheckpointError(f"{folder / 'corpus.json'}: damaged: {error}") from error
        ids = _map(folder / "ids.i32", "<i4", tokens)
        offsets = _map(folder / "offsets.i64", "<i8", sequences + 1)
        if offsets[0] != 0 or offsets[-1] != tokens:
            raise CheckpointError(
                f"{folder / 'offsets.i64'}: damaged: does not end at the last of {tokens} tokens"
            )
        if not is_sorted(offsets):
            raise CheckpointError(f"{folder / 'offsets.i64'}: damaged: a sequence ends before it begins")
        if ids_below is not None and tokens and int(ids.view("<u4").max()) >= ids_below:
            raise CheckpointError(
                f"{folder / 'ids.i32'}: damaged: an id is not one of the {ids_below} of the vocabulary"
            )
        return EncodedCorpus(ids, offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> npt.NDArray[np.int32]:
        return self.ids[self.offsets[index] : self.offsets[index + 1]]

    def __iter__(self) -> Iterator[npt.NDArray[np.int32]]:
        return (self[i] for i in range(len(self)))

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Tokens in each sequence, (S,)."""
        return np.diff(self.offsets)


def _parts(sequences: Sequences) -> Iterator[EncodedCorpus]:
    rest: Iterator[Any] = iter(sequences)
    while some := list(islice(rest, _TOGETHER)):
        yield EncodedCorpus.from_sequences(some)


def is_sorted(numbers: npt.NDArray[np.int64]) -> bool:
    """Whether none is below the one before it; looked at piece by piece.

    >>> is_sorted(np.array([0, 0, 3])), is_sorted(np.array([0, 3, 1]))
    (True, False)
    """
    step = 1 << 20
    pieces = (numbers[start : start + step + 1] for start in range(0, len(numbers), step))
    return not any((piece[1:] < piece[:-1]).any() for piece in pieces)


def _map(path: Path, dtype: str, size: int) -> npt.NDArray[Any]:
    expected = size * np.dtype(dtype).itemsize
    try:
        actual = path.stat().st_size
    except OSError as error:
        raise unreadable(path, error) from error
    if actual != expected:
        raise CheckpointError(
            f"{path}: {actual} bytes where {expected} are due; the file is truncated or damaged"
        )
    return (
        np.memmap(path, dtype=dtype, mode="r") if size else np.empty(0, dtype)
    )  # an empty file cannot be mapped
