"""N-gram estimation and scoring beside nltk.lm and, where it is installed, KenLM's lmplz.

    TEXTKIT_DATA=... python benchmarks/ngram_estimation.py [--repeat 5] [--write]

Text is wikitext2-valid.txt and, for scoring, wikitext2-test.txt, both split at white space. Both sides of
each row do the same work, in turns.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import nltk.lm
import numpy as np
from nltk.util import everygrams
from results import data_folder, machine, publish, table
from timing import in_turns

from textkit.data.encoded import EncodedCorpus
from textkit.lm.arpa import write_arpa
from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.kneser_ney import KneserNey
from textkit.lm.smoothing.maximum_likelihood import MaximumLikelihood
from textkit.lm.smoothing.modified_kneser_ney import ModifiedKneserNey
from textkit.lm.smoothing.protocol import Smoothing
from textkit.text.vocab import Vocab

NLTK_TOKENS = 300  # nltk's Kneser-Ney scores some tens of tokens a second


def read(path: Path) -> list[list[str]]:
    """The words of each line; <unk>, which lmplz refuses, left out."""
    text = path.read_text(encoding="utf-8")
    return [[word for word in line.split() if word != "<unk>"] for line in text.splitlines()]


def ours(path: Path, order: int, smoothing: Smoothing) -> NgramModel:
    """Our model of a file."""
    lines = read(path)
    vocab = Vocab.build(lines, specials=("<unk>", "</s>"))
    corpus = EncodedCorpus.from_sequences([*vocab.encode(line), 1] for line in lines)
    return smoothing.estimate(NgramCounts.count(corpus, order=order, vocab_size=len(vocab)), vocab)


def theirs(path: Path, model: nltk.lm.api.LanguageModel, order: int) -> nltk.lm.api.LanguageModel:
    """nltk's model of a file."""
    lines = read(path)
    grams = (list(everygrams(["<s>", *line, "</s>"], max_len=order)) for line in lines)
    model.fit(grams, {word for line in lines for word in line} | {"<s>", "</s>"})
    return model


def alternate(one: Callable[[], object], other: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Median seconds of two tasks that run in turns."""
    times = in_turns({"one": one, "other": other}, repeat=repeat)
    return times["one"], times["other"]


def row(what: str, mine: float, peer: float) -> list[str]:
    return [what, f"{mine:.3f} s", f"{peer:.3f} s", f"{peer / mine:.1f}"]


def lmplz_row(train: Path, order: int, repeat: int) -> list[str]:
    """File to ARPA file, both."""
    with tempfile.TemporaryDirectory() as folder:
        clean = Path(folder) / "train.txt"
        clean.write_text("".join(" ".join(line) + "\n" for line in read(train)), encoding="utf-8")
        command = ["lmplz", "-o", str(order), "-S", "1G", "-T", folder, "--text", str(clean)]
        command += ["--arpa", f"{folder}/theirs.arpa"]
        times = alternate(
            lambda: write_arpa(ours(clean, order, ModifiedKneserNey()), f"{folder}/ours.arpa"),
            lambda: subprocess.run(command, check=True, capture_output=True),
            repeat,
        )
    return row(f"modified Kneser-Ney, order {order}, file to ARPA: lmplz -S 1G", *times)


def rows(train: Path, test: Path, repeat: int) -> list[list[str]]:
    """What the table shows."""
    measured = []
    for order in (3, 5):
        times = alternate(
            lambda order=order: ours(train, order, MaximumLikelihood()),  # type: ignore[misc]
            lambda order=order: theirs(train, nltk.lm.MLE(order), order),  # type: ignore[misc]
            repeat,
        )
        measured.append(row(f"maximum likelihood, order {order}, file to model: nltk.lm", *times))
    model = ours(train, 3, KneserNey())
    peer = theirs(train, nltk.lm.KneserNeyInterpolated(3), 3)
    words = [word for line in read(test) for word in [*line, "</s>"]][:NLTK_TOKENS]
    corpus = EncodedCorpus.from_sequences([model.vocab.encode(words)])
    trigrams = [(words[i - 2], words[i - 1], words[i]) for i in range(2, len(words))]
    times = alternate(
        lambda: np.sum(model.log_probs(corpus)),
        lambda: sum(peer.score(word, (first, second)) for first, second, word in trigrams),
        1,
    )
    measured.append(row(f"Kneser-Ney, order 3, scoring {NLTK_TOKENS} tokens: nltk.lm", *times))
    if shutil.which("lmplz"):
        measured += [lmplz_row(train, order, repeat) for order in (3, 5)]
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeat", type=int, default=5, help="runs of each side; the median counts")
    parser.add_argument("--write", action="store_true", help="put the table into RESULTS.md")
    repeat = parser.parse_args().repeat
    folder = data_folder() / "lm"
    measured = rows(folder / "wikitext2-valid.txt", folder / "wikitext2-test.txt", repeat)
    shown = table(["task and peer", "textkit", "peer", "times as fast"], measured)
    under = f"{machine('nltk', 'numpy')}. Median seconds of {repeat} runs in turns; scoring ran once."
    publish("N-gram estimation", f"{under}\n\n{shown}", script="ngram_estimation.py")


if __name__ == "__main__":
    main()
