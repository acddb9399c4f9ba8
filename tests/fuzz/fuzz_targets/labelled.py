"""Texts with labels, with tags and with translations."""

from __future__ import annotations

import json
from pathlib import Path

from fuzz_targets.records import _JSON_WORDS, _TABLE_WORDS, CSV, JSON, ODD_JSON, TSV
from fuzz_targets.target import Target, holds, placed, refusing, same
from textkit.data.spans import bio_rules, spans_of, tags_of, well_formed
from textkit.errors import InputError
from textkit_corpora.labelled import read_labelled, read_texts
from textkit_corpora.pairs import read_pairs
from textkit_corpora.tagged import read_tagged

CONLL = b"-DOCSTART- -X- O O\n\nto O\nOslo B-city\nfjord I-city\n\nno\tx\tO\n"
TAGGED = {"tokens": ["to", "Oslo", "三"], "tags": ["O", "B-city", "I-city"]}
PAIRS = b"source\ttarget\nun\tone\ndeux\ttwo\n"
_PAIR_WORDS = (
    b"source",
    b"target",
    b"translation",
    b'{"translation": {"source": "a", "target": "b"}}',
    b"\t",
)


def read_classes(data: bytes, folder: Path) -> None:
    """A label is never blank, a text one line; texts alone are the texts of the labelled ones."""
    for suffix in (".tsv", ".csv", ".jsonl", ".txt"):
        path = placed(folder, f"labelled{suffix}", data)
        for columns in ({}, {"text_column": "text"}, {"text_column": "1", "label_column": "2"}):
            with refusing(InputError):
                records = list(read_labelled(path, errors="replace", **columns))
                holds(all(label.strip() == label and label for _, label, _ in records), "a blank label")
                holds(not any("\n" in text + label for text, label, _ in records), "a line end in a text")
        with refusing(InputError):
            holds(list(read_texts(path, errors="ignore")), "no text")


def read_tags(data: bytes, folder: Path) -> None:
    """As many tags as tokens; spans and tags lead to each other."""
    for suffix in (".jsonl", ".conll"):
        path = placed(folder, f"tagged{suffix}", data)
        with refusing(InputError):
            for tokens, tags in read_tagged(path):
                same(len(tags), len(tokens), "tags for the tokens")
                holds(tokens and all(token.strip() for token in tokens), "a blank token")
                spans = spans_of(tags)
                same(spans_of(tags_of(spans, len(tags))), spans, "the spans of the spans' tags")
                kinds = bio_rules(list(dict.fromkeys(well_formed(tags))))
                holds(kinds.follows.shape == 2 * kinds.starts.shape, "rules for the tags")
        with refusing(InputError):
            holds(list(read_tagged(path, tags=False, errors="replace")), "no sentence")


def read_translations(data: bytes, folder: Path) -> None:
    """Pairs of lines, from one file and from two."""
    paths = [placed(folder, f"pairs{suffix}", data) for suffix in (".tsv", ".csv", ".jsonl", ".txt")]
    for path in paths:
        for columns in ({}, {"source_column": "source", "target_column": "translation.target"}):
            with refusing(InputError):
                for source, target, _ in read_pairs(path, errors="replace", **columns):
                    holds("\n" not in source + target, "a line end in a sentence")
    with refusing(InputError):
        for source, target, _ in read_pairs(paths[3], paths[0]):
            same(target, source, "a line of the same file")


TARGETS = (
    Target(
        "labelled",
        "labelled texts for classifiers",
        read_classes,
        lambda: {"tsv": TSV, "csv": CSV, "jsonl": JSON, "odd": ODD_JSON, "bare": b"1\tfine\n0\tno, thanks\n"},
        (*_TABLE_WORDS, *_JSON_WORDS),
    ),
    Target(
        "tagged",
        "tagged sentences: CoNLL and JSON lines",
        read_tags,
        lambda: {"conll": CONLL, "jsonl": json.dumps(TAGGED).encode() + b"\n"},
        (b"B-", b"I-", b"O", b"\t", b'"tokens"', b'"tags"', b"[", b'""', b"-DOCSTART-", "\u3000".encode()),
    ),
    Target(
        "pairs",
        "sentences with translations",
        read_translations,
        lambda: {
            "tsv": PAIRS,
            "bare": b"un\tone\n",
            "csv": PAIRS.replace(b"\t", b","),
            "jsonl": b'{"source": "un", "target": "one"}\n{"source": "a", "translation": {"target": "b"}}\n',
        },
        (*_PAIR_WORDS, *_TABLE_WORDS),
    ),
)
