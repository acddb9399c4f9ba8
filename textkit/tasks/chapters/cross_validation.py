"""Cross-validation: choosing with folds, how sure one can be, and how to spoil it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from textkit.data.splits import k_fold
from textkit.models.regression.linear import Doubles, LinearModel, least_squares
from textkit.models.regression.polynomial import Polynomial, fit_polynomial
from textkit.models.regression.selection import (
    CrossValidation,
    Rows,
    cross_validate,
    errors_by,
    most_correlated,
)
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DEGREES = tuple(range(1, 9))
TRUE_DEGREE = 3
ROWS, FOLDS, DRAWS, NOISE = 30, 10, 100, 0.3
NOISY_ROWS, NOISY_FEATURES, KEPT, NOISY_DRAWS = 50, 500, 10, 5

CARD = Card(
    title="Cross-validation",
    title_zh="交叉验证",
    claim="Ten folds find the true degree more often than one split of the same rows, and the simplest "
    "degree within a standard error more often still. Features chosen with all rows before the folds "
    "are made let pure noise look predictable.",
    facts=(
        Fact("true degree found: ten folds less one split", 0.1, ">="),
        Fact("true degree found: one standard error less ten folds", 0.1, ">="),
        Fact("error of degree 3, spread of one split over ten folds", 1.3, ">="),
        Fact("as in the book: variance of noise explained", 0.2, ">="),
        Fact("as one should: variance of noise explained", 0.0, "<="),
    ),
    source="Hastie, Tibshirani and Friedman 2009, The elements of statistical learning, 7.10",
    seconds=5,
    data_text=f"{DRAWS} draws of {ROWS} rows, y = x^2 - 2x^3 and noise; {NOISY_FEATURES} features of noise",
)


def run(study: Study) -> dict[str, float]:
    """Degrees chosen by one split, by folds, and by folds with caution; then the wrong way to do it."""
    generator = np.random.default_rng(study.seed)
    folds = list(k_fold(ROWS, FOLDS, seed=study.seed))
    learn, held = next(iter(k_fold(ROWS, 3, seed=study.seed)))
    chosen: dict[str, list[int]] = {"one split": [], "ten folds": [], "one standard error": []}
    by_split, by_folds = [], []
    first: CrossValidation[int] | None = None
    for _ in range(DRAWS):
        values, targets = _draw(generator)
        _, errors = errors_by(
            _fit, DEGREES, train=(values[learn], targets[learn]), held_out=(values[held], targets[held])
        )
        found = cross_validate(_fit, DEGREES, rows=(values, targets), folds=folds)
        first = first or found
        chosen["one split"].append(DEGREES[int(errors.argmin())])
        chosen["ten folds"].append(found.best)
        chosen["one standard error"].append(found.simplest)
        by_split.append(errors[DEGREES.index(TRUE_DEGREE)])
        by_folds.append(found.means[DEGREES.index(TRUE_DEGREE)])
    share = {way: float(np.mean(np.array(each) == TRUE_DEGREE)) for way, each in chosen.items()}
    study.note("true degree found: " + ", ".join(f"{way} {each:.0%}" for way, each in share.items()))
    leaked, clean = zip(*(_explained(generator, study) for _ in range(NOISY_DRAWS)), strict=True)
    if first is not None:
        shown = first
        study.draw("cross-validation", lambda figure: _paint(figure, shown, chosen), size=(9, 4.2))
    return {
        "true degree found: ten folds less one split": share["ten folds"] - share["one split"],
        "true degree found: one standard error less ten folds": share["one standard error"]
        - share["ten folds"],
        "error of degree 3, spread of one split over ten folds": float(np.std(by_split) / np.std(by_folds)),
        "as in the book: variance of noise explained": float(np.mean(leaked)),
        "as one should: variance of noise explained": float(np.mean(clean)),
    }


def _draw(generator: np.random.Generator) -> Rows:
    values = generator.uniform(-1, 1, ROWS)
    return values, values**2 - 2 * values**3 + NOISE * generator.normal(size=ROWS)


def _fit(degree: int, values: Doubles, targets: Doubles) -> Polynomial:
    return fit_polynomial(values, targets, degree=degree)


def _explained(generator: np.random.Generator, study: Study) -> tuple[float, float]:
    """The share of the variance of noise that folds say is explained: features chosen before, and within."""
    features = generator.normal(size=(NOISY_ROWS, NOISY_FEATURES))
    targets = generator.normal(size=NOISY_ROWS)
    folds = list(k_fold(NOISY_ROWS, FOLDS, seed=study.seed))
    before = features[:, most_correlated(features, targets, count=KEPT)]
    leaked = cross_validate(_least, [0], rows=(before, targets), folds=folds)
    clean = cross_validate(_least_of_kept, [0], rows=(features, targets), folds=folds)
    return 1 - leaked.means[0] / targets.var(), 1 - clean.means[0] / targets.var()


def _least(_: int, features: Doubles, targets: Doubles) -> LinearModel:
    return least_squares(features, targets)


def _least_of_kept(_: int, features: Doubles, targets: Doubles) -> LinearModel:
    """Choosing is a part of learning: it sees only the rows it is given."""
    kept = most_correlated(features, targets, count=KEPT)
    found = least_squares(features[:, kept], targets)
    weights = np.zeros(features.shape[1])
    weights[kept] = found.weights
    return LinearModel(weights, found.bias)


def _paint(figure: Figure, first: CrossValidation[int], chosen: dict[str, list[int]]) -> None:
    """The errors of one draw with their standard errors, and the degrees chosen in all draws."""
    curve, bars = figure.subplots(1, 2)
    means = first.means
    curve.errorbar(DEGREES, means, first.standard_errors, marker="o", capsize=3, color="tab:red")
    best = DEGREES.index(first.best)
    limit = means[best] + first.standard_errors[best]
    curve.axhline(limit, color="grey", linestyle=":", label="one standard error above the least")
    curve.axvline(first.simplest, color="black", linewidth=0.8, label=f"simplest within it: {first.simplest}")
    curve.set(
        xlabel="degree",
        ylabel="mean squared error",
        yscale="log",
        title=f"One draw of {ROWS} rows, {FOLDS} folds",
    )
    curve.legend()

    for place, (way, degrees) in enumerate(chosen.items()):
        counts = np.bincount(degrees, minlength=DEGREES[-1] + 1)[1:] / DRAWS
        bars.bar(np.array(DEGREES) + 0.27 * (place - 1), counts, width=0.27, label=way)
    bars.set(xlabel="degree chosen", ylabel="share of draws", title=f"{DRAWS} draws; the truth has degree 3")
    bars.set_xticks(DEGREES)
    bars.legend()
