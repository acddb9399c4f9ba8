"""A Gaussian for each class: the posterior it gives, and what sharing a covariance is good for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from textkit.models.classification.gaussian import GaussianClassifier, fit_gaussians
from textkit.models.classification.logistic import sigmoid
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CARD = Card(
    title="Gaussian classifier",
    title_zh="高斯生成式分类器",
    claim=(
        "Bayes' rule with two Gaussians of one covariance is a sigmoid of a linear function. Of few rows, a "
        "covariance for each class fits those rows better and new rows worse than one that is shared; where "
        "classes do spread differently and there are rows enough, the curved boundary is the better."
    ),
    facts=(
        Fact("largest difference of the posterior from a sigmoid of x w + b", 0.0, tolerance=1e-9),
        Fact("largest difference from Bayes' rule with the densities", 0.0, tolerance=1e-9),
        Fact("accuracy below the best possible, shared, 400 rows", 0.0, tolerance=0.02),
        Fact("training accuracy, own covariances minus shared, 30 rows", 0.03, ">="),
        Fact("held-out accuracy, own covariances minus shared, 30 rows", -0.03, "<="),
        Fact("held-out accuracy, own minus shared, other spreads", 0.05, ">="),
    ),
    source="Bishop 2006, section 4.2: posteriors 4.65 to 4.70, the likeliest parameters 4.73 to 4.80",
    seconds=4,
    data_text="drawn from two Gaussians of known means and covariances",
)
Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
FEATURES, DRAWS, HELD = 7, 20, 4000


def run(study: Study) -> dict[str, float]:
    """Two features to look at, then seven, of few rows and of many."""
    generator = np.random.default_rng(study.seed)
    covariance = np.array([[1.0, 0.6], [0.6, 1.5]])
    truth = GaussianClassifier(
        np.array([0.5, 0.5]), np.array([[0.0, 0.0], [2.0, 1.0]]), np.stack([covariance] * 2), True
    )
    rows, classes = draw(truth, 400, generator)
    model = fit_gaussians(rows, classes)
    linear = model.linear()
    weights, bias = linear.weights[:, 1] - linear.weights[:, 0], linear.biases[1] - linear.biases[0]
    posterior = model.probabilities(rows)[:, 1]
    new_rows, new_classes = draw(truth, 20_000, generator)
    best = best_accuracy(truth)
    reached = accuracy(model, new_rows, new_classes)
    study.note(f"accuracy on new rows {reached:.4f}; the best that any classifier can reach {best:.4f}")

    few = np.array([compare(generator, rows=30, spread=1.0) for _ in range(DRAWS)]).mean(0)
    study.note(
        f"30 rows of {FEATURES} features, mean of {DRAWS} draws: accuracy on them {few[0]:.3f} shared, "
        f"{few[1]:.3f} own; on new rows {few[2]:.3f} shared, {few[3]:.3f} own"
    )
    many = np.array([compare(generator, rows=2000, spread=2.0) for _ in range(3)]).mean(0)
    study.note(f"2,000 rows of other spreads: on new rows {many[2]:.3f} shared, {many[3]:.3f} own")

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        side = np.linspace(-4, 6, 120)
        grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
        shown = model.log_joint(grid).T.reshape(2, 120, 120)
        for each, colour in enumerate(("tab:blue", "tab:red")):
            here = rows[classes == each]
            left.scatter(here[:, 0], here[:, 1], s=6, alpha=0.4, color=colour, label=f"class {each}")
            height = shown[each].max() - np.array([4.5, 2.0, 0.5])  # 3, 2 and 1 deviations away
            left.contour(side, side, shown[each], levels=height, colors=colour, linestyles="solid")
        left.contour(side, side, shown[1] - shown[0], levels=[0], colors="black", linewidths=2)
        left.set(xlabel="x1", ylabel="x2", title="Two Gaussians and the line between them")
        left.legend(loc="lower right")
        scores = np.linspace(-8, 8, 200)
        right.plot(scores, sigmoid(scores), color="black", label="sigmoid")
        right.scatter(rows @ weights + bias, posterior, s=8, color="tab:orange", label="Bayes' rule")
        right.set(xlabel="x w + b", ylabel="P(class 1 | x)", title="The posterior is a sigmoid")
        right.legend()

    study.draw("gaussian-classifier", paint, size=(9.5, 4.2))
    return {
        "largest difference of the posterior from a sigmoid of x w + b": float(
            np.abs(sigmoid(rows @ weights + bias) - posterior).max()
        ),
        "largest difference from Bayes' rule with the densities": float(
            np.abs(by_densities(model, rows) - posterior).max()
        ),
        "accuracy below the best possible, shared, 400 rows": best - reached,
        "training accuracy, own covariances minus shared, 30 rows": few[1] - few[0],
        "held-out accuracy, own covariances minus shared, 30 rows": few[3] - few[2],
        "held-out accuracy, own minus shared, other spreads": many[3] - many[2],
    }


def draw(truth: GaussianClassifier, count: int, generator: np.random.Generator) -> tuple[Doubles, Longs]:
    """Rows (count, F) from the classifier's Gaussians, as many of each, and their classes (count,)."""
    classes = np.arange(count) % len(truth.priors)
    factors = np.linalg.cholesky(truth.covariances)
    standard = generator.normal(size=(count, truth.means.shape[1]))
    return truth.means[classes] + np.einsum("bf,bgf->bg", standard, factors[classes]), classes


def accuracy(model: GaussianClassifier, rows: Doubles, classes: Longs) -> float:
    """The share that is right."""
    return float(np.mean(model.classes(rows) == classes))


def best_accuracy(truth: GaussianClassifier) -> float:
    """Of two classes as likely as each other: Phi(d / 2), d^2 = (m1 - m0)' S^-1 (m1 - m0)."""
    apart = truth.means[1] - truth.means[0]
    distance = math.sqrt(apart @ np.linalg.solve(truth.covariances[0], apart))
    return 0.5 * (1 + math.erf(distance / 2 / math.sqrt(2)))


def by_densities(model: GaussianClassifier, rows: Doubles) -> Doubles:
    """P(class 1 | x) with scipy's densities, (B,)."""
    from scipy.stats import multivariate_normal

    joint = [
        prior * multivariate_normal(mean, covariance).pdf(rows)
        for prior, mean, covariance in zip(model.priors, model.means, model.covariances, strict=True)
    ]
    likely: Doubles = joint[1] / (joint[0] + joint[1])
    return likely


def compare(generator: np.random.Generator, *, rows: int, spread: float) -> tuple[float, float, float, float]:
    """Accuracy on the rows learnt from, shared and own covariances, then on new rows.

    Both classes have one covariance where `spread` is 1; else the second is so many times as wide along
    half of the features.
    """
    turned = np.eye(FEATURES) + 0.3 * generator.normal(size=(FEATURES, FEATURES))
    wide = np.where(np.arange(FEATURES) % 2 == 0, spread, 1.0)
    covariances = np.stack([turned @ turned.T, (turned * wide) @ (turned * wide).T])
    means = np.stack([np.zeros(FEATURES), turned @ np.full(FEATURES, 0.6)])
    truth = GaussianClassifier(np.array([0.5, 0.5]), means, covariances, spread == 1)
    learnt, held = draw(truth, rows, generator), draw(truth, HELD, generator)
    models = [fit_gaussians(*learnt, shared=shared) for shared in (True, False)]
    on_learnt, on_held = ([accuracy(model, *part) for model in models] for part in (learnt, held))
    return on_learnt[0], on_learnt[1], on_held[0], on_held[1]
