"""n-gram models: ARPA text, count files, and the folder of tables."""

from __future__ import annotations

import functools
import hashlib
import json
import math
import tempfile
from pathlib import Path

import numpy as np

from fuzz_targets.target import Target, holds, placed, refusing, same
from textkit.data.encoded import EncodedCorpus
from textkit.errors import CheckpointError, InputError, UsageError
from textkit.lm.arpa import read_arpa, write_arpa
from textkit.lm.counts import NgramCounts
from textkit.lm.counts.file import read_counts, write_counts
from textkit.lm.ngram import NgramModel
from textkit.lm.ngram.folder import HEADER, load_ngram, save_ngram
from textkit.lm.smoothing.witten_bell import WittenBell
from textkit.text.vocab import Vocab

ARPA = (
    b"\\data\\\nngram 1=5\nngram 2=3\n\n\\1-grams:\n-99\t<s>\t-0.5\n-0.5\t<unk>\n-0.6\t</s>\n-0.7\tto\t-0.1\n"
    b"-1.5e0\tbe\t0\n\n\\2-grams:\n-0.25\t<s> to\n-0.5\tto be\n-0.125\tbe </s>\n\n\\end\\\n"
)
COUNTS = b"<s> a b\t2\na b </s>\t2\nb </s>\t2\n</s>\t2\n"
_WORDS = (
    b"<s>",
    b"</s>",
    b"<unk>",
    b"\t",
    b"-99",
    b"inf",
    b"nan",
    b"1e400",
    b"-0",
    b"9" * 30,
    b"\\end\\",
    b"ngram 3=1",
    b"\r\n",
)


def _use(model: NgramModel) -> None:
    """Score all pairs of words: no probability above one, by a margin for files with few digits."""
    size = len(model.vocab)
    ids = np.arange(size, dtype=np.int32)[:20]
    pairs = [[int(a), int(b), 1] for a in ids for b in ids[:5]]
    scores = model.log_probs(EncodedCorpus.from_sequences(pairs))
    same(len(scores), 3 * len(pairs), "scores for the words")
    holds(
        not np.isnan(scores).any() or any(math.isnan(float(x)) for x in model.log_prob[0].all()),
        "a score is no number",
    )


def read_model(data: bytes, folder: Path) -> None:
    """Text gives the model that its own text gives again."""
    with refusing(InputError):
        model = read_arpa(placed(folder, "m.arpa", data), jobs=1)
        _use(model)
        again = folder / "again.arpa"
        with refusing(UsageError):
            write_arpa(model, again, jobs=1)
            back = read_arpa(again, jobs=1)
            same(back.vocab.tokens, model.vocab.tokens, "words written")
            for one, other in zip(model.log_prob, back.log_prob, strict=True):
                same(other.all().tolist(), one.all().tolist(), "logarithms written")


def read_count_file(data: bytes, folder: Path) -> None:
    """Counts give the counts that they are written as."""
    with refusing(InputError):
        counts, vocab = read_counts([placed(folder, "a.counts", data)], jobs=1)
        again = folder / "again.counts"
        with refusing(UsageError):
            write_counts(counts, vocab, again, jobs=1)
            back, words = read_counts([again], jobs=1)
            same(words.tokens, vocab.tokens, "words written")
            same([t.tolist() for t in back.raw], [t.tolist() for t in counts.raw], "counts written")


@functools.lru_cache(maxsize=1)
def _files() -> dict[str, bytes]:
    vocab = Vocab(("<unk>", "</s>", "a", "b"), (0, 0, 0, 0), specials=2)
    corpus = EncodedCorpus.from_sequences([[2, 3, 2, 1], [3, 1]])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model")
        save_ngram(WittenBell().estimate(NgramCounts.count(corpus, order=3, vocab_size=4), vocab), path)
        return {file.name: file.read_bytes() for file in path.iterdir()}


def _model_folder(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "model"
    path.mkdir(exist_ok=True)
    for name, content in files.items():
        placed(path, name, content)
    return path


def read_header(data: bytes, folder: Path) -> None:
    """The header of a model folder; as it is, and with a digest that fits, which a forger can have."""
    with refusing(CheckpointError):
        _use(load_ngram(_model_folder(folder, _files() | {HEADER: data})))
    try:
        document = json.loads(data)
        document.pop("digest")
        text = json.dumps(document, sort_keys=True)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return
    document["digest"] = hashlib.sha256(text.encode()).hexdigest()
    with refusing(CheckpointError):
        _use(load_ngram(_model_folder(folder, _files() | {HEADER: json.dumps(document).encode()})))


def read_tables(data: bytes, folder: Path) -> None:
    """Any bytes in the place of each table, their digest made to fit."""
    from textkit.lm.ngram.table_file import write_table

    kinds = {".i32": "<i4", ".i64": "<i8", ".f32": "<f4", ".u8": "u1"}
    for name, content in _files().items():
        kind = kinds.get(Path(name).suffix)
        if kind is None:
            continue
        forged = (data * (len(content) // max(len(data), 1) + 1))[: len(content)] if data else content
        path = _model_folder(folder, _files())
        document = json.loads(_files()[HEADER])
        digest = write_table(path / name, np.frombuffer(forged, kind))
        document["tables"][Path(name).stem]["digest"] = digest
        document.pop("digest")
        document["digest"] = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
        placed(path, HEADER, json.dumps(document).encode())
        with refusing(CheckpointError):
            _use(load_ngram(path))


TARGETS = (
    Target(
        "arpa",
        "n-gram models as ARPA text",
        read_model,
        lambda: {"model": ARPA, "packed": b""},
        _WORDS,
        memory=1000,
    ),
    Target(
        "counts",
        "count files",
        read_count_file,
        lambda: {"counts": COUNTS, "single": b"a\t3\n"},
        _WORDS,
        memory=1000,
    ),
    Target(
        "ngram-header",
        "header.json of an n-gram model",
        read_header,
        lambda: {"header": _files()[HEADER]},
        (
            b"null",
            b"-1",
            b"1e400",
            b"NaN",
            b"[[",
            b'"sizes"',
            b'"int64"',
            b'"float32"',
            b"99999999999999999999",
        ),
        memory=1000,
    ),
    Target(
        "ngram-tables",
        "the tables of an n-gram model",
        read_tables,
        lambda: {
            name: content for name, content in _files().items() if Path(name).suffix not in (".json", ".txt")
        },
        (b"\0\0\xc0\x7f", b"\0\0\x80\x7f", b"\xff\xff\xff\xff", b"\0\0\0\x80", b"\1\0\0\0"),
        longest=256,
        memory=1000,
    ),
)
