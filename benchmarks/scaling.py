"""How time and memory grow with the text: tokens, vocabulary, n-gram model, bags of words; and a large load.

    TEXTKIT_DATA=... python benchmarks/scaling.py [--megabytes 10 100 1000] [--load 5000] [--tokens 1e8]
        [--repeat 3] [--folder FOLDER] [--write]

Whole commands, start-up included, each in a process of its own, with two jobs where there are such. Text is
the Chinese reviews of sentiment/ and the English of lm/, repeated; in the repetitions a fifth of the lines
has one character replaced by another of the text's, so that new words keep coming, as they do in real text.
Each kind of work has a limit of memory that it must keep, whatever the size; the script fails where it does
not. So many megabytes as --load says are tokenized once besides, and a trigram model is estimated from so
many tokens. FOLDER needs room for twice the load.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from processes import Cost, cost_of, costs_in_turns
from results import data_folder, machine, publish, table

SEED = 1
CHANGED = 0.2
CHINESE, ENGLISH = "Chinese", "English"
PROGRAM = [sys.executable, "-m", "textkit_cli"]


class Work(NamedTuple):
    """A command over a text; `limit` is the most megabytes that it may hold, None where that grows."""

    name: str
    language: str
    arguments: tuple[str, ...]
    limit: int | None


WORKS = (
    Work("tokenize --tokenizer jieba -j 2", CHINESE, ("tokenize", "--tokenizer", "jieba", "-j", "2"), 400),
    Work("tokenize --tokenizer regex -j 2", ENGLISH, ("tokenize", "--tokenizer", "regex", "-j", "2"), 400),
    Work(
        "vocab --tokenizer jieba --min-count 2 --memory 500M -j 2",
        CHINESE,
        ("vocab", "--tokenizer", "jieba", "--min-count", "2", "--memory", "500M", "-j", "2"),
        900,
    ),
    Work(
        "vocab --tokenizer regex --min-count 2 --memory 500M -j 2",
        ENGLISH,
        ("vocab", "--tokenizer", "regex", "--min-count", "2", "--memory", "500M", "-j", "2"),
        900,
    ),
    Work(
        "train-lm --model ngram --order 3 --memory 1G",
        ENGLISH,
        ("train-lm", "--model", "ngram", "--order", "3", "--tokenizer", "whitespace", "--memory", "1G"),
        1100,
    ),
    Work("BagOfWords, words 1 to 2, in Python", CHINESE, ("bag-of-words",), None),
)


def sources(language: str) -> list[Path]:
    """The texts of a language."""
    data = data_folder()
    if language == CHINESE:
        return [data / "sentiment" / name / "train.tsv" for name in ("jd", "waimai")]
    return [data / "lm" / name for name in ("wikitext2-valid.txt", "wikitext2-test.txt", "shakespeare.txt")]


def endless(paths: list[Path]) -> Iterator[str]:
    """The text's lines and then, again and again, the same lines with other characters here and there."""
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").split("\n") if line]
    lines = [line.partition("\t")[2] or line for line in lines]
    yield from lines
    generator = random.Random(SEED)
    pool = [character for line in lines for character in line if not character.isspace()]
    draw, choice = generator.random, pool.__getitem__
    while True:
        for line in lines:
            if draw() < CHANGED:
                place = int(draw() * len(line))
                yield line[:place] + choice(int(draw() * len(pool))) + line[place + 1 :]
            else:
                yield line


def write_text(path: Path, paths: list[Path], *, size: float = math.inf, tokens: float = math.inf) -> None:
    """Write so many bytes, or white-space tokens, of endless text."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in endless(paths):
            file.write(line + "\n")
            size -= len(line.encode()) + 1
            tokens -= len(line.split()) + 1 if tokens != math.inf else 0
            if size <= 0 or tokens <= 0:
                return


def run(work: Work, text: Path, out: Path) -> Cost:
    """Do it once, to a place that is clear."""
    target = out / "made"
    if work.arguments[0] == "bag-of-words":
        return cost_of([sys.executable, __file__, "--bag-of-words", text])
    cost = cost_of([*PROGRAM, *work.arguments, "--quiet", text, "-o", target])
    if target.is_dir():
        for path in sorted(target.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        target.rmdir()
    else:
        target.unlink()
    return cost


def bag_of_words(text: Path) -> None:
    """What the vectoriser's process does."""
    from textkit.data.bag_of_words.vectorizer import BagOfWords

    lines = text.read_text(encoding="utf-8").splitlines()
    BagOfWords("jieba", words=(1, 2), weighting="tf-idf").fit_transform(lines)


