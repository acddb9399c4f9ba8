"""`textkit corpora`: list, show, path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import textkit_corpora

Textkit = Callable[..., Any]


def test_list_names_every_corpus(textkit: Textkit) -> None:
    ran = textkit("corpora", "list")
    assert (ran.status, ran.err) == (0, "")
    header, *rows = ran.out.splitlines()
    assert header.split() == ["NAME", "LANGUAGES", "TASK", "LINES"]
    assert [row.split()[0] for row in rows] == textkit_corpora.available()
    for row in rows:
        corpus = textkit_corpora.load(row.split()[0])
        assert int(row.split()[-1].replace(",", "")) == sum(s.rows for s in corpus.splits.values())


def test_show_tells_the_whole_card(textkit: Textkit) -> None:
    for name in textkit_corpora.available():
        corpus = textkit_corpora.load(name)
        ran = textkit("corpora", "show", name)
        assert (ran.status, ran.err) == (0, "")
        plain = "".join(ran.out.split())
        for text in (corpus.card.title, corpus.card.description, corpus.card.made, corpus.card.limits):
            assert "".join(text.split()) in plain
        for split in corpus.splits.values():
            assert split.sha256 in ran.out


def test_path_of_folder_and_split(textkit: Textkit) -> None:
    corpus = textkit_corpora.load("prose-en")
    assert textkit("corpora", "path", "prose-en") == (0, f"{corpus.folder}\n", "")
    ran = textkit("corpora", "path", "prose-en", "test")
    assert Path(ran.out.removesuffix("\n")) == corpus.path("test")
    assert textkit("tokenize", ran.out.removesuffix("\n")).status == 0


def test_unknown_names(textkit: Textkit) -> None:
    hint = " (try 'textkit corpora --help')\n"
    ran = textkit("corpora", "show", "prose-eng")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("textkit: error: unknown corpus 'prose-eng': did you mean 'prose-en'? (known: ")
    ran = textkit("corpora", "path", "prose-en", "tset")
    known = "(known: test, train, valid)"
    assert ran.err == f"textkit: error: unknown split of prose-en 'tset': did you mean 'test'? {known}{hint}"
    ran = textkit("corpora")
    assert (ran.status, ran.err) == (2, f"textkit: error: Missing command{hint}")
    ran = textkit("corpora", "lst")
    assert ran.err == f"textkit: error: No such command 'lst'. Did you mean 'list'?{hint}"
