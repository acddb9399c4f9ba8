"""Tagged sentences out of JSON lines and columns."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

import textkit_corpora
from textkit.data.spans import TaggedSentence
from textkit.errors import InputError, UsageError
from textkit_corpora.tagged import read_tagged


def test_columns_and_objects_give_the_same_sentences(tmp_path: Path) -> None:
    wanted = [
        TaggedSentence(("to", "New", "York"), ("O", "B-city", "I-city")),
        TaggedSentence(("现在",), ("O",)),
    ]
    files = {
        "a.jsonl": '{"tokens": ["to", "New", "York"], "tags": ["O", "B-city", "I-city"], "id": 3}\n\n'
        '{"tokens": ["现在"], "tags": ["O"]}\n',
        "b.conll": "to O\nNew B-city\nYork I-city\n\n\n现在 O",
        "c.tsv": "to\tO\r\nNew\tB-city\r\nYork\tI-city\r\n\r\n现在\tO\r\n",
        "d.txt": "-DOCSTART- -X- O O\n\nto TO O O\n"
        "New NNP B-NP B-city\nYork NNP I-NP I-city\n\n现在 RB O O\n\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.write_text(text, newline="")
        assert list(read_tagged(path)) == wanted, name
        untagged = [each._replace(tags=()) for each in wanted]
        assert list(read_tagged(path, tags=False)) == untagged
    packed = tmp_path / "e.conll.gz"
    packed.write_bytes(gzip.compress(files["b.conll"].encode()))
    assert list(read_tagged(packed)) == wanted


def test_without_tags_a_column_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text("to\nOslo\n\nnow\n")
    assert [each.tokens for each in read_tagged(path, tags=False)] == [("to", "Oslo"), ("now",)]


def test_the_sample_corpus_is_read_as_its_records_say() -> None:
    corpus = textkit_corpora.load("travel")
    rows = list(corpus.records("dev"))
    assert list(read_tagged(corpus.path("dev"))) == [
        TaggedSentence(tuple(row["tokens"]), tuple(row["tags"])) for row in rows
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "a.jsonl",
            '{"tokens": ["a"], "tag": ["O"]}\n',
            r"a.jsonl:1: has no field 'tags'; did you mean 'tag'",
        ),
        ("a.jsonl", '{"tokens": ["a"], "tags": "O"}\n', "a.jsonl:1: field 'tags' must be a list of strings"),
        ("a.jsonl", '{"tokens": ["a", 3], "tags": ["O"]}\n', "field 'tokens' must be a list of strings"),
        ("a.jsonl", '{"tokens": ["a", "b"], "tags": ["O"]}\n', "a.jsonl:1: 2 tokens and 1 tags; give a tag"),
        ("a.jsonl", "tokens\n", "a.jsonl:1: not valid JSON"),
        ("a.conll", "to O\nOslo\n", "a.conll:2: needs a token and its tag, as in 'Oslo B-city', not 'Oslo'"),
        ("a.tsv", "\tO\n", "a.tsv:1: needs a token and its tag"),
        ("a.conll", "to O\nOslo S-x\n", "a.conll:2: a tag is O, or B- or I- and a label, not 'S-x'; convert"),
        ("a.jsonl", '{"tokens": ["a"], "tags": ["B-"]}\n', "a.jsonl:1: a tag is O, or B- or I- and a label"),
        ("a.jsonl", '{"tokens": [" "], "tags": ["O"]}\n', "a.jsonl:1: a token is empty or white space"),
        (
            "a.jsonl",
            '{"tokens": ["a\\ud800"], "tags": ["O"]}\n',
            "a.jsonl:1: field 'tokens': holds half a character",
        ),
        ("a.jsonl", '{"tokens": ["a"], "tags": ["B-\\u0000"]}\n', "a.jsonl:1: field 'tags': holds a NUL"),
        ("a.conll", "\n\n", "a.conll: is empty; there is no sentence to read"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        list(read_tagged(tmp_path / name))


@pytest.mark.parametrize(
    ("errors", "tokens"), [("replace", ("a\ufffd", "b\ufffd", "c d")), ("ignore", ("a", "b", "c d"))]
)
def test_what_is_no_text_is_replaced_or_left_out_when_asked(
    tmp_path: Path, errors: str, tokens: tuple[str, ...]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"tokens": ["a\\ud800", "b\\u0000", "c\\nd"]}\n')
    assert [each.tokens for each in read_tagged(path, tags=False, errors=errors)] == [tokens]


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_other_kinds_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="tagged sentences are read from"):
        read_tagged(tmp_path / name)
