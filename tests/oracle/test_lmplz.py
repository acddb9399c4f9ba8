"""Modified Kneser-Ney against KenLM's lmplz itself: ARPA file against ARPA file, entry by entry.

Runs where `lmplz` is on the PATH or the environment's LMPLZ names it.
"""

from __future__ import annotations

import lzma
import os
import random
import re
import shutil
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pytest

from textkit.data.encoded import EncodedCorpus
from textkit.lm.arpa import write_arpa
from textkit.lm.counts import NgramCounts
from textkit.lm.language_model import language_model_vocab
from textkit.lm.smoothing.modified_kneser_ney import ModifiedKneserNey
from textkit.text.vocab import Vocab
from textkit_corpora import load

Lines = list[list[str]]
Table = dict[str, tuple[float, float]]  # decimal logarithms of probability and back-off weight

TABLES = Path(__file__).parent.parent / "lm" / "lmplz"
PRUNINGS = [(), (0, 1), (0, 0, 1), (0, 1, 2), (1,), (0, 0, 0, 3), (2, 2, 5)]
FALLBACK = (0.5, 1.0, 1.5)


@pytest.fixture(scope="module")
def lmplz() -> str:
    program = os.environ.get("LMPLZ") or shutil.which("lmplz")
    if program is None:
        pytest.skip("KenLM's lmplz is not on the PATH, and LMPLZ does not name it")
    return program


def sample(name: str, *, lines: int) -> Lines:
    """A sample corpus by words, or by characters when it is Chinese."""
    text = islice(load(name).lines("train"), lines)
    return [line.split() if name == "prose-en" else [c for c in line if not c.isspace()] for line in text]


def data(*names: str, characters: bool) -> Lines:
    """Texts of TEXTKIT_DATA by words or characters, without what lmplz refuses."""
    if "TEXTKIT_DATA" not in os.environ:
        pytest.skip("TEXTKIT_DATA is not set")
    text = "".join((Path(os.environ["TEXTKIT_DATA"]) / name).read_text(encoding="utf-8") for name in names)
    lines = (line.rpartition("\t")[2] for line in text.split("\n")[:-1])
    if characters:
        return [[c for c in line if c not in "\0\r\n "] for line in lines]
    return [[word for word in line.split(" ") if word not in ("", "<unk>")] for line in lines]


def drawn(seed: int) -> Lines:
    """Words drawn by Zipf's law, some lines empty; every other text ends with words that are new."""
    generator = random.Random(seed)
    words = [f"w{i}" for i in range(generator.randint(30, 300))]
    weights = [1 / (i + 1) ** 0.9 for i in range(len(words))]
    lengths = (generator.randint(0, 12) for _ in range(generator.randint(100, 400)))
    lines = [generator.choices(words, weights, k=length) for length in lengths]
    return lines + [["w0"] * (seed % 3) + ["new", "newer"]] * (generator.randint(1, 4) if seed % 2 else 0)


def theirs(program: str, lines: Lines, path: Path, *, order: int, options: Iterable[object]) -> Table:
    text = path.with_suffix(".txt")
    text.write_text("".join(" ".join(line) + "\n" for line in lines), encoding="utf-8")
    command = [program, "-o", order, "-S", "500M", "--vocab_estimate", "50000", "-T", path.parent]
    command += ["--text", text, "--arpa", path, *options]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return read(path.read_text(encoding="utf-8"))


def counted(lines: Lines, *, order: int) -> tuple[NgramCounts, Vocab]:
    vocab = language_model_vocab(Counter(chain.from_iterable(lines)))
    corpus = EncodedCorpus.from_sequences([*vocab.encode(line), 1] for line in lines)
    return NgramCounts.count(corpus, order=order, vocab_size=len(vocab)), vocab


def ours(
    lines: Lines,
    path: Path,
    *,
    order: int,
    smoothing: ModifiedKneserNey,
    allowed: Sequence[str] | None = None,
) -> Table:
    counts, vocab = counted(lines, order=order)
    write_arpa(smoothing.estimate(counts, vocab, allowed=allowed), path)
    return read(path.read_text(encoding="utf-8"))


def read(text: str) -> Table:
    """The entries of ARPA text; minus infinity, which others write as -99, becomes that."""
    entries = (line.split("\t") for line in text.split("\n") if "\t" in line)
    return {words: (max(float(p), -99.0), float(b[0]) if b else 0.0) for p, words, *b in entries}


def assert_same(found: Table, expected: Table) -> None:
    missing, more = expected.keys() - found.keys(), found.keys() - expected.keys()
    assert not missing, f"{len(missing)} entries are missing, such as {min(missing)!r}"
    assert not more, f"{len(more)} entries are too many, such as {min(more)!r}"
    for i, what in enumerate(("probability", "back-off")):
        far = max(expected, key=lambda words: abs(found[words][i] - expected[words][i]))
        assert abs(found[far][i] - expected[far][i]) <= 1e-6, (what, far, found[far], expected[far])


def prune_options(prune: Sequence[int]) -> list[object]:
    return ["--prune", *prune] if prune else []


