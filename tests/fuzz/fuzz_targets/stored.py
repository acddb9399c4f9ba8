"""What textkit stores besides models: vocabularies, pipelines, encoded texts, features."""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np

from fuzz_targets.mutation import JSON_WORDS
from fuzz_targets.target import Target, holds, placed, refusing, same
from textkit.data.bag_of_words.vectorizer import BagOfWords
from textkit.data.encoded import EncodedCorpus
from textkit.errors import CheckpointError
from textkit.lm.score import MeasuredText
from textkit.tasks.classification.prepared_texts import LabelledIds
from textkit.text import clean
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.regular_expression import RegexTokenizer
from textkit.text.vocab import Vocab

VOCAB = Vocab(("<unk>", "</s>", "to", "a\tb", "三"), (3, 0, 2, 1, 1), specials=2)
_WORDS = (*JSON_WORDS, b'"format": 1')


@functools.lru_cache(maxsize=1)
def _files() -> dict[str, dict[str, bytes]]:
    """The files of each kind of folder, as they are written."""
    corpus = EncodedCorpus.from_sequences([[2, 3, 1], [4, 1]])
    bag = BagOfWords(RegexTokenizer())
    bag.fit(["to be", "or not to be"])
    pipeline = Pipeline((clean.Lowercase(), JiebaTokenizer(user_dictionary=b"x 3\n")))
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        VOCAB.save(root / "vocab" / "vocab.txt") if (root / "vocab").mkdir() is None else None
        pipeline.save(root / "pipeline")
        corpus.save(root / "corpus")
        LabelledIds(corpus, np.array([0, 1]), np.ones(2)).save(root / "labelled")
        MeasuredText(corpus, *np.ones((3, 2))).save(root / "measured")
        bag.save(root / "bag")
        for kind in root.iterdir():
            found[kind.name] = {file.name: file.read_bytes() for file in kind.iterdir()}
    return found


def _folder(folder: Path, kind: str, changed: dict[str, bytes]) -> Path:
    """A folder of its kind with some files changed."""
    path = folder / kind
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    for name, content in (_files()[kind] | changed).items():
        placed(path, name, content)
    return path


def read_vocab(data: bytes, folder: Path) -> None:
    """Tokens are encoded as their ids, and a vocabulary that is saved is read the same."""
    with refusing(CheckpointError):
        vocab = Vocab.parse(data, source="vocab.txt")
        tokens = list(vocab.tokens)
        same(len(vocab), len(tokens), "tokens")
        holds(all(isinstance(count, int) and count >= 0 for count in vocab.counts), "a count is no count")
        same(vocab.decode(range(len(tokens))), tokens, "tokens decoded")
        holds(vocab.unknown is None or vocab.unknown in tokens, "the unknown word is none of the tokens")
        named = tokens[vocab.specials :]
        same(vocab.encode(named), list(range(vocab.specials, len(tokens))), "ids of the tokens")
        vocab.save(folder / "again.txt")
        again = Vocab.load(folder / "again.txt")
        same(
            (again.tokens, again.counts, again.specials),
            (vocab.tokens, vocab.counts, vocab.specials),
            "written",
        )


def read_pipeline(data: bytes, folder: Path) -> None:
    """The recipe of a pipeline; as it is, and with a digest that fits."""
    with refusing(CheckpointError):
        _run(Pipeline.load(_folder(folder, "pipeline", {"pipeline.json": data})))
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(document, dict) and isinstance(document.get("stages"), list):
        path = _folder(folder, "pipeline", {"pipeline.json": data})
        with refusing(CheckpointError):
            try:
                _run(Pipeline.load(path))
            except CheckpointError as error:
                if "digest" not in str(error):
                    raise
                digest = _digest_of(document, path)
                placed(path, "pipeline.json", json.dumps(document | {"digest": digest}).encode())
                _run(Pipeline.load(path))


def _digest_of(document: dict[str, object], path: Path) -> str:
    """The digest that the stages of a document get when they are loaded and signed."""
    from textkit.text import pipeline
    from textkit.text.catalog import STAGES

    known = {stage.__name__: stage for stage in STAGES}
    stages = document["stages"]
    built = tuple(pipeline._build(each, known, path, path) for each in stages)  # type: ignore[attr-defined]
    return Pipeline(built).digest()


def _run(pipeline: Pipeline[str, list[str]]) -> None:
    from textkit.errors import TextkitError

    with refusing(TextkitError):  # a stage that cannot take text says so
        pipeline("to be")


def read_corpus(data: bytes, folder: Path) -> None:
    """Encoded texts, with labels, and measured: any bytes in the place of each file."""
    for kind, load in (
        ("corpus", EncodedCorpus.load), ("labelled", LabelledIds.load), ("measured", MeasuredText.load)
    ):  # fmt: skip
        for name, sound in _files()[kind].items():
            for content in {data, (data * len(sound))[: len(sound)]}:
                with refusing(CheckpointError):
                    _walk(load(_folder(folder, kind, {name: content})))  # type: ignore[operator]


def _walk(loaded: object) -> None:
    corpus = getattr(loaded, "corpus", loaded)
    assert isinstance(corpus, EncodedCorpus)
    same(sum(len(ids) for ids in corpus), len(corpus.ids), "ids of all sequences")


def read_bag(data: bytes, folder: Path) -> None:
    """A saved bag of words: its document, and its arrays under a checksum that fits."""
    with refusing(CheckpointError):
        BagOfWords.load(_folder(folder, "bag", {"bag_of_words.json": data})).transform(["to be or"])
    document = json.loads(_files()["bag"]["bag_of_words.json"]) | {"sha256": hashlib.sha256(data).hexdigest()}
    changed = {"features.safetensors": data, "bag_of_words.json": json.dumps(document).encode()}
    with refusing(CheckpointError):
        BagOfWords.load(_folder(folder, "bag", changed)).transform(["to be or"])


def _vocabs() -> dict[str, bytes]:
    saved = _files()["vocab"]["vocab.txt"]
    return {"saved": saved, "list": b"<unk>\nto\nbe\n", "counts": saved.replace(b"\n", b"\r\n")}


TARGETS = (
    Target(
        "vocab",
        "vocabulary files",
        read_vocab,
        _vocabs,
        (
            b"#textkit-vocab ",
            b'"specials": ',
            b'"unknown": null',
            b"\\n",
            b"\\\\",
            b"\t9999999999999999999",
            "\t１".encode(),
        ),
        memory=500,
    ),
    Target(
        "pipeline",
        "pipeline.json",
        read_pipeline,
        lambda: {"one": _files()["pipeline"]["pipeline.json"]},
        _WORDS,
    ),
    Target(
        "corpus",
        "encoded texts: ids, labels, sizes",
        read_corpus,
        lambda: {
            f"{kind}.{name}": content
            for kind in ("labelled", "measured", "corpus")
            for name, content in _files()[kind].items()
        },
        (*_WORDS, b"\x93NUMPY", b"\xff\xff\xff\x7f", b"'descr': '|O'", b"'shape': (99999999999,)"),
        longest=1024,
        memory=1000,
    ),
    Target(
        "bag-of-words",
        "a saved bag of words",
        read_bag,
        lambda: dict(_files()["bag"].items()),
        (*_WORDS, b'"words": [1, 9]', b'"dtype"', b'"I64"', b'"U8"', b"\xff\xff\xff\x7f"),
        memory=2000,
    ),
)
