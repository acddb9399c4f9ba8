"""How time and memory of n-gram estimation grow with the text, beside lmplz where it is installed.

    TEXTKIT_DATA=... python benchmarks/ngram_scaling.py [--text FILE...] [--tokens 2e6 2e7 1e8] [--memory 2G]
        [--write]

Without --text it is the English of lm/. A text shorter than asked for is repeated; in the repetitions each
word is, with probability 0.2, replaced by another of the text's, so that new n-grams keep coming, as they do
in real text. Both programs write binary files (lmplz its --intermediate ones), so that the disk counts for
little. LMPLZ may name the lmplz to run.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from estimators import clear, find_lmplz, lmplz_command, read_words, textkit_command, write_words
from processes import Cost, cost_of, costs_in_turns
from results import data_folder, machine, publish, table

REPLACED = 0.2
SEED = 1


def endless(paths: list[Path]) -> Iterator[list[str]]:
    """The text's lines and then, again and again, the same lines with other words here and there."""
    generator = random.Random(SEED)
    pool = []  # a word of each line
    for line in read_words(paths):
        if line:
            pool.append(sys.intern(generator.choice(line)))
        yield line
    if not pool:
        sys.exit("the text has no words")
    scale = len(pool) / REPLACED
    while True:
        for line in read_words(paths):
            draws = [generator.random() for _ in line]
            changed = zip(line, draws, strict=True)
            yield [pool[int(draw * scale)] if draw < REPLACED else word for word, draw in changed]


def first_tokens(lines: Iterator[list[str]], tokens: float) -> Iterator[list[str]]:
    """The lines that hold the first `tokens` tokens, of which each line's end is one."""
    while tokens > 0:
        line = next(lines)
        tokens -= len(line) + 1
        yield line


def works(
    text: Path, out: Path, order: int, *, memory: list[str], peers: list[str]
) -> dict[str, Callable[[], Cost]]:
    """The programs to compare."""

    def work(command: list[str]) -> Callable[[], Cost]:
        def run() -> Cost:
            cost = cost_of(command)
            clear(out)
            return cost

        return run

    made = ("-o", str(out / "run"))
    found = {"textkit": work(textkit_command(text, *made, order=order))}
    for limit in memory:
        bounded = ("--memory", limit, "--tmp", str(out))
        found[f"textkit --memory {limit}"] = work(textkit_command(text, *made, *bounded, order=order))
    for limit in peers if find_lmplz() else ():
        options = ["--intermediate", str(out / "m")]
        command = lmplz_command(text, out, order=order, memory=limit, options=options)
        found[f"lmplz -S {limit}"] = work(command)
    return found


def shown(cost: Cost, words: int) -> list[str]:
    """Time and memory, of all and of each part."""
    seconds, peak = cost
    return [
        f"{seconds:.1f} s",
        f"{seconds / words * 1e6:.2f} s",
        f"{peak / 1e6:,.0f} MB",
        f"{peak / words:,.0f} B",
    ]


def main() -> None:
    """Measure and print, or publish."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", type=Path, nargs="+", help="if not said, the texts of lm/")
    parser.add_argument("--tokens", type=float, nargs="+", default=[2e6, 2e7, 1e8])
    parser.add_argument("--orders", type=int, nargs="+", default=[3, 5])
    parser.add_argument("--memory", nargs="+", default=[], help="also measure textkit held to so much memory")
    parser.add_argument("--lmplz", nargs="+", default=["1G", "50%"], help="what -S of lmplz to measure")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each program; the medians count")
    parser.add_argument("--folder", help="where texts, models and temporary files go")
    parser.add_argument("--write", action="store_true", help="put the table into RESULTS.md")
    options = parser.parse_args()
    texts = options.text or sorted((data_folder() / "lm").glob("*.txt"))
    rows = []
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        (out := Path(name) / "out").mkdir()
        text = Path(name) / "text"
        for tokens in options.tokens:
            words = write_words(text, first_tokens(endless(texts), tokens))
            for order in options.orders:
                if not rows:
                    works(text, out, 2, memory=[], peers=[])[
                        "textkit"
                    ]()  # its loops are compiled once on a machine
                costs = costs_in_turns(
                    works(text, out, order, memory=options.memory, peers=options.lmplz), repeat=options.repeat
                )
                for program, cost in costs.items():
                    rows.append([f"{words:,}", str(order), program, *shown(cost, words)])
    head = ["words", "order", "program", "time", "a million words", "peak memory", "a word"]
    publish(
        "N-gram estimation by the size of the text",
        f"{machine('numpy', 'numba')}. Medians of {options.repeat} rounds in turns; whole commands, text to "
        f"binary files. What goes beyond {', '.join(path.name for path in texts)} is the same again "
        f"with {REPLACED:.0%} of the words replaced.\n\n{table(head, rows)}",
        script="ngram_scaling.py",
    )


if __name__ == "__main__":
    main()
