"""How many bicycles will be rented in an hour, from its weather and its place in the calendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from textkit.data.scaling import Standardiser
from textkit.data.table import Doubles
from textkit.errors import InputError
from textkit.models.perceptrons.multilayer import MultilayerPerceptron
from textkit.models.regression.ridge import ridge_path
from textkit.models.schedules import Schedule, constant, cosine
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.rental_inputs import HourlyRentals
from textkit.tasks.chapters.study import Study
from textkit.train.fit import fit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HELD_OUT = 21 * 24
PENALTIES = [10.0**power for power in range(-6, 2)]
# Chosen on stretches of 21 days before the held-out one, but for the number of networks, tried on none.
NETWORKS, HIDDEN, EPOCHS, BATCH, RATE = 3, 64, 20, 256, 3e-3
# The book goes 1,000 epochs at a rate of 0.01: a tenth of them at ten times the rate go as far.
BOOK_HIDDEN, BOOK_EPOCHS, BOOK_BATCH, BOOK_RATE = 10, 100, 128, 0.1


def mean(rentals: HourlyRentals, seed: int) -> Doubles:  # noqa: ARG001
    """The mean of the training rows, whatever the hour."""
    return np.full(rentals.held_out, rentals.counts[rentals.train].mean())


def last_week(rentals: HourlyRentals, seed: int) -> Doubles:  # noqa: ARG001
    """What the same hour had seven days before."""
    return rentals.last_week()[rentals.test]


def ridge(rentals: HourlyRentals, seed: int) -> Doubles:  # noqa: ARG001
    """Ridge regression on the book's inputs; the penalty is the best for the last training days."""
    earlier = rentals.earlier()
    errors = [rmse(guess, earlier.counts[earlier.test]) for guess in _ridge(earlier, PENALTIES)]
    return _ridge(rentals, [PENALTIES[int(np.argmin(errors))]])[0]


def _ridge(rentals: HourlyRentals, penalties: list[float]) -> list[Doubles]:
    inputs = rentals.book_inputs(rentals.train)
    path = ridge_path(inputs[rentals.train], rentals.counts[rentals.train], penalties=penalties)
    return [model.predictions(inputs[rentals.test]) for model in path]


def book(
    rentals: HourlyRentals,
    seed: int,
    *,
    scaled_on: slice | None = None,
    epochs: int = BOOK_EPOCHS,
    rate: float = BOOK_RATE,
) -> Doubles:
    """The book's network: ten sigmoid units, plain gradient descent on minibatches, standardised rentals.

    The book scales inputs and rentals on all rows; `scaled_on` says on which, the training rows if None.
    """
    rows = rentals.train if scaled_on is None else scaled_on
    inputs, scaler = rentals.book_inputs(rows), Standardiser.fit(rentals.counts[rows, None])
    network = MultilayerPerceptron([inputs.shape[1], BOOK_HIDDEN, 1], "sigmoid", generator=_generator(seed))
    scaled = _learn(
        network,
        inputs,
        scaler.transform(rentals.counts[:, None]),
        rentals,
        optimizer=torch.optim.SGD(network.parameters(), lr=rate),
        epochs=epochs,
        batch=BOOK_BATCH,
        seed=seed,
    )
    return scaler.inverse(scaled)[:, 0]


def book_leaking(rentals: HourlyRentals, seed: int) -> Doubles:
    """The same with the scales of all rows, the held-out ones too, as in the book."""
    return book(rentals, seed, scaled_on=slice(None))


def ours(
    rentals: HourlyRentals,
    seed: int,
    *,
    last_week: bool = False,
    weeks: bool = True,
    networks: int = NETWORKS,
) -> Doubles:
    """A hidden layer of relu units that learns the root of the rentals; what several such say, averaged.

    The root gives counts about the same spread whatever their size (Bartlett 1936, The square root
    transformation in analysis of variance), so that an error at night counts as one at noon. Networks from
    different starts err differently, so that their mean errs less (Hansen and Salamon 1990, Neural network
    ensembles).
    """
    inputs = rentals.inputs(last_week=last_week, weeks=weeks)
    seeds = np.random.SeedSequence(seed).generate_state(networks)
    said = [_roots_learnt(rentals, inputs, seed=int(each)) for each in seeds]
    return np.asarray(np.mean(said, axis=0))


def _roots_learnt(rentals: HourlyRentals, inputs: Doubles, *, seed: int) -> Doubles:
    """What one network that learns the root of the rentals says of the held-out ones, (O,)."""
    roots = np.sqrt(rentals.counts[:, None])
    scaler = Standardiser.fit(roots[rentals.train])
    network = MultilayerPerceptron(
        [inputs.shape[1], HIDDEN, 1], "relu", initialisation="xavier", generator=_generator(seed)
    )
    scaled = _learn(
        network,
        inputs,
        scaler.transform(roots),
        rentals,
        optimizer=torch.optim.Adam(network.parameters(), lr=RATE),
        epochs=EPOCHS,
        batch=BATCH,
        seed=seed,
        schedule=cosine,
    )
    return np.maximum(scaler.inverse(scaled)[:, 0], 0) ** 2


def ours_with_last_week(rentals: HourlyRentals, seed: int) -> Doubles:
    """The same, told what the same hour had seven days before."""
    return ours(rentals, seed, last_week=True)


