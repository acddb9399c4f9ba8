"""Asking n-gram models beside the kenlm package, each on one thread; opening models; generating.

    TEXTKIT_DATA=... python benchmarks/ngram_queries.py [--text FILE...] [--held FILE...] [--write]

textkit estimates the model from --text, and kenlm reads it from the same ARPA file (its probing tables). Take
a text whose model is larger than the processor's cache. Scores of both are compared before they are timed.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import deque
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import kenlm
import numpy as np
from estimators import read_words
from results import data_folder, machine, publish, table
from timing import in_turns

from textkit.lm import kenlm_model
from textkit.lm.arpa import write_arpa
from textkit.lm.estimate import estimate
from textkit.lm.ngram import NgramModel
from textkit.lm.ngram.folder import load_ngram, save_ngram
from textkit.lm.ngram.sampling import NgramSampler
from textkit.lm.ngram.scores import encode_sentences
from textkit.lm.threads import at_most

GENERATED = (256, 400)  # sentences at once, tokens of each


def batches(model: NgramModel, peer: kenlm.Model, lines: list[str], repeat: int) -> list[list[str]]:
    """Whole texts: tokens a second."""
    corpus = encode_sentences(lines, model.vocab)
    tokens = len(corpus.ids)
    works: dict[str, Callable[[], object]] = {
        "strings to a score each": lambda: model.score_sentences(lines),
        "strings to log10 and n-gram length of each token": lambda: model.scores(
            encode_sentences(lines, model.vocab)
        ),
        "the same from ids": lambda: model.scores(corpus),
        "Model.score": lambda: [peer.score(line) for line in lines],
        "Model.full_scores": lambda: deque(chain.from_iterable(map(peer.full_scores, lines)), maxlen=0),
    }
    sums = np.array(works["Model.score"]())
    assert np.allclose(works["strings to a score each"](), sums, rtol=1e-4), "the scores differ"  # type: ignore[arg-type]
    times = in_turns(works, repeat=repeat)
    rows = []
    for name, other in zip(works, ["Model.score", "Model.full_scores", "Model.full_scores"], strict=False):
        speeds = [f"{tokens / times[work] / 1e6:.2f} M tokens/s" for work in (name, other)]
        rows.append([name, speeds[0], f"kenlm: {other}", speeds[1], f"{times[other] / times[name]:.2f}"])
    return rows


def one_by_one(folder: Path, peer: kenlm.Model, lines: list[str], repeat: int) -> list[list[str]]:
    """A word at a time, with states: microseconds a call."""
    words = [line.split() for line in lines]
    calls = sum(map(len, words))

    def walk(model: kenlm_model.Model, state: type[kenlm_model.State]) -> None:
        before, after = state(), state()
        for sentence in words:
            model.BeginSentenceWrite(before)
            for word in sentence:
                model.BaseScore(before, word, after)
                before, after = after, before

    ours = kenlm_model.Model(str(folder))
    times = in_turns(
        {"ours": lambda: walk(ours, kenlm_model.State), "theirs": lambda: walk(peer, kenlm.State)},
        repeat=repeat,
    )
    shown = [f"{times[name] / calls * 1e6:.2f} us" for name in ("ours", "theirs")]
    ratio = f"{times['theirs'] / times['ours']:.2f}"
    return [["BaseScore, a word with its state", shown[0], "kenlm: BaseScore", shown[1], ratio]]


def opening(model: NgramModel, folder: Path, arpa: Path, repeat: int) -> list[list[str]]:
    """Opening a model folder, all its checks included, and KenLM's reading of the ARPA file."""
    size = sum(path.stat().st_size for path in folder.iterdir())
    times = in_turns({"open": lambda: load_ngram(folder)}, repeat=max(repeat, 5))
    once = in_turns({"arpa": lambda: kenlm.Model(str(arpa))}, repeat=1)
    what = f"opening {size / 1e6:,.0f} MB, {len(model.vocab):,} words"
    return [
        [what, f"{times['open'] * 1000:.0f} ms", "kenlm: the ARPA file, once", f"{once['arpa']:.1f} s", ""]
    ]


def generating(model: NgramModel, repeat: int) -> list[list[str]]:
    """Drawing tokens in batches."""
    sampler, generator = NgramSampler(model), np.random.default_rng(1)
    rows, length = GENERATED

    def draw() -> object:
        return sampler.sample([1], length=length, rows=rows, generator=generator)

    draw()
    seconds = in_turns({"draw": draw}, repeat=repeat)["draw"]
    speed = f"{rows * length / seconds / 1e6:.2f} M tokens/s"
    return [[f"generation, order {model.order}, {rows} at once", speed, "", "", ""]]


def main() -> None:
    """Measure and print, or publish."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", type=Path, nargs="+", help="if not said, wikitext2-valid.txt")
    parser.add_argument("--held", type=Path, nargs="+", help="if not said, wikitext2-test.txt")
    parser.add_argument("--order", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=5, help="rounds; the medians count")
    parser.add_argument("--write", action="store_true", help="put the table into RESULTS.md")
    options = parser.parse_args()
    texts = {
        part: getattr(options, option) or [data_folder() / "lm" / f"wikitext2-{part}.txt"]
        for part, option in (("valid", "text"), ("test", "held"))
    }
    held = [" ".join(words) for words in read_words(texts["test"]) if words]
    with tempfile.TemporaryDirectory() as name, at_most(1):
        folder, arpa = Path(name) / "model", Path(name) / "m.arpa"
        model = estimate((" ".join(words) for words in read_words(texts["valid"])), order=options.order)
        save_ngram(model, folder)
        write_arpa(model, arpa)
        peer = kenlm.Model(str(arpa))
        model = load_ngram(folder)
        rows = batches(model, peer, held, options.repeat)
        rows += one_by_one(folder, peer, held[:4000], options.repeat)
        rows += opening(model, folder, arpa, options.repeat)
        short = estimate((" ".join(words) for words in read_words(texts["valid"])), order=3)
        rows += generating(short, options.repeat)
    sizes = [model.trie.size(k) for k in range(2, model.order + 1)]
    publish(
        "N-gram queries",
        f"{machine('kenlm', 'numpy', 'numba')}, one thread each. Order {model.order}, {sum(sizes):,} "
        f"n-grams; {len(held):,} held-out lines. Medians of {options.repeat} rounds in turns.\n\n"
        f"{table(['', 'textkit', 'peer', '', 'times as fast'], rows)}",
        script="ngram_queries.py",
    )


if __name__ == "__main__":
    main()
