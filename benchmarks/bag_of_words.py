"""Bags of words: textkit beside scikit-learn's vectorizers, on the same tokens and from raw text.

    TEXTKIT_DATA=... python benchmarks/bag_of_words.py [--repeat 5] [--megabytes 8] [--write]

Texts are the reviews of sentiment/, repeated. Each measurement is a process of its own with one thread; they
take turns. Where tokens are ready they are jieba's, the same for both, blank ones left out: "lists" are lists
of strings for both, and in "batch" textkit gets them as its tokenizers give them, as flat arrays. From "text"
the peer cuts with rjieba (where installed), whose words differ a little. Matrices of the same tokens are
compared by a hash of all their arrays. Memory is the peak above what was held before the work.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from results import data_folder, machine, publish, table

LISTS, BATCH, TEXT = SOURCES = "lists", "batch", "text"
SETTINGS: dict[str, dict[str, Any]] = {
    "words 1": {"words": (1, 1)},
    "words 1-2": {"words": (1, 2)},
    "words 1-2, tf-idf": {"words": (1, 2), "weighting": "tf-idf"},
    "characters 1-3": {"words": None, "characters": (1, 3)},
    "words 1-2 and characters 1-3": {"words": (1, 2), "characters": (1, 3)},
}


def reviews(megabytes: float) -> list[str]:
    """The texts of the reviews, repeated to at least so many megabytes."""
    files = sorted(data_folder().glob("sentiment/*/*.tsv"))
    lines = "\n".join(file.read_text(encoding="utf-8") for file in files).split("\n")
    texts = [line.split("\t", 1)[1] for line in lines if "\t" in line]
    return texts * -(-int(megabytes * 1e6) // size(texts))


def size(texts: list[str]) -> int:
    """Bytes of UTF-8."""
    return sum(len(text.encode()) for text in texts)


def ready_tokens(texts: list[str]) -> list[list[str]]:
    """jieba's words that are not blank."""
    from textkit.text.tokenizers.jieba import JiebaTokenizer

    return [[token for token in tokens if token.strip()] for tokens in JiebaTokenizer().batch(texts).lists()]


def given_to(side: str, texts: list[str], source: str) -> Any:
    """What a vectorizer counts."""
    if source == TEXT:
        return texts
    tokens = ready_tokens(texts)
    if side == "textkit" and source == BATCH:
        from textkit.text.token_batch import TokenBatch

        return TokenBatch.of(tokens)
    return tokens


def cut() -> Callable[[str], list[str]]:
    """The peer's tokenizer: rjieba, or textkit's words where it is not installed."""
    if importlib.util.find_spec("rjieba"):
        import rjieba

        return lambda text: [token for token in rjieba.cut(text) if token.strip()]
    from textkit.text.tokenizers.jieba import JiebaTokenizer

    return lambda text: [token for token in JiebaTokenizer().batch([text]).lists()[0] if token.strip()]


def peer(setting: dict[str, Any], source: str) -> Any:
    """scikit-learn's vectorizer, or a union of two."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

    kind = TfidfVectorizer if setting.get("weighting") == "tf-idf" else CountVectorizer
    parts = []
    if setting["words"]:
        tokenizer = (lambda tokens: tokens) if source != TEXT else cut()
        options = {"tokenizer": tokenizer, "preprocessor": lambda text: text, "token_pattern": None}
        parts.append(("words", kind(ngram_range=setting["words"], **options)))
    if setting.get("characters"):
        options = {"analyzer": "char", "lowercase": False}
        parts.append(("characters", kind(ngram_range=setting["characters"], **options)))
    return parts[0][1] if len(parts) == 1 else FeatureUnion(parts)


def ours(setting: dict[str, Any], source: str) -> Any:
    """textkit's."""
    from textkit.data.bag_of_words.vectorizer import BagOfWords

    return BagOfWords("jieba" if source == TEXT else "tokens", **setting)


def digest(matrix: Any) -> str:
    """A hash of a matrix's arrays; values to six decimals, since norms are added up in other orders."""
    import numpy as np

    matrix.sort_indices()
    found = hashlib.sha256(repr(matrix.shape).encode())
    for array in (matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64)):
        found.update(array.tobytes())
    found.update(np.round(matrix.data.astype(np.float64), 6).tobytes())
    return found.hexdigest()


