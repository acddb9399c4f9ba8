"""Bias and variance: what the expected error is made of, by degree and along a penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from textkit.models.regression.bias_variance import BiasVariance, decompose, resampled_predictions
from textkit.models.regression.linear import Doubles
from textkit.models.regression.polynomial import Polynomial, fit_polynomial
from textkit.models.regression.selection import Rows
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DEGREES = tuple(range(10))
PENALTIES = tuple(float(penalty) for penalty in 10.0 ** np.arange(-6, 1.5, 0.5))
ROWS, LEARNERS, NOISE = 25, 200, 0.3
PLACES = np.linspace(0.05, 0.95, 200)

CARD = Card(
    title="Bias and variance",
    title_zh="偏差与方差",
    claim="The expected error is bias squared plus variance plus noise. With the degree the bias falls and "
    "the variance grows, along the penalty the other way round; the least error lies between.",
    facts=(
        # 200 places times 200 learners: the mean square of as much noise varies by 0.7 %.
        Fact("largest gap between the sum and the measured error, relative", 0.03, "<="),
        Fact("degree of the least error", 4, tolerance=1),
        Fact("squared bias, degree 1 over the best", 10.0, ">="),
        Fact("variance, degree 9 over degree 1", 3.0, ">="),
        Fact("error, degree 1 over the best", 2.0, ">="),
        Fact("error, degree 9 over the best", 1.1, ">="),
        Fact("penalty: squared bias, largest over smallest penalty's error", 2.0, ">="),
        Fact("penalty: variance, smallest over largest penalty", 3.0, ">="),
    ),
    source="Geman, Bienenstock and Doursat 1992, Neural networks and the bias/variance dilemma; "
    "Lee Hung-yi, Machine learning, lecture 2 (Where does the error come from?)",
    seconds=4,
    data_text=f"{LEARNERS} samples of {ROWS} rows from one period of a sine with noise of {NOISE}",
)


def run(study: Study) -> dict[str, float]:
    """Polynomials of each degree, then of degree 9 at each penalty, each learnt from many samples."""
    generator = np.random.default_rng(study.seed)
    by_degree, gaps = [], []
    for degree in DEGREES:
        parts, measured = _parts(generator, degree=degree, penalty=0.0)
        by_degree.append(parts)
        gaps.append(abs(parts.error / measured - 1))
    by_penalty = []
    for penalty in PENALTIES:
        parts, measured = _parts(generator, degree=9, penalty=penalty)
        by_penalty.append(parts)
        gaps.append(abs(parts.error / measured - 1))
    errors = [parts.error for parts in by_degree]
    best = int(np.argmin(errors))
    along = [parts.error for parts in by_penalty]
    study.note(
        f"noise {NOISE**2:.3f}; least error {errors[best]:.3f} at degree {best}, "
        f"{min(along):.3f} at degree 9 with penalty {PENALTIES[int(np.argmin(along))]:.0e}"
    )
    study.draw("bias-variance", lambda figure: _paint(figure, by_degree, by_penalty), size=(9, 4.2))
    loose, tight = by_penalty[0], by_penalty[-1]
    return {
        "largest gap between the sum and the measured error, relative": max(gaps),
        "degree of the least error": best,
        # Where the bias is about nothing its estimate may be below zero.
        "squared bias, degree 1 over the best": by_degree[1].bias2 / max(by_degree[best].bias2, 1e-4),
        "variance, degree 9 over degree 1": by_degree[9].variance / by_degree[1].variance,
        "error, degree 1 over the best": errors[1] / errors[best],
        "error, degree 9 over the best": errors[9] / errors[best],
        "penalty: squared bias, largest over smallest penalty's error": tight.bias2 / loose.error,
        "penalty: variance, smallest over largest penalty": loose.variance / tight.variance,
    }


def _truth(values: Doubles) -> Doubles:
    wave: Doubles = np.sin(2 * np.pi * values)
    return wave


def _draw(generator: np.random.Generator) -> Rows:
    """A sample: a row somewhere in each of equal parts of 0 to 1, so that none leaves a wide gap."""
    values = (np.arange(ROWS) + generator.random(ROWS)) / ROWS
    return values, _truth(values) + NOISE * generator.normal(size=ROWS)


def _parts(generator: np.random.Generator, *, degree: int, penalty: float) -> tuple[BiasVariance, float]:
    """Bias, variance and noise, and the error measured on targets drawn anew."""

    def fit(values: Doubles, targets: Doubles) -> Polynomial:
        return fit_polynomial(values, targets, degree=degree, penalty=penalty)

    predicted = resampled_predictions(fit, _draw, places=PLACES, learners=LEARNERS, generator=generator)
    fresh = _truth(PLACES) + NOISE * generator.normal(size=predicted.shape)
    parts = decompose(predicted, _truth(PLACES), noise=NOISE**2)
    return parts, float(np.mean((fresh - predicted) ** 2))


def _paint(figure: Figure, by_degree: list[BiasVariance], by_penalty: list[BiasVariance]) -> None:
    """The three parts and their sum: by degree, and along the penalty."""
    left, right = figure.subplots(1, 2, sharey=True)
    _paint_parts(left, DEGREES, by_degree)
    left.set(xlabel="degree", ylabel="mean squared error", yscale="log", ylim=(1e-3, 1))
    left.set_title(f"Polynomials from {ROWS} rows")
    left.set_xticks(DEGREES)
    left.legend()
    _paint_parts(right, PENALTIES, by_penalty)
    right.set(xlabel="penalty", xscale="log", title="Degree 9, ridge: flexible to stiff")


def _paint_parts(axes: Axes, places: tuple[float, ...], parts: list[BiasVariance]) -> None:
    axes.plot(places, [each.bias2 for each in parts], "o-", color="tab:blue", label="bias squared")
    axes.plot(places, [each.variance for each in parts], "s-", color="tab:orange", label="variance")
    axes.plot(places, [each.noise for each in parts], ":", color="grey", label="noise")
    axes.plot(places, [each.error for each in parts], color="black", linewidth=2, label="sum")