def kept(work: Work, cost: Cost) -> str:
    """The peak beside its limit; ends the script when it is over."""
    if work.limit is not None and cost.peak > work.limit * 1e6:
        sys.exit(f"{work.name}: {cost.peak / 1e6:,.0f} MB, over its limit of {work.limit} MB")
    return f"{cost.peak / 1e6:,.0f} MB"


def rows_of(work: Work, sizes: list[float], folder: Path, *, repeat: int) -> list[list[str]]:
    """A line for each size; growth is the exponent of time between this size and the one before."""
    rows, before = [], None
    text = folder / "text"
    write_text(text, sources(work.language), size=1e5)
    run(work, text, folder)  # loops are compiled once on a machine
    for megabytes in sizes:
        write_text(text, sources(work.language), size=megabytes * 1e6)
        cost = costs_in_turns({work.name: lambda text=text: run(work, text, folder)}, repeat=repeat)[
            work.name
        ]
        growth = ""
        if before:
            growth = f"{math.log(cost.seconds / before[1]) / math.log(megabytes / before[0]):.2f}"
        before = (megabytes, cost.seconds)
        rate = f"{megabytes / cost.seconds:.1f}"
        limit = f"{work.limit} MB" if work.limit else "none"
        rows.append(
            [work.name, f"{megabytes:g} MB", f"{cost.seconds:.2f} s", rate, growth, kept(work, cost), limit]
        )
        print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
    return rows


def load_rows(options: argparse.Namespace, folder: Path) -> list[list[str]]:
    """The large loads, done once each."""
    rows, text = [], folder / "text"
    tokenize, estimate = WORKS[0], next(work for work in WORKS if "ngram" in work.arguments)
    for work, limits in ((tokenize, {"size": options.load * 1e6}), (estimate, {"tokens": options.tokens})):
        write_text(text, sources(work.language), **limits)
        cost, size = run(work, text, folder), text.stat().st_size
        what = f"{size / 1e6:,.0f} MB"
        if "tokens" in limits:
            what += f", {options.tokens:,.0f} tokens"
        rate = f"{size / cost.seconds / 1e6:.1f}"
        rows.append([work.name, what, f"{cost.seconds:.1f} s", rate, kept(work, cost), f"{work.limit} MB"])
        print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
    return rows


def main() -> None:
    """Measure and print, or publish."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--megabytes", type=float, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--load", type=float, default=5000, help="megabytes to tokenize once")
    parser.add_argument("--tokens", type=float, default=1e8, help="tokens of the large n-gram model")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", help="where texts and what is made of them go")
    parser.add_argument("--bag-of-words", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--write", action="store_true", help="put the tables into RESULTS.md")
    options = parser.parse_args()
    if options.bag_of_words:
        bag_of_words(options.bag_of_words)
        return
    rows = []
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        for work in WORKS:
            # Matrices of a gigabyte of text are no use on this scale; the others never hold the text.
            sizes = [size for size in options.megabytes if work.limit or size <= 200]
            rows += rows_of(work, sizes, Path(name), repeat=options.repeat)
        loads = load_rows(options, Path(name))
    head = ["work", "text", "time", "MB/s", "growth", "peak memory", "its limit"]
    publish(
        "Time and memory by the size of the text",
        f"{machine('textkit-nlp', 'numba', 'numpy')}. Medians of {options.repeat} rounds; whole commands, "
        "text to file, memory of all processes together. Growth is the exponent of time from the size before "
        f"(1 is in proportion; start-up makes it less).\n\n{table(head, rows)}\n\nLarge loads, once each:\n\n"
        f"{table([*head[:4], *head[5:]], loads)}",
        script="scaling.py",
    )


if __name__ == "__main__":
    main()
