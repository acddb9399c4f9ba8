"""Modified Kneser-Ney against tables that KenLM's estimator made of small texts; lmplz/README.md says how."""

from __future__ import annotations

import lzma
import tomllib
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textkit.data.encoded import EncodedCorpus
from textkit.lm.counts import NgramCounts
from textkit.lm.language_model import language_model_vocab
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.modified_kneser_ney import ModifiedKneserNey

FOLDER = Path(__file__).with_name("lmplz")
CASES: dict[str, dict[str, Any]] = tomllib.loads((FOLDER / "cases.toml").read_text(encoding="utf-8"))
Table = dict[tuple[str, ...], tuple[float, float]]  # decimal logarithms of probability and back-off weight


def expected_table(path: Path) -> Table:
    """An ARPA file's entries; those without a back-off weight have 0, as readers take it."""
    table: Table = {}
    order, sizes = 0, Counter[int]()
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            if line.startswith("ngram "):
                k, size = line[6:].split("=")
                sizes[int(k)] = int(size)
            elif line.endswith("-grams:\n"):
                order = int(line[1:].split("-")[0])
            elif order and "\t" in line:
                log_prob, words, *backoff = line.rstrip("\n").split("\t")
                table[tuple(words.split(" "))] = float(log_prob), float(backoff[0]) if backoff else 0.0
    assert Counter(map(len, table)) == sizes
    return table


def table_of(model: NgramModel) -> Table:
    """The same of a model of ours."""
    tokens = np.array([*model.vocab.tokens, "<s>"], dtype=object)
    table: Table = {}
    for k in range(1, model.order + 1):
        size = model.trie.size(k)
        ngrams = tokens[model.trie.ngrams(k, np.arange(size))].tolist()
        log_prob = model.log_prob[k - 1].all().tolist()
        backoff = model.log_backoff[k - 1].all().tolist() if k < model.order else [0.0] * size
        table.update(zip(map(tuple, ngrams), zip(log_prob, backoff, strict=True), strict=True))
    return table


def estimate(case: dict[str, Any]) -> NgramModel:
    # lmplz parts words at blanks alone; str.split would do so at other white space too
    text = (FOLDER / case["text"]).read_text(encoding="utf-8")
    lines = [[word for word in line.split(" ") if word] for line in text.split("\n")[:-1]]
    vocab = language_model_vocab(Counter(chain.from_iterable(lines)))
    corpus = EncodedCorpus.from_sequences([*vocab.encode(line), 1] for line in lines)
    counts = NgramCounts.count(corpus, order=case["order"], vocab_size=len(vocab))
    options = {name: case[name] for name in ("prune", "fallback", "interpolate_unigrams") if name in case}
    smoothing = ModifiedKneserNey(**{k: tuple(v) if isinstance(v, list) else v for k, v in options.items()})
    if "allowed" not in case:
        return smoothing.estimate(counts, vocab)
    allowed = (FOLDER / case["allowed"]).read_text(encoding="utf-8").split()
    return smoothing.estimate(counts, vocab, allowed=allowed)


@pytest.mark.parametrize("name", CASES)
def test_estimates_equal_the_tables_of_lmplz(name: str) -> None:
    expected = expected_table(FOLDER / f"{name}.arpa.xz")
    found = table_of(estimate(CASES[name]))
    missing, more = expected.keys() - found.keys(), found.keys() - expected.keys()
    assert not missing, f"{len(missing)} entries are missing, such as {min(missing)}"
    assert not more, f"{len(more)} entries are too many, such as {min(more)}"
    far = {
        ngram: (found[ngram], values) for ngram, values in expected.items() if differ(found[ngram], values)
    }
    assert not far, f"{len(far)} entries differ, such as {next(iter(far.items()))}"


def differ(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two entries are further than 1e-6 apart; equal infinities are not."""
    return not all(a == b or abs(a - b) <= 1e-6 for a, b in zip(one, other, strict=True))


def test_every_table_belongs_to_a_case() -> None:
    assert {path.name for path in FOLDER.glob("*.arpa.xz")} == {f"{name}.arpa.xz" for name in CASES}
