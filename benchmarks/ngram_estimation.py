"""N-gram estimation beside KenLM's lmplz, where it is installed, and beside nltk.lm.

    TEXTKIT_DATA=... python benchmarks/ngram_estimation.py [--text FILE...] [--orders 3 5] [--write]

The first table is of whole commands, file to file, on the text that --text names: start-up and the writing of
the model are in it. The second is of nltk, whose Kneser-Ney ends at small texts: wikitext2-valid.txt and, for
scoring, wikitext2-test.txt. Programs take turns. LMPLZ may name the lmplz to run.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

import nltk.lm
import numpy as np
from estimators import (
    clear,
    find_build_binary,
    find_lmplz,
    lmplz_command,
    read_words,
    textkit_command,
    write_words,
)
from nltk.util import everygrams
from processes import Cost, cost_of, costs_in_turns
from results import data_folder, machine, publish, table
from timing import in_turns

from textkit.data.encoded import EncodedCorpus
from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.kneser_ney import KneserNey
from textkit.lm.smoothing.maximum_likelihood import MaximumLikelihood
from textkit.lm.smoothing.protocol import Smoothing
from textkit.text.vocab import Vocab

MEMORY = ("1G", "50%")  # of lmplz -S; what is better depends on the text
BOUND = "400M"  # of textkit --memory
NLTK_TOKENS = 300  # nltk's Kneser-Ney scores some tens of tokens a second

Works = dict[str, Callable[[], Cost]]


class Bench:
    """A text, and a folder for what is made of it; each work leaves the folder empty."""

    def __init__(self, text: Path, out: Path) -> None:
        self.text, self.out = text, out
        self.heads: dict[int, str] = {}  # of the ARPA files, by order

    def ours(self, order: int, *options: str) -> Works:
        """textkit, in memory and in files; `options` say what to make."""
        made = [option.format(out=self.out) for option in options]
        bounded = (*made, "--memory", BOUND, "--tmp", str(self.out))
        free, held = (textkit_command(self.text, *all_, order=order) for all_ in (made, bounded))
        return {
            "textkit": lambda: self._cost(order, free),
            f"textkit --memory {BOUND}": lambda: self._cost(order, held),
        }

    def theirs(self, order: int, memory: str, *made: str, then: tuple[str, ...] = ()) -> Callable[[], Cost]:
        """lmplz, and the command that goes on from its ARPA file."""
        options = [option.format(out=self.out) for option in made]
        commands = [lmplz_command(self.text, self.out, order=order, memory=memory, options=options)]
        if then:
            commands.append([part.format(out=self.out) for part in then])
        return lambda: self._cost(order, *commands)

    def _cost(self, order: int, *commands: list[str]) -> Cost:
        cost = cost_of(*commands)
        arpa = self.out / "m.arpa"
        if arpa.exists():
            with arpa.open(encoding="utf-8") as file:
                head = "".join(takewhile(str.strip, file))
            assert self.heads.setdefault(order, head) == head, "the models have not the same n-grams"
        clear(self.out)
        return cost


def to_arpa(bench: Bench, order: int) -> Works:
    """Text to ARPA file."""
    works = bench.ours(order, "--arpa", "{out}/m.arpa")
    if find_lmplz():
        for memory in MEMORY:
            works[f"lmplz -S {memory}"] = bench.theirs(order, memory, "--arpa", "{out}/m.arpa")
    return works


def to_binary(bench: Bench, order: int) -> Works:
    """Text to a model that can be asked at once, and lmplz's own binary files, which cannot."""
    works = bench.ours(order, "-o", "{out}/run")
    build_binary = find_build_binary()
    for memory in MEMORY if find_lmplz() else ():
        intermediate = ("--intermediate", "{out}/m")
        works[f"lmplz -S {memory} --intermediate"] = bench.theirs(order, memory, *intermediate)
        if build_binary and memory == MEMORY[0]:
            then = (build_binary, "trie", "-T", "{out}/", "{out}/m.arpa", "{out}/m.bin")
            name = f"lmplz -S {memory}, build_binary trie"
            works[name] = bench.theirs(order, memory, "--arpa", "{out}/m.arpa", then=then)
    return works