PREDICTORS: dict[str, Callable[[HourlyRentals, int], Doubles]] = {
    "the mean": mean,
    "last week": last_week,
    "ridge": ridge,
    "the book's network": book,
    "the book's, scaled on all rows": book_leaking,
    "ours": ours,
    "ours with last week": ours_with_last_week,
}

CARD = Card(
    title="Bicycle rentals",
    title_zh="共享单车租用量预测",
    claim=(
        "From calendar and weather small networks predict the rentals of the 21 days to come better than "
        "the mean, last week, ridge regression and the book's network of ten sigmoid units."
    ),
    facts=(
        Fact("RMSE of the mean / ours", 2.0, ">="),
        Fact("RMSE of last week / ours", 1.5, ">="),
        Fact("RMSE of ridge / ours", 1.3, ">="),
        Fact("RMSE of the book's network / ours", 1.1, ">="),
        Fact("RMSE of the book's network scaled on all rows / on training rows", 1.0, tolerance=0.15),
        Fact("RMSE of last week / ours told of last week", 1.2, ">="),
    ),
    source="集智俱乐部 2019, 深度学习原理与PyTorch实战, chapter 3; Fanaee-T and Gama 2014 for the table",
    seconds=12,
    data="table",
    corpus="rentals",
    data_text="292 days of an invented service; the UCI table of hourly rentals is read as well",
)


def run(study: Study) -> dict[str, float]:
    """Predict the last 21 days by every predictor; errors are in rentals an hour."""
    if len(study.table) < 3 * HELD_OUT:  # the penalty of ridge is chosen on hours before those held out
        raise InputError(
            f"{len(study.table):,} hours are too few to hold out {HELD_OUT} twice; "
            f"give at least {3 * HELD_OUT:,}"
        )
    rentals = HourlyRentals(study.table, HELD_OUT)
    truth = rentals.counts[rentals.test]
    guesses = {name: predict(rentals, study.seed) for name, predict in PREDICTORS.items()}
    errors = {name: rmse(guess, truth) for name, guess in guesses.items()}
    study.note(f"learnt from {len(study.table) - HELD_OUT:,} hours, judged on the last {HELD_OUT}")
    for name, guess in guesses.items():
        study.note(f"{name}: RMSE {errors[name]:.1f}, MAE {np.abs(guess - truth).mean():.1f} rentals an hour")
    study.note("casual and registered riders were not looked at: they sum to the answer")
    study.draw("bicycle-rentals", lambda figure: _paint(figure, truth, guesses, errors), size=(8.0, 6.4))
    best = errors["ours"]
    return {
        "RMSE of the mean / ours": errors["the mean"] / best,
        "RMSE of last week / ours": errors["last week"] / best,
        "RMSE of ridge / ours": errors["ridge"] / best,
        "RMSE of the book's network / ours": errors["the book's network"] / best,
        "RMSE of the book's network scaled on all rows / on training rows": (
            errors["the book's, scaled on all rows"] / errors["the book's network"]
        ),
        "RMSE of last week / ours told of last week": errors["last week"] / errors["ours with last week"],
    }


def rmse(guess: Doubles, truth: Doubles) -> float:
    """The root of the mean squared error, in the unit of the truth.

    >>> rmse(np.array([1.0, 7.0]), np.array([1.0, 1.0]))
    4.242640687119285
    """
    return float(np.sqrt(np.mean((guess - truth) ** 2)))


def _learn(
    network: nn.Module,
    inputs: Doubles,
    targets: Doubles,
    rentals: HourlyRentals,
    *,
    optimizer: torch.optim.Optimizer,
    epochs: int,
    batch: int,
    seed: int,
    schedule: Schedule = constant,
) -> Doubles:
    """Learn from the training rows; what the network then gives for the held-out ones, (O, 1)."""
    rows, wanted = torch.from_numpy(inputs).float(), torch.from_numpy(targets).float()
    fit(
        network,
        nn.functional.mse_loss,
        examples=(rows[rentals.train], wanted[rentals.train]),
        optimizer=optimizer,
        epochs=epochs,
        batch_size=batch,
        seed=seed,
        schedule=schedule,
    )
    network.eval()
    with torch.no_grad():
        return np.asarray(network(rows[rentals.test]).double().numpy())


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _paint(
    figure: Figure, truth: Doubles, guesses: Mapping[str, Doubles], errors: Mapping[str, float]
) -> None:
    above, below = figure.subplots(2, height_ratios=(3, 2))
    days = np.arange(len(truth)) / 24
    above.plot(days, truth, color="black", linewidth=0.9, label="rentals")
    for name in ("the book's network", "ours"):
        above.plot(days, guesses[name], linewidth=0.9, label=name)
    above.set(xlabel="day of the 21 held out", ylabel="rentals an hour", title="Bicycle rentals")
    above.margins(x=0)
    above.set_ylim(top=1.25 * max(guess.max() for guess in (truth, *guesses.values())))  # room for the names
    above.legend(loc="upper right", ncols=3)
    names = list(errors)[::-1]
    bars = below.barh(names, [errors[name] for name in names])
    below.bar_label(bars, fmt="%.1f", padding=3)
    below.margins(x=0.1)
    below.set_xlabel("root mean squared error, rentals an hour")
