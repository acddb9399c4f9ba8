"""Data-set shift: three ways in which new rows differ, each with a test that notices and a correction."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from textkit.models.classification.gaussian import GaussianClassifier, fit_gaussians
from textkit.models.classification.logistic import Logistic, fit_logistic, sigmoid
from textkit.models.shift.density_ratio import effective_rows, fit_density_ratio
from textkit.models.shift.error_rise import ErrorAlarm, rise_test
from textkit.models.shift.label_shift import answers_test, class_weights, corrected, shifted_priors
from textkit.models.shift.two_samples import domain_test, marginal_tests
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CARD = Card(
    title="Data-set shift",
    title_zh="数据集偏移",
    claim=(
        "Label shift is noticed in the answers, covariate shift in the features, concept shift in errors "
        "alone. New class shares, weighted rows and learning anew from recent rows win back accuracy; the "
        "first two without one new label. Without a shift, false alarms are as rare as the tests promise."
    ),
    facts=(
        Fact("label shift: accuracy won back by black-box weights", 0.12, ">="),
        Fact("label shift: accuracy won back by expectation-maximisation", 0.12, ">="),
        Fact("label shift: largest error of the new shares", 0.0, tolerance=0.07),
        Fact("covariate shift: accuracy won back by weighted rows", 0.3, ">="),
        Fact("concept shift: accuracy won back by recent rows", 0.2, ">="),
        Fact("concept shift: rows until the alarm", 50, tolerance=50),
        Fact("largest p-value of the test made for each shift", 0.01, "<="),
        Fact("largest share of false alarms at 5 %, of 100 draws", 0.14, "<="),
    ),
    source="Lipton, Wang and Smola 2018; Saerens et al. 2002; Bickel et al. 2009; Page 1954",
    seconds=6,
    data_text="drawn from distributions that are known, so that the best possible is known too",
)
OLD, NEW = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.2, 0.7])
ROWS, STREAM, RECENT, ROUNDS, LEVEL = 2000, 1500, 300, 100, 0.05
Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Labels(NamedTuple):
    """What came of label shift: accuracies before and after, and shares of classes as they were estimated."""

    before: float
    black_box: float
    maximised: float
    shares: dict[str, Doubles]
    p_value: float


class Covariates(NamedTuple):
    """What came of covariate shift: accuracies, the rows of both kinds, and both models."""

    before: float
    after: float
    old: Doubles
    new: Doubles
    plain: Logistic
    weighed: Logistic
    effective: float
    p_value: float


class Concept(NamedTuple):
    """What came of concept shift: accuracies on later rows, the alarm's row, and errors along the stream.

    `renewed` are those that are left from where another model took over.
    """

    before: float
    after: float
    errors: Flags
    renewed: Flags
    alarm: int
    p_value: float
    features: float  # p-value of the test of features, which has nothing to see


def run(study: Study) -> dict[str, float]:
    """Shift classes, then features, then what features mean; then nothing, many times."""
    generator = np.random.default_rng(study.seed)
    labels, covariates = label_shift(generator), covariate_shift(generator)
    concept = concept_shift(generator)
    alarms = false_alarms(generator)
    study.note(
        f"label shift: accuracy {labels.before:.3f}, {labels.black_box:.3f} with black-box weights, "
        f"{labels.maximised:.3f} with expectation-maximisation"
    )
    study.note(
        f"covariate shift: accuracy {covariates.before:.3f}, {covariates.after:.3f} with weighted rows: "
        f"{ROWS} of them, worth {covariates.effective:.0f} of equal weight"
    )
    study.note(
        f"concept shift: accuracy {concept.before:.3f}, {concept.after:.3f} learnt anew from {RECENT} rows; "
        f"p-value of errors {concept.p_value:.2g}, of features, which did not change, {concept.features:.2g}"
    )
    study.note("false alarms: " + ", ".join(f"{name} {share:.2f}" for name, share in alarms.items()))

    def paint(figure: Figure) -> None:
        first, second, third = figure.subplots(1, 3)
        _draw_shares(first, labels.shares)
        _draw_lines(second, covariates)
        _draw_stream(third, concept)

    study.draw("dataset-shift", paint, size=(13, 4))
    estimates = [labels.shares[name] for name in ("black box", "EM")]
    return {
        "label shift: accuracy won back by black-box weights": labels.black_box - labels.before,
        "label shift: accuracy won back by expectation-maximisation": labels.maximised - labels.before,
        "label shift: largest error of the new shares": max(
            float(np.abs(shares - labels.shares["new"]).max()) for shares in estimates
        ),
        "covariate shift: accuracy won back by weighted rows": covariates.after - covariates.before,
        "concept shift: accuracy won back by recent rows": concept.after - concept.before,
        "concept shift: rows until the alarm": concept.alarm - STREAM + 1,
        "largest p-value of the test made for each shift": max(
            labels.p_value, covariates.p_value, concept.p_value
        ),
        "largest share of false alarms at 5 %, of 100 draws": max(alarms.values()),
    }


def draw_classes(generator: np.random.Generator, shares: Doubles, *, count: int) -> tuple[Doubles, Longs]:
    """Rows (count, 2) of three round clouds that overlap, as frequent as `shares`, and their classes."""
    centres = np.array([[0.0, 0.0], [2.0, 0.0], [1.0, 1.5]])
    classes = generator.choice(3, count, p=shares).astype(np.int64)
    return centres[classes] + generator.normal(size=(count, 2)), classes


def label_shift(generator: np.random.Generator) -> Labels:
    """The rare class becomes the usual one. What is known of new rows: the features."""
    model: GaussianClassifier = fit_gaussians(*draw_classes(generator, OLD, count=ROWS))
    held, held_classes = draw_classes(generator, OLD, count=ROWS)
    rows, classes = draw_classes(generator, NEW, count=ROWS)
    likely = model.probabilities(rows)
    answers, new_answers = model.classes(held), likely.argmax(1)
    weights = class_weights(held_classes, answers, new_answers=new_answers, size=3)
    shares = shifted_priors(likely, model.priors)

    def accuracy(probabilities: Doubles) -> float:
        return float(np.mean(probabilities.argmax(1) == classes))

    true = np.bincount(classes) / len(classes)
    return Labels(
        accuracy(likely),
        accuracy(corrected(likely, weights)),
        accuracy(corrected(likely, shares / model.priors)),
        {
            "old": OLD,
            "new": true,
            "black box": weights * np.bincount(held_classes) / ROWS,
            "EM": shares,
        },
        answers_test(answers, new_answers),
    )


def covariate_shift(generator: np.random.Generator) -> Covariates:
    """The truth is curved, the model straight: it matters where the rows are. New classes are not known."""
    old, new = generator.normal(-1, 1, (ROWS, 1)), generator.normal(1.5, 0.7, (ROWS, 1))
    old_classes, new_classes = (
        (generator.uniform(size=ROWS) < likely_one(rows[:, 0])).astype(np.int64) for rows in (old, new)
    )
    weights = fit_density_ratio(old, new, quadratic=True).weights(old)
    plain, weighed = fit_logistic(old, old_classes), fit_logistic(old, old_classes, weights=weights)
    before, after = (float(np.mean(model.classes(new) == new_classes)) for model in (plain, weighed))
    p_value = max(domain_test(old, new, generator=generator), float(marginal_tests(old, new).min()))
    return Covariates(before, after, old, new, plain, weighed, effective_rows(weights), p_value)


def likely_one(places: Doubles) -> Doubles:
    """P(class 1) at places along a line: high, low, high."""
    return sigmoid(4 * (places + 1.2) * (places - 1.5))


def concept_shift(generator: np.random.Generator) -> Concept:
    """From row STREAM on the features mean something else. Classes of new rows become known, one by one."""
    rows = generator.normal(size=(3 * STREAM, 2))
    slopes = np.where((np.arange(len(rows)) < STREAM)[:, None], [2.0, 2.0], [2.0, -2.0])
    classes = (generator.uniform(size=len(rows)) < sigmoid((rows * slopes).sum(1))).astype(np.int64)
    learnt = slice(0, STREAM // 2)
    model = fit_logistic(rows[learnt], classes[learnt])
    errors = model.classes(rows) != classes
    usual = float(errors[STREAM // 2 : STREAM - STREAM // 4].mean())
    watched = STREAM - STREAM // 4
    found = ErrorAlarm(usual, min(2 * usual, 0.9), rows=10_000).first(errors[watched:])
    alarm = len(rows) - RECENT - 1 if found is None else min(watched + found, len(rows) - RECENT - 1)
    recent, later = slice(alarm, alarm + RECENT), slice(alarm + RECENT, len(rows))
    renewed = fit_logistic(rows[recent], classes[recent])
    left = renewed.classes(rows[later]) != classes[later]
    return Concept(
        float(1 - errors[later].mean()),
        float(1 - left.mean()),
        errors,
        left,
        alarm,
        rise_test(errors[STREAM // 2 : watched], errors[recent]),
        domain_test(rows[STREAM // 2 : watched], rows[recent], generator=generator),
    )


def false_alarms(generator: np.random.Generator) -> dict[str, float]:
    """By test, the share of draws without any shift in which its p-value is at most LEVEL."""
    model = fit_gaussians(*draw_classes(generator, OLD, count=ROWS))
    counts = dict.fromkeys(("domain classifier", "Kolmogorov-Smirnov", "answers", "errors"), 0)
    for _ in range(ROUNDS):
        (old, old_classes), (new, new_classes) = (draw_classes(generator, OLD, count=120) for _ in range(2))
        answers, new_answers = model.classes(old), model.classes(new)
        values = (
            domain_test(old, new, generator=generator, permutations=99),
            marginal_tests(old, new).min(),
            answers_test(answers, new_answers),
            rise_test(answers != old_classes, new_answers != new_classes),
        )
        for name, value in zip(counts, values, strict=True):
            counts[name] += value <= LEVEL
    return {name: count / ROUNDS for name, count in counts.items()}


def _draw_shares(axes: Axes, shares: dict[str, Doubles]) -> None:
    for place, (name, heights) in enumerate(shares.items()):
        axes.bar(np.arange(3) + 0.2 * (place - 1.5), heights, width=0.18, label=name)
    axes.set(xlabel="class", ylabel="share", title="Label shift: shares of classes", xticks=range(3))
    axes.legend()


def _draw_lines(axes: Axes, made: Covariates) -> None:
    side = np.linspace(-4, 4, 200)
    bins = np.linspace(-4, 4, 41).tolist()
    for rows, name in ((made.old, "old rows"), (made.new, "new rows")):
        axes.hist(rows[:, 0], bins=bins, density=True, alpha=0.3, label=name)
    axes.plot(side, likely_one(side), color="black", linestyle=":", label="truth")
    axes.plot(side, made.plain.probabilities(side[:, None]), label="learnt as they are")
    axes.plot(side, made.weighed.probabilities(side[:, None]), label="learnt weighted")
    axes.set(xlabel="x", ylabel="P(class 1), density of rows", title="Covariate shift: a straight model")
    axes.set_ylim(0, 1.5)
    axes.legend(loc="upper center", ncols=2)


def _draw_stream(axes: Axes, made: Concept) -> None:
    width, total = 100, len(made.errors)
    for errors, name in ((made.errors, "the model as it was"), (made.renewed, "learnt anew")):
        means = np.convolve(errors, np.full(width, 1 / width), mode="valid")
        axes.plot(np.arange(total - len(means) + 1, total + 1), means, label=name)
    axes.axvline(STREAM, color="grey", linestyle=":", label="the concept shifts")
    axes.axvline(made.alarm, color="tab:red", label="alarm")
    axes.set(xlabel="row", ylabel=f"share of errors in {width} rows", title="Concept shift: errors")
    axes.set_ylim(0, 0.95)
    axes.legend(loc="upper right", ncols=2, framealpha=1)  # the lines would cross its words