def whole_commands(text: Path, folder: Path, orders: list[int], repeat: int) -> list[list[str]]:
    """The first table's rows: task, program, seconds, peak, and how textkit compares."""
    bench = Bench(text, folder)
    bench.ours(2, "--arpa", "{out}/m.arpa")["textkit"]()  # its loops are compiled once on a machine
    rows = []
    for order in orders:
        for task, works in (("ARPA", to_arpa(bench, order)), ("binary", to_binary(bench, order))):
            costs = costs_in_turns(works, repeat=repeat)
            peers = [cost for name, cost in costs.items() if name.startswith("lmplz")]
            best = min(peers, default=None, key=lambda cost: cost.seconds)
            for name, cost in costs.items():
                compared = ["", ""]
                if best and name.startswith("textkit"):
                    compared = [f"{best.seconds / cost.seconds:.2f}", f"{cost.peak / best.peak:.2f}"]
                shown = [f"{cost.seconds:.2f} s", f"{cost.peak / 1e6:,.0f} MB"]
                rows.append([f"order {order}, {task}", name, *shown, *compared])
    return rows


def ours(path: Path, order: int, smoothing: Smoothing) -> NgramModel:
    """Our model of a file."""
    lines = list(read_words([path]))
    vocab = Vocab.build(lines, specials=("<unk>", "</s>"))
    corpus = EncodedCorpus.from_sequences([*vocab.encode(line), 1] for line in lines)
    return smoothing.estimate(NgramCounts.count(corpus, order=order, vocab_size=len(vocab)), vocab)


def theirs(path: Path, model: nltk.lm.api.LanguageModel, order: int) -> nltk.lm.api.LanguageModel:
    """nltk's model of a file."""
    lines = list(read_words([path]))
    grams = (list(everygrams(["<s>", *line, "</s>"], max_len=order)) for line in lines)
    model.fit(grams, {word for line in lines for word in line} | {"<s>", "</s>"})
    return model


def row(what: str, one: Callable[[], object], other: Callable[[], object], repeat: int) -> list[str]:
    """Median seconds of two tasks that run in turns."""
    times = in_turns({"one": one, "other": other}, repeat=repeat)
    return [what, f"{times['one']:.3f} s", f"{times['other']:.3f} s", f"{times['other'] / times['one']:.1f}"]


def nltk_rows(train: Path, test: Path, repeat: int) -> list[list[str]]:
    """What the second table shows."""
    rows = [
        row(
            f"maximum likelihood, order {order}, file to model",
            lambda order=order: ours(train, order, MaximumLikelihood()),  # type: ignore[misc]
            lambda order=order: theirs(train, nltk.lm.MLE(order), order),  # type: ignore[misc]
            repeat,
        )
        for order in (3, 5)
    ]
    model = ours(train, 3, KneserNey())
    peer = theirs(train, nltk.lm.KneserNeyInterpolated(3), 3)
    words = [word for line in read_words([test]) for word in [*line, "</s>"]][:NLTK_TOKENS]
    corpus = EncodedCorpus.from_sequences([model.vocab.encode(words)])
    trigrams = [(words[i - 2], words[i - 1], words[i]) for i in range(2, len(words))]
    model.log_probs(corpus)  # its loops are compiled, or loaded, once
    scoring = row(
        f"Kneser-Ney, order 3, scoring {NLTK_TOKENS} tokens, once",
        lambda: np.sum(model.log_probs(corpus)),
        lambda: sum(peer.score(word, (first, second)) for first, second, word in trigrams),
        1,
    )
    return [*rows, scoring]


def main() -> None:
    """Measure and print, or publish."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", type=Path, nargs="+", help="if not said, wikitext2-valid.txt")
    parser.add_argument("--orders", type=int, nargs="+", default=[3, 5])
    parser.add_argument("--repeat", type=int, default=3, help="runs of each program; the medians count")
    parser.add_argument("--folder", help="where models and temporary files go: tens of bytes an n-gram")
    parser.add_argument("--write", action="store_true", help="put the tables into RESULTS.md")
    options = parser.parse_args()
    train, test = (data_folder() / "lm" / f"wikitext2-{part}.txt" for part in ("valid", "test"))
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        (out := Path(name) / "out").mkdir()
        text = Path(name) / "text"
        words = write_words(text, read_words(options.text or [train]))
        size = text.stat().st_size
        commands = whole_commands(text, out, options.orders, options.repeat)
    head = ["", "program", "time", "peak memory", "times as fast as the faster lmplz", "of its memory"]
    peers = nltk_rows(train, test, options.repeat)
    missing = "" if find_lmplz() else " lmplz was not there to compare with."
    publish(
        "N-gram estimation",
        f"{machine('nltk', 'numpy', 'numba')}. Medians of {options.repeat} rounds in turns.\n\n"
        f"Modified Kneser-Ney, whole commands, file to file: {words:,} words, {size / 1e6:,.1f} MB.{missing} "
        "Memory is the peak of resident memory, mapped files included.\n\n"
        f"{table(head, commands)}\n\nnltk.lm, within Python:\n\n"
        f"{table(['', 'textkit', 'nltk.lm', 'times as fast'], peers)}",
        script="ngram_estimation.py",
    )


if __name__ == "__main__":
    main()
