"""The datasets library: caches found again by recipe, rows read as texts, texts and answers as rows."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
from datasets.fingerprint import Hasher

import textkit
from textkit.adapters.datasets import (
    classify,
    clean,
    corpus_dataset,
    encode,
    encoded_corpus,
    keep,
    labelled_dataset,
    labelled_texts,
    lines,
    pairs,
    pairs_dataset,
    predictions_dataset,
    tagged_dataset,
    tagged_sentences,
    tokenize,
)
from textkit.adapters.datasets.mapping import fingerprint
from textkit.adapters.datasets.rows import Tokenizing
from textkit.data.encoded import EncodedCorpus
from textkit.data.spans import TaggedSentence
from textkit.errors import CheckpointError, InputError, UsageError
from textkit.tasks.classification import LabelledTexts, Prediction
from textkit.text import Vocab
from textkit.text.clean import preset
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.regular_expression import RegexTokenizer
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

TEXTS = ["房间干净 很好", "", "早餐难吃", "It's OK"]


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A data set in a folder, where the library keeps its cache."""
    datasets.Dataset.from_dict({"text": TEXTS, "n": [0, 1, 2, 3]}).save_to_disk(tmp_path / "rows")
    return tmp_path / "rows"


def caches(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("cache-*.arrow")}


def test_tokens_ids_and_places_are_the_pipelines(stored: Path) -> None:
    rows = datasets.load_from_disk(stored)
    pipeline = preset("en").then(RegexTokenizer())
    tokens = [pipeline(text) for text in TEXTS]
    vocab = Vocab.build(tokens[:3])
    found = tokenize(rows, pipeline, places=True)
    assert found["tokens"][:] == tokens
    row = found[3]
    assert (row["tokens_starts"], row["tokens_ends"], row["n"]) == ([0, 5], [4, 7], 3)
    assert encode(rows, pipeline, vocab)["ids"][:] == vocab.encode_batch(tokens)
    assert encode(rows, pipeline, vocab).features["ids"] == datasets.List(datasets.Value("int32"))
    assert clean(rows, preset("en"))["text"][3] == "it's ok"
    assert keep(rows, pipeline, least=1, most=3)["n"][:] == [3]
    streamed = rows.to_iterable_dataset()
    assert [row["tokens"] for row in tokenize(streamed, pipeline)] == tokens
    assert [row["n"] for row in keep(streamed, pipeline)] == [0, 2, 3]
    both = tokenize(datasets.DatasetDict({"train": rows, "test": rows.select([0])}), pipeline)
    assert (both["train"]["tokens"][:], both["test"]["tokens"][:]) == (tokens, tokens[:1])


def test_the_same_work_is_not_done_twice(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenize(datasets.load_from_disk(stored), JiebaTokenizer())
    first = caches(stored)
    assert len(first) == 1
    with monkeypatch.context() as patch:
        patch.setattr(Tokenizing, "of", None)  # nothing works any more
        again = tokenize(datasets.load_from_disk(stored), JiebaTokenizer())  # another object of one recipe
    assert again["tokens"][2] == JiebaTokenizer()("早餐难吃")
    assert caches(stored) == first
    for other in (
        lambda rows: tokenize(rows, JiebaTokenizer(hmm=False)),
        lambda rows: tokenize(rows, preset("zh").then(JiebaTokenizer())),
        lambda rows: tokenize(rows, JiebaTokenizer(), output="words"),
        lambda rows: tokenize(rows, JiebaTokenizer(), places=True),
        lambda rows: tokenize(rows.select([1, 2]), JiebaTokenizer()),
        lambda rows: encode(rows, JiebaTokenizer(), Vocab.build([["早餐"]])),
        lambda rows: encode(rows, JiebaTokenizer(), Vocab.build([["难吃"]])),
        lambda rows: keep(rows, JiebaTokenizer()),
        lambda rows: keep(rows, JiebaTokenizer(), least=2),
    ):
        before = len(caches(stored))
        other(datasets.load_from_disk(stored))
        assert len(caches(stored)) == before + 1
    monkeypatch.setattr(textkit, "__version__", "0.0.0")
    tokenize(datasets.load_from_disk(stored), JiebaTokenizer())
    assert len(caches(stored)) == before + 2
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "0.0.0")
    tokenize(datasets.load_from_disk(stored), JiebaTokenizer())
    assert len(caches(stored)) == before + 3