def compare(program: str, lines: Lines, folder: Path, *, order: int, prune: Sequence[int] = ()) -> None:
    """Estimate both ways, with the same fall-back where discounts fail, and compare all entries."""
    prune = tuple(prune[:order])
    options = [*prune_options(prune), "--discount_fallback", *FALLBACK]
    expected = theirs(program, lines, folder / "theirs.arpa", order=order, options=options)
    smoothing = ModifiedKneserNey(prune=prune, fallback=FALLBACK)
    assert_same(ours(lines, folder / "ours.arpa", order=order, smoothing=smoothing), expected)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("name", ["prose-en", "prose-zh"])
def test_every_order(lmplz: str, name: str, order: int, tmp_path: Path) -> None:
    compare(lmplz, sample(name, lines=800), tmp_path, order=order)


@pytest.mark.parametrize("name", ["prose-en", "prose-zh"])
def test_the_discounts_it_prints(lmplz: str, name: str) -> None:
    lines = sample(name, lines=800)
    text = "".join(" ".join(line) + "\n" for line in lines).encode()
    ran = subprocess.run([lmplz, "-o", "4", "-S", "500M"], input=text, check=True, capture_output=True)
    printed = re.findall(r"^[1-4] \d+ D1=(\S+) D2=(\S+) D3\+=(\S+)$", ran.stderr.decode(), flags=re.MULTILINE)
    found = ModifiedKneserNey().discounts(counted(lines, order=4)[0])
    np.testing.assert_allclose(found[:, 1:], np.array(printed, dtype=np.float64), rtol=1e-5)  # six digits


@pytest.mark.parametrize("prune", PRUNINGS[1:])
@pytest.mark.parametrize("name", ["prose-en", "prose-zh"])
def test_pruned(lmplz: str, name: str, prune: tuple[int, ...], tmp_path: Path) -> None:
    compare(lmplz, sample(name, lines=800), tmp_path, order=4, prune=prune)


@pytest.mark.parametrize("seed", range(24))
def test_drawn_texts(lmplz: str, seed: int, tmp_path: Path) -> None:
    compare(lmplz, drawn(seed), tmp_path, order=1 + seed % 6, prune=PRUNINGS[seed % len(PRUNINGS)])


@pytest.mark.parametrize("order", [1, 3, 5])
@pytest.mark.parametrize("lines", [[["a"]], [[]], [["a", "b"], [], ["a", "b"]], [["a"] * 9]])
def test_texts_of_almost_nothing(lmplz: str, lines: Lines, order: int, tmp_path: Path) -> None:
    compare(lmplz, lines, tmp_path, order=order)


@pytest.mark.parametrize("prune", [(), (0, 1)])
@pytest.mark.parametrize("interpolate", [True, False])
def test_a_limited_vocabulary(lmplz: str, prune: tuple[int, ...], interpolate: bool, tmp_path: Path) -> None:
    lines = sample("prose-en", lines=400)
    common = Counter(chain.from_iterable(lines)).most_common(300)
    allowed = [*(word for word, _ in common), "never-seen"]
    (tmp_path / "allowed").write_text("\n".join(allowed), encoding="utf-8")
    options = [*prune_options(prune), "--limit_vocab_file", tmp_path / "allowed"]
    options += [] if interpolate else ["--interpolate_unigrams", 0]
    expected = theirs(lmplz, lines, tmp_path / "theirs.arpa", order=3, options=options)
    smoothing = ModifiedKneserNey(prune=prune, interpolate_unigrams=interpolate)
    found = ours(lines, tmp_path / "ours.arpa", order=3, smoothing=smoothing, allowed=allowed)
    assert_same(found, expected)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(("order", "prune"), [*((k, ()) for k in range(2, 7)), (5, (0, 0, 1)), (3, (0, 1))])
@pytest.mark.parametrize("text", ["words", "characters"])
def test_real_text(lmplz: str, text: str, order: int, prune: tuple[int, ...], tmp_path: Path) -> None:
    if text == "words":
        lines = data("lm/wikitext2-valid.txt", characters=False)
    else:
        lines = data("sentiment/waimai/train.tsv", "sentiment/jd/dev.tsv", characters=True)
    compare(lmplz, lines, tmp_path, order=order, prune=prune)


def test_the_tables_that_other_tests_use_are_what_lmplz_makes(lmplz: str, tmp_path: Path) -> None:
    for name, case in tomllib.loads((TABLES / "cases.toml").read_text(encoding="utf-8")).items():
        lines = [
            line.split(" ") for line in (TABLES / case["text"]).read_text(encoding="utf-8").split("\n")[:-1]
        ]
        options = prune_options(case.get("prune", ()))
        options += ["--discount_fallback", *case["fallback"]] if "fallback" in case else []
        options += ["--limit_vocab_file", TABLES / case["allowed"]] if "allowed" in case else []
        options += [] if case.get("interpolate_unigrams", True) else ["--interpolate_unigrams", 0]
        table = lzma.decompress((TABLES / f"{name}.arpa.xz").read_bytes()).decode()
        made = theirs(lmplz, lines, tmp_path / "made.arpa", order=case["order"], options=options)
        assert_same(read(table), made)
