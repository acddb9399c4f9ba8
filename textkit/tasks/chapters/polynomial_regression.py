"""Polynomial regression: underfitting, overfitting, and an error that was chosen for being small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from textkit.data.splits import k_fold
from textkit.models.regression.linear import Doubles, mean_squared_error
from textkit.models.regression.polynomial import Polynomial, fit_polynomial
from textkit.models.regression.selection import Rows, cross_validate, errors_by
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DEGREES = (1, 2, 3, 4, 5)
ROWS, DRAWS, NOISE = 10, 400, 0.2

CARD = Card(
    title="Polynomial regression",
    title_zh="多项式回归与模型选择",
    claim="With the degree the error on the rows learnt from only falls, while the error on others falls "
    "and then turns up: a cubic is found, a fifth degree is much worse. The test error by which a degree "
    "was chosen is too good to be true; one that chose nothing is not.",
    facts=(
        # Zero but for rounding: a higher degree can do whatever a lower one does.
        Fact("largest rise of the training error with the degree", 1e-12, "<="),
        Fact("degree of the least test error", 3),
        Fact("test error, degree 1 over 3", 2.0, ">="),
        Fact("test error, degree 5 over 3", 1.5, ">="),
        # The mean of a ratio that ten rows give varies by 0.45 from draw to draw, so here by about 0.02.
        Fact("as in the book: claimed error over the real one", 0.95, "<="),
        Fact("as one should: claimed error over the real one", 1.0, tolerance=0.1),
    ),
    source="Lee Hung-yi, Machine learning, lectures 1 and 2 (Regression; Where does the error come from?)",
    seconds=4,
    data_text=f"{DRAWS} draws of {ROWS} rows to learn from and {ROWS} to test on, y = x^2 - 2x^3 and noise",
)


def run(study: Study) -> dict[str, float]:
    """Degrees 1 to 5 on many draws: errors by degree, and what choosing among them does to an error."""
    generator = np.random.default_rng(study.seed)
    everyone = _draw(generator, 5000)  # as good as all rows there could be: the real error
    folds = list(k_fold(ROWS, 5, seed=study.seed))
    train_errors, test_errors, book, honest = [], [], [], []
    first: tuple[Rows, Rows] | None = None
    for _ in range(DRAWS):
        train, test = _draw(generator, ROWS), _draw(generator, ROWS)
        first = first or (train, test)
        seen, unseen = errors_by(_fit, DEGREES, train=train, held_out=test)
        train_errors.append(seen)
        test_errors.append(unseen)
        # The book looks at the test errors, and takes the least; one should choose without them.
        book.append(unseen.min() / _error(train, DEGREES[int(unseen.argmin())], everyone))
        chosen = cross_validate(_fit, DEGREES, rows=train, folds=folds).best
        honest.append(unseen[DEGREES.index(chosen)] / _error(train, chosen, everyone))
    falls, turn = np.array(train_errors), np.array(test_errors)
    middle = np.median(turn, axis=0)
    for name, errors in (("training", falls), ("test", turn)):
        listed = ", ".join(f"{error:.3f}" for error in np.median(errors, axis=0))
        study.note(f"median {name} error, degrees 1 to 5: {listed}")
    if first is not None:
        drawn = first
        study.draw("polynomial-regression", lambda figure: _paint(figure, drawn, falls, turn), size=(9, 4.2))
    return {
        "largest rise of the training error with the degree": float(np.diff(falls, axis=1).max()),
        "degree of the least test error": DEGREES[int(middle.argmin())],
        "test error, degree 1 over 3": float(middle[0] / middle[2]),
        "test error, degree 5 over 3": float(middle[4] / middle[2]),
        "as in the book: claimed error over the real one": float(np.mean(book)),
        "as one should: claimed error over the real one": float(np.mean(honest)),
    }


def _truth(values: Doubles) -> Doubles:
    return values**2 - 2 * values**3


def _draw(generator: np.random.Generator, rows: int) -> Rows:
    values = generator.uniform(-1, 1, rows)
    return values, _truth(values) + NOISE * generator.normal(size=rows)


def _fit(degree: int, values: Doubles, targets: Doubles) -> Polynomial:
    return fit_polynomial(values, targets, degree=degree)


def _error(train: Rows, degree: int, rows: Rows) -> float:
    return mean_squared_error(_fit(degree, *train).predictions(rows[0]), rows[1])


def _paint(figure: Figure, first: tuple[Rows, Rows], falls: Doubles, turn: Doubles) -> None:
    """The first draw with its five curves, and the errors of all draws by degree."""
    curves, errors = figure.subplots(1, 2)
    train, test = first
    span = np.linspace(-1, 1, 200)
    for degree in DEGREES:
        style = "--" if degree == DEGREES[-1] else "-"  # it may lie on the one before
        curves.plot(
            span, _fit(degree, *train).predictions(span), style, linewidth=1, label=f"degree {degree}"
        )
    curves.plot(span, _truth(span), ":", color="black", label="truth")
    curves.plot(*train, "o", color="black", label="training")
    curves.plot(*test, "o", color="black", markerfacecolor="white", label="test")
    curves.set(xlabel="x", ylabel="y", ylim=(-2, 4), title="One draw of ten rows, and ten to test on")
    curves.legend(fontsize=8, loc="upper right")

    for name, each, colour in (("training", falls, "tab:blue"), ("test", turn, "tab:red")):
        low, middle, high = np.quantile(each, [0.25, 0.5, 0.75], axis=0)
        errors.plot(DEGREES, middle, "o-", color=colour, label=name)
        errors.fill_between(DEGREES, low, high, color=colour, alpha=0.15)
    errors.axhline(NOISE**2, color="grey", linestyle=":", label="noise")
    errors.set(
        xlabel="degree",
        ylabel="mean squared error",
        yscale="log",
        title=f"{DRAWS} draws: median and quartiles",
    )
    errors.set_xticks(DEGREES)
    errors.legend()