def test_another_process_finds_the_cache(stored: Path) -> None:
    rows = datasets.load_from_disk(stored)
    work = Tokenizing("text", preset("zh").then(JiebaTokenizer()), "tokens")
    fresh = Hasher.hash(work)
    tokenize(rows, work.pipeline)
    work.pipeline("用过以后也一样")
    assert Hasher.hash(work) == fresh  # also when given to map() by hand
    code = (
        "import datasets, sys; from datasets.fingerprint import Hasher\n"
        "from textkit.adapters.datasets import tokenize\n"
        "from textkit.adapters.datasets.rows import Tokenizing\n"
        "from textkit.text.clean import preset; from textkit.text.tokenizers.jieba import JiebaTokenizer\n"
        "pipeline = preset('zh').then(JiebaTokenizer())\n"
        "print(Hasher.hash(Tokenizing('text', pipeline, 'tokens')))\n"
        "print(tokenize(datasets.load_from_disk(sys.argv[1]), pipeline)._fingerprint)\n"
    )
    before = caches(stored)
    found = subprocess.run(
        [sys.executable, "-c", code, str(stored)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert found.stdout.split() == [fresh, fingerprint(rows, work)]
    assert caches(stored) == before


def test_two_processes_give_what_one_gives(stored: Path) -> None:
    rows = datasets.load_from_disk(stored)
    alone = tokenize(rows, JiebaTokenizer())["tokens"][:]
    assert tokenize(rows, JiebaTokenizer(), output="words", num_proc=2)["words"][:] == alone


def test_answers_of_a_run_are_class_labels(reviews: Path, tmp_path: Path, stored: Path) -> None:
    rows = datasets.load_from_disk(stored)
    saved = textkit.load(reviews, "classifier")
    answers = saved.predict(TEXTS)
    found = classify(rows, reviews)
    names = found.features["prediction"]
    assert [names.int2str(number) for number in found["prediction"]] == [each.label for each in answers]
    assert found["probability"][:] == [each.probability for each in answers]
    before = caches(stored)
    shutil.copytree(reviews, tmp_path / "moved")
    classify(datasets.load_from_disk(stored), tmp_path / "moved")
    assert caches(stored) == before  # the run's content counts, not where it lies
    with pytest.raises(CheckpointError, match="no such folder"):
        classify(rows, tmp_path / "none")


def test_what_cannot_be_mapped(stored: Path) -> None:
    rows = datasets.load_from_disk(stored)
    with pytest.raises(UsageError, match="unknown column 'txt': did you mean 'text'"):
        tokenize(rows, WhitespaceTokenizer(), column="txt")
    with pytest.raises(UsageError, match="must be a frozen dataclass"):
        tokenize(rows, str.split)
    with pytest.raises(UsageError, match=r"not 'regex': .*make_tokenizer the other"):
        tokenize(rows, "regex")
    holed = datasets.Dataset.from_dict({"text": ["a", None]})
    with pytest.raises(InputError, match="row 2: column 'text' holds no text but None"):
        tokenize(holed, WhitespaceTokenizer())
    with pytest.raises(InputError, match="row 2: column 'text' holds no text but None"):
        tokenize(holed, WhitespaceTokenizer(), num_proc=2)
    with pytest.raises(UsageError, match="num_proc is for a Dataset"):
        tokenize(rows.to_iterable_dataset(), WhitespaceTokenizer(), num_proc=2)
    with pytest.raises(UsageError, match="a Dataset, an IterableDataset or"):
        tokenize([{"text": "a"}], WhitespaceTokenizer())
    with pytest.raises(UsageError, match="least must be"):
        keep(rows, WhitespaceTokenizer(), least=3, most=2)


def test_no_rows_get_the_columns_too() -> None:
    rows = datasets.Dataset.from_dict({"text": ["a b"]})
    parts = datasets.DatasetDict({"train": rows, "test": rows.select([])})
    mapped = tokenize(parts, WhitespaceTokenizer(), places=True)
    assert mapped["test"].features == mapped["train"].features
    assert mapped["test"]["tokens"][:] == []


def test_labelled_texts_there_and_back() -> None:
    texts = LabelledTexts.of([("so good", "pos"), ("bad", "neg"), ("fine", "pos")])
    rows = labelled_dataset(texts)
    for each in (rows, rows.to_iterable_dataset()):
        back = labelled_texts(each)
        assert (back.texts, back.classes.tolist(), back.labels) == (texts.texts, [1, 0, 1], ("neg", "pos"))
    plain = rows.cast_column("label", datasets.Value("int64"))
    assert labelled_texts(plain).labels == ("0", "1")
    unknown = datasets.Dataset.from_dict({"text": ["a"], "label": [-1]}, features=rows.features)
    with pytest.raises(InputError, match="row 1: column 'label' holds no label"):
        labelled_texts(unknown)
    with pytest.raises(InputError, match="row 1: column 'text' holds no text but None"):
        labelled_texts([{"text": None, "label": "a"}])
    with pytest.raises(UsageError, match="name one of the data set's parts: train"):
        labelled_texts(datasets.DatasetDict({"train": rows}))
    with pytest.raises(UsageError, match="did you mean 'label'"):
        labelled_texts(rows, label="labels")


def test_pairs_lines_and_tags_there_and_back() -> None:
    some = [("eins", "one"), ("zwei", "two")]
    rows = pairs_dataset(some, "de", "en")
    assert list(pairs(rows, "de", "en")) == list(pairs(rows.to_iterable_dataset(), "de", "en")) == some
    assert list(
        pairs(rows.flatten().rename_columns({"translation.de": "a", "translation.en": "b"}), "b", "a")
    ) == [(one, other) for other, one in some]
    with pytest.raises(InputError, match="row 1: column 'fr' holds no text"):
        list(pairs(rows, "de", "fr"))
    with pytest.raises(UsageError, match="two names"):
        pairs_dataset(some, "de", "de")
    assert list(lines(datasets.Dataset.from_dict({"text": TEXTS, "n": [1, 2, 3, 4]}))) == TEXTS
    with pytest.raises(InputError, match="row 2: column 'text' holds no text but None"):
        list(lines(datasets.Dataset.from_dict({"text": ["a", None]})))
    sentences = [TaggedSentence(("to", "Paris"), ("O", "B-city")), TaggedSentence((), ())]
    tagged = tagged_dataset(sentences)
    assert list(tagged_sentences(tagged)) == sentences
    assert tagged.features["tags"].feature.names == ["B-city", "O"]
    with pytest.raises(InputError, match="row 1: as many tags"):
        list(tagged_sentences([{"tokens": ["a"], "tags": []}]))
    untagged = datasets.Dataset.from_dict({"tokens": [["a"]], "tags": [[-1]]}, features=tagged.features)
    with pytest.raises(InputError, match="row 1: column 'tags' holds no label but -1"):
        list(tagged_sentences(untagged))  # -1 is not the last tag


def test_a_corpus_there_and_back(tmp_path: Path) -> None:
    corpus = EncodedCorpus.write([[5, 6], [], [7]], tmp_path / "corpus")
    rows = corpus_dataset(corpus)
    assert rows["ids"][:] == [[5, 6], [], [7]]
    assert rows.features == datasets.Features({"ids": datasets.List(datasets.Value("int32"))})
    back = encoded_corpus(rows)
    np.testing.assert_array_equal(back.ids, corpus.ids)
    np.testing.assert_array_equal(back.offsets, corpus.offsets)
    assert corpus_dataset(EncodedCorpus.from_sequences([])).num_rows == 0
    with pytest.raises(InputError, match="row 1: column 'ids' holds no ids"):
        encoded_corpus(datasets.Dataset.from_dict({"ids": ["a"]}))
    for none in (-1, 2**31):
        with pytest.raises(InputError, match="row 2: column 'ids' holds no ids"):
            encoded_corpus(datasets.Dataset.from_dict({"ids": [[0], [none]]}))


def test_predictions_withheld_are_no_label(tmp_path: Path) -> None:
    answers = [Prediction("pos", 0.75, (0.25, 0.75)), Prediction("unsure", 0.5, (0.5, 0.5))]
    rows = predictions_dataset(["good", "so so"], answers, ["neg", "pos"])
    assert rows["prediction"][:] == [1, -1]
    assert rows["probabilities"][:] == [[0.25, 0.75], [0.5, 0.5]]
    rows.to_parquet(tmp_path / "rows.parquet")
    read = datasets.Dataset.from_parquet(str(tmp_path / "rows.parquet"), cache_dir=str(tmp_path / "cache"))
    assert read.features == rows.features
    with pytest.raises(InputError, match="1 texts and 2 answers"):
        predictions_dataset(["good"], answers, ["neg", "pos"])


@pytest.mark.data
def test_ten_thousand_real_lines_keep_their_tokens(tmp_path: Path) -> None:
    root = os.environ.get("TEXTKIT_DATA")
    if root is None:
        pytest.skip("TEXTKIT_DATA does not say where the data are")
    texts = (Path(root) / "sentiment" / "jd" / "train.tsv").read_text(encoding="utf-8").split("\n")[:10_000]
    datasets.Dataset.from_dict({"text": texts}).save_to_disk(tmp_path / "rows")
    pipeline = preset("zh").then(JiebaTokenizer())
    found = tokenize(datasets.load_from_disk(tmp_path / "rows"), pipeline)["tokens"][:]
    assert found == [pipeline(text) for text in texts]
