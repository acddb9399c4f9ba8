"""An n-gram model as a folder of tables that are mapped, not read, so that it opens in milliseconds.

    header.json             format, smoothing, numbers of n-grams; the kind and digest of each file below
    vocab.txt               the words, as `Vocab.save` writes them
    words.2.i32, ...        the tables of the trie and their logarithms (see `textkit.lm.ngram.table_file`)
    first.1.i64, ...
    log_prob.1.f32, ...     quantised: log_prob.1.u8 and log_prob.1.centres.f32
    log_backoff.1.f32, ...

Digests tell damage. A forger can make them fit, so what compiled code relies on, that rows and words lie
within their tables, is looked at besides: no folder, whoever wrote it, can lead it out of bounds.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from textkit import __version__, atomic
from textkit.errors import CheckpointError, newer_advice, unreadable
from textkit.lm.ngram.log_table import CENTRES, LogTable
from textkit.lm.ngram.model import Miss, NgramModel
from textkit.lm.ngram.table_file import SUFFIXES, Array, Look, open_table, write_table
from textkit.lm.trie import LONGEST, NgramTrie
from textkit.plain_files import check_regular
from textkit.text import vocab_file
from textkit.text.vocab import Vocab

FORMAT = 1
HEADER = "header.json"
VOCAB = "vocab.txt"


def save_ngram(model: NgramModel, folder: Path | str) -> None:
    """Write a model as a new folder, whole or not at all; its tables may be larger than memory.

    Raises TextkitError when the folder exists already or cannot be written.

    >>> import tempfile
    >>> from textkit.data.encoded import EncodedCorpus
    >>> from textkit.lm.counts import NgramCounts
    >>> from textkit.lm.smoothing.witten_bell import WittenBell
    >>> vocab = Vocab(("<unk>", "</s>", "a"), (0, 0, 0), specials=2)
    >>> counts = NgramCounts.count(EncodedCorpus.from_sequences([[2, 2, 1]]), order=2, vocab_size=3)
    >>> folder = Path(tempfile.mkdtemp(), "model")
    >>> save_ngram(WittenBell().estimate(counts, vocab), folder)
    >>> load_ngram(folder).trie.size(2)
    3
    """
    with atomic.writing_folder(folder) as temporary:
        fill_ngram(model, temporary)


def fill_ngram(
    model: NgramModel, folder: Path, *, pipeline: str = "", probe: dict[str, Any] | None = None
) -> None:
    """Write a model's files into a folder that someone else makes whole: a run, say.

    `pipeline` is the digest of the one that leads to its words, if that is saved too; `probe` is plain data
    that is kept for who asks.
    """
    folder.mkdir(exist_ok=True)
    model.vocab.save(folder / VOCAB)
    tables = {
        name: {"kind": table.dtype.name, "digest": write_table(folder / _file(name, table.dtype.name), table)}
        for name, table in _tables(model).items()
    }
    document = {
        "format": FORMAT,
        "textkit": __version__,
        "smoothing": model.smoothing,
        "miss": {"shorter": model.miss.shorter, "unseen": repr(model.miss.unseen)},
        "notes": list(model.notes),
        "sizes": [model.trie.size(k) for k in range(1, model.order + 1)],
        "vocab": hashlib.sha256((folder / VOCAB).read_bytes()).hexdigest(),
        "pipeline": pipeline,
        "tables": tables,
        "probe": probe,
    }
    document["digest"] = _digest(document)
    atomic.write_text(folder / HEADER, json.dumps(document, indent=1) + "\n")


def load_ngram(folder: Path | str) -> NgramModel:
    """Open a model that `save_ngram` wrote: its tables are mapped, and every byte of them is checked.

    Raises CheckpointError, in one line, when a file is missing, damaged or of another version.
    """
    folder = Path(folder)
    header = read_header(folder)
    vocab = _read_vocab(folder / VOCAB, digest=header.vocab)
    sizes = header.sizes
    if not sizes or sizes[0] != len(vocab) + 1:
        raise CheckpointError(
            f"{folder / HEADER}: damaged: {len(vocab)} words and <s> need as many rows in 'sizes'"
        )
    order = len(sizes)
    words = (_words(folder, header, k) for k in range(2, order + 1))
    trie = NgramTrie(
        len(vocab),
        (np.arange(sizes[0], dtype=np.int32), *words),
        tuple(_first(folder, header, k) for k in range(1, order)),
    )
    log_prob = tuple(_logs(folder, header, f"log_prob.{k}", size) for k, size in enumerate(sizes, 1))
    log_backoff = tuple(_logs(folder, header, f"log_backoff.{k}", sizes[k - 1]) for k in range(1, order))
    return NgramModel(vocab, trie, log_prob, log_backoff, header.smoothing, header.miss, header.notes)


@dataclass(frozen=True)
class Header:
    """What header.json says: `sizes` n-grams an order; `tables`: name to kind and digest.

    `vocab` is the sha256 of vocab.txt, `pipeline` the digest of the pipeline, if any, `probe` what was kept.
    """

    smoothing: str
    miss: Miss
    notes: tuple[str, ...]
    sizes: tuple[int, ...]
    vocab: str
    pipeline: str
    tables: dict[str, tuple[str, str]]
    probe: Any = None


def read_header(folder: Path) -> Header:
    """What a model's header.json says.

    Raises CheckpointError when it is missing, damaged or of another version.
    """
    path = folder / HEADER
    check_regular(path)
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != FORMAT:
            found = document["format"]
            raise CheckpointError(
                f"{path}: format {found!r}; this version reads {FORMAT}{newer_advice(found, FORMAT)}"
            )
        if document.pop("digest") != _digest(document):
            raise ValueError("its digest differs; it was edited or damaged")
        miss = Miss(bool(document["miss"]["shorter"]), float(document["miss"]["unseen"]))
        tables = {
            str(name): (str(table["kind"]), str(table["digest"]))
            for name, table in document["tables"].items()
        }
        sizes = tuple(map(int, document["sizes"]))
        if len(sizes) > LONGEST:
            raise ValueError(f"n-grams of {LONGEST} words at most can be asked, not of {len(sizes)}")
        notes = tuple(map(str, document["notes"]))
        vocab, pipeline = str(document["vocab"]), str(document["pipeline"])
        probe = document.get("probe")
        return Header(str(document["smoothing"]), miss, notes, sizes, vocab, pipeline, tables, probe)
    except OSError as error:
        raise unreadable(path, error) from error
    except KeyError as error:
        raise CheckpointError(f"{path}: damaged: it lacks {error.args[0]!r}") from error
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise CheckpointError(f"{path}: damaged: {error}") from error


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _file(name: str, kind: str) -> str:
    return f"{name}{SUFFIXES[kind]}"


def _tables(model: NgramModel) -> dict[str, Array]:
    """The tables of a model by name; order 1 has every word, so that its words need no table."""
    tables: dict[str, Array] = {f"words.{k}": words for k, words in enumerate(model.trie.words, 1) if k > 1}
    tables |= {f"first.{k}": first for k, first in enumerate(model.trie.first, 1)}
    for name, columns in (("log_prob", model.log_prob), ("log_backoff", model.log_backoff)):
        for k, column in enumerate(columns, 1):
            tables[f"{name}.{k}"] = column.values
            if column.quantised:
                tables[f"{name}.{k}.centres"] = column.centres
    return tables


def _open(folder: Path, header: Header, name: str, rows: int, look: Look, kinds: tuple[str, ...]) -> Array:
    """One table of the folder, of one of `kinds`."""
    kind, digest = header.tables.get(name, ("none", ""))
    if kind not in kinds:
        raise CheckpointError(
            f"{folder / HEADER}: damaged: table {name} of {' or '.join(kinds)} is due, not of {kind}"
        )
    return open_table(folder / _file(name, kind), kind, rows=rows, digest=digest, look=look)


def _words(folder: Path, header: Header, order: int) -> Array:
    """The last words of an order's n-grams, all within the vocabulary; `<s>` is never last."""
    size = header.sizes[0] - 1

    def look(piece: Array) -> str:
        return "" if piece.view(np.uint32).max() < size else "a word is out of range"

    return _open(folder, header, f"words.{order}", header.sizes[order - 1], look, ("int32",))


