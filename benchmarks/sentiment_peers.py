"""The classifiers that textkit's are held against: scikit-learn and fastText on rjieba's words."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Predict = Callable[[Sequence[str]], Floats]
Fit = Callable[[Sequence[str], Sequence[int]], Predict]

FASTTEXT = {"default": {}, "words 1-2, 100 dimensions, 25 epochs": {"wordNgrams": 2, "dim": 100, "epoch": 25}}
COSTS = (0.1, 0.3, 1.0)


def installed() -> list[str]:
    """The names under which the peers that are there were installed."""
    found = packages_distributions()
    return [found[name][0] for name in ("sklearn", "rjieba", "fasttext") if found.get(name)]


def missing(*packages: str) -> str:
    """Which of them are not installed; nothing when all are."""
    return ", ".join(name for name in packages if importlib.util.find_spec(name) is None)


def scikit_learn(*, cost: float, sublinear: bool = False) -> Fit:
    """Tf-idf of words 1-2 and characters 1-3 and a linear support-vector machine; it gives margins."""
    import rjieba
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    def words(text: str) -> list[str]:
        return [word for word in rjieba.cut(text) if not word.isspace()]

    def fit(texts: Sequence[str], classes: Sequence[int]) -> Predict:
        of_words = TfidfVectorizer(
            tokenizer=words, token_pattern=None, ngram_range=(1, 2), sublinear_tf=sublinear
        )
        of_characters = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=sublinear)
        model = make_pipeline(make_union(of_words, of_characters), LinearSVC(C=cost))
        model.fit(texts, classes)

        def predict(texts: Sequence[str]) -> Floats:
            margins = model.decision_function(texts)
            return np.stack([-margins, margins], axis=1) if margins.ndim == 1 else margins

        return predict

    return fit


def fast_text(settings: dict[str, Any]) -> Fit:
    """fastText on one thread, on words with blanks between; it gives the likeliest class's probability.

    The others share the rest evenly.
    """
    import fasttext
    import rjieba

    fasttext.FastText.eprint = lambda *_: None

    def joined(text: str) -> str:
        return " ".join(rjieba.cut(text)).replace("\n", " ")

    def fit(texts: Sequence[str], classes: Sequence[int]) -> Predict:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "train.txt"
            lines = (f"__label__{c} {joined(text)}\n" for text, c in zip(texts, classes, strict=True))
            path.write_text("".join(lines), encoding="utf-8")
            model = fasttext.train_supervised(str(path), thread=1, verbose=0, seed=1, **settings)
        size = max(classes) + 1

        def predict(texts: Sequence[str]) -> Floats:
            labels, sure = model.predict([joined(text) for text in texts])  # of many texts k is 1, or it errs
            likeliest = np.array(sure, np.float64).reshape(-1, 1)
            found = np.repeat((1 - likeliest) / (size - 1), size, axis=1)
            found[np.arange(len(texts)), [int(name[len("__label__") :]) for (name,) in labels]] = likeliest[
                :, 0
            ]
            return found

        return predict

    return fit


def textkit(preset: str) -> Fit:
    """textkit's preset with jieba's words; probabilities."""
    from textkit.tasks.classification.classifier import LabelledTexts
    from textkit.tasks.classification.config import ClassifierConfig
    from textkit.tasks.classification.fitting import make_pipeline
    from textkit.tasks.classification.linear import fit_linear

    config = ClassifierConfig(preset=preset)
    pipeline = make_pipeline(config)

    def fit(texts: Sequence[str], classes: Sequence[int]) -> Predict:
        labels = tuple(str(number) for number in range(max(classes) + 1))
        train = LabelledTexts(tuple(texts), np.array(classes, np.int64), labels)
        return fit_linear(train, config, pipeline=pipeline).probabilities

    return fit


def reviews(folder: Path, *parts: str) -> tuple[list[str], list[int]]:
    """The texts of a folder's parts, and their classes, numbered as the labels are sorted."""
    lines = [
        line.split("\t", 1)
        for part in parts
        for line in (folder / f"{part}.tsv").read_text(encoding="utf-8").splitlines()
    ]
    labels = sorted({line[0] for line in lines})
    return [line[1] for line in lines], [labels.index(line[0]) for line in lines]