def memory(field: str) -> float:
    """Megabytes that this process holds (VmRSS), or held at most (VmHWM)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) * 1024 / 1e6


def measure(side: str, name: str, source: str, megabytes: float) -> dict[str, Any]:
    """One fit_transform and one transform, compiled loops and dictionaries loaded before."""
    texts = reviews(megabytes)
    make = {"scikit-learn": peer, "textkit": ours}[side]
    given = given_to(side, texts[:2000], source)
    make(SETTINGS[name], source).fit_transform(given)
    given = given_to(side, texts, source)
    vectorizer = make(SETTINGS[name], source)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # VmHWM begins anew
    before = memory("VmRSS")
    start = time.perf_counter()
    matrix = vectorizer.fit_transform(given)
    fitted = time.perf_counter() - start
    peak = memory("VmHWM") - before
    identity = digest(matrix)
    del matrix
    start = time.perf_counter()
    matrix = vectorizer.transform(given)
    transformed = time.perf_counter() - start
    assert digest(matrix) == identity
    return {
        "fit": fitted, "transform": transformed, "peak": peak, "identity": identity,
        "bytes": size(texts), "texts": len(texts), "shape": [*matrix.shape, matrix.nnz],
    }  # fmt: skip


def in_turns(name: str, source: str, *, repeat: int, megabytes: float) -> dict[str, dict[str, Any]]:
    """The medians of both sides, each measured in processes of its own."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    found: dict[str, list[dict[str, Any]]] = {"scikit-learn": [], "textkit": []}
    for _ in range(repeat):
        for side, measured in found.items():
            command = [sys.executable, __file__, "--one", side, name, source, "--megabytes", str(megabytes)]
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{side}, {name}, {source} failed:\n{done.stderr[-2000:]}")
            measured.append(json.loads(done.stdout))
    return {
        side: measured[0]
        | {key: statistics.median(each[key] for each in measured) for key in ("fit", "transform", "peak")}
        for side, measured in found.items()
    }


def rows(name: str, source: str, medians: dict[str, dict[str, Any]]) -> list[list[str]]:
    """A line for each side."""
    theirs, mine = medians["scikit-learn"], medians["textkit"]
    same = theirs["identity"] == mine["identity"]
    exact = source != TEXT or not SETTINGS[name]["words"]
    assert same or not exact, f"{name}: the matrices differ"
    return [
        [
            name, source, side, f"{each['fit']:.2f} s", f"{each['bytes'] / each['fit'] / 1e6:.1f}",
            f"{theirs['fit'] / each['fit']:.1f}", f"{each['texts'] / each['transform']:,.0f}",
            f"{theirs['transform'] / each['transform']:.1f}", f"{each['peak']:.0f} MB",
            f"{each['shape'][1]:,}", "yes" if same else "no",
        ]
        for side, each in medians.items()
    ]  # fmt: skip


def main() -> None:
    """Measure and print, or publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--megabytes", type=float, default=8)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--one", nargs=3, metavar=("SIDE", "SETTING", "SOURCE"))
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(*options.one, options.megabytes)))
        return
    lines = []
    for name, setting in SETTINGS.items():
        for source in SOURCES:
            if source == TEXT or not setting.get("characters"):
                medians = in_turns(name, source, repeat=options.repeat, megabytes=options.megabytes)
                lines += rows(name, source, medians)
    head = ["n-grams", "from", "", "fit_transform", "MB/s", "times", "transform, texts/s", "times", "peak"]
    packages = ["textkit-nlp", "scikit-learn", "numba", "numpy"]
    packages += ["rjieba"] if importlib.util.find_spec("rjieba") else []
    body = "\n\n".join(
        [
            f"{machine(*packages)}; one thread. Medians of {options.repeat} processes in turns; "
            f"{options.megabytes:.0f} MB of Chinese reviews (the real ones, repeated); loading apart.",
            table([*head, "features", "same matrix"], lines),
        ]
    )
    publish("Bags of words", body, script="bag_of_words.py")


if __name__ == "__main__":
    main()