def _first(folder: Path, header: Header, order: int) -> Array:
    """Where the children of each n-gram of an order begin: from 0 to the next order's size, never falling."""
    last, fault = 0, "the places of the continuations are out of order or range"

    def look(piece: Array) -> str:
        nonlocal last
        falls = piece[0] < last or bool((piece[1:] < piece[:-1]).any())
        last = int(piece[-1])
        return fault if falls else ""

    name = f"first.{order}"
    first = _open(folder, header, name, header.sizes[order - 1] + 1, look, ("int64",))
    if first[0] != 0 or first[-1] != header.sizes[order]:
        raise CheckpointError(f"{folder / _file(name, 'int64')}: damaged: {fault}")
    return first


def _logs(folder: Path, header: Header, name: str, rows: int) -> LogTable:
    """A column of logarithms, quantised or not."""

    def look(piece: Array) -> str:
        finite = piece.dtype == np.uint8 or piece.max() < np.inf  # not for NaN
        return "" if finite else "a logarithm is no number below infinity"

    values = _open(folder, header, name, rows, look, ("float32", "uint8"))
    if values.dtype != np.uint8:
        return LogTable(values)
    return LogTable(values, _open(folder, header, f"{name}.centres", CENTRES, look, ("float32",)))


def _read_vocab(path: Path, *, digest: str) -> Vocab:
    """The vocabulary of a file whose sha256 is known."""
    check_regular(path)
    data = vocab_file.read_bytes(path)
    if hashlib.sha256(data).hexdigest() != digest:
        raise CheckpointError(f"{path}: damaged: checksum differs from header.json; restore it")
    return Vocab.parse(data, source=path)
