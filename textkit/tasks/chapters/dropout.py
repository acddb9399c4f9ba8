"""Dropout and early stopping: what they do where there are few examples, and some of them wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.nn.functional import cross_entropy

from textkit.models.dropout import InvertedDropout
from textkit.models.perceptrons.multilayer import MultilayerPerceptron
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.judging import accuracy
from textkit.tasks.chapters.small_digits import flat_digits
from textkit.tasks.chapters.study import Study
from textkit.train.fit import Examples, fit, mean_loss

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CARD = Card(
    title="Dropout and early stopping",
    title_zh="丢弃法与提前停止",
    claim=(
        "A network that is large for 300 digits, three in ten of them labelled wrongly, learns them all by "
        "heart and errs on others. Dropout of half the units helps; so does stopping when a validation set "
        "gets worse; and so do both together."
    ),
    facts=(
        Fact("training error, as in the book", 0.02, "<="),
        Fact("held-out error less training error", 0.1, ">="),
        Fact("held-out error that dropout takes away", 0.04, ">="),
        Fact("held-out error that early stopping takes away", 0.04, ">="),
        Fact("held-out error that both take away", 0.04, ">="),
        # 1 and four standard deviations, sqrt(p / (1 - p) / draws) = 0.01, of the mean.
        Fact("mean of what dropout makes of 1, in training", 1.0, tolerance=0.04),
        Fact("most that dropout changes in evaluation", 0.0),
    ),
    source="Srivastava et al. 2014, JMLR 15; Prechelt 1998 (early stopping)",
    seconds=6,
    data_text="scikit-learn's 8x8 digits: 300 to learn from, 300 for validation, a fifth held out at random",
)
COUNT, WRONG, SHARE = 300, 0.3, 0.5
EPOCHS, BATCH, PATIENCE = 60, 50, 8


class Trained(NamedTuple):
    """Shares of digits that are wrong, the epoch whose weights are judged, the validation loss of each."""

    training: float
    held_out: float
    epoch: int
    losses: list[float]


class Digits(NamedTuple):
    """What is learnt, what stops, both with wrong labels among them, and what judges, with right ones."""

    train: Examples
    valid: Examples
    test: Examples


def run(study: Study) -> dict[str, float]:
    """Train one network four ways: plain, with dropout, with early stopping, with both."""
    numbers = torch.Generator().manual_seed(study.seed)
    dropped = InvertedDropout(SHARE)(torch.ones(10_000))
    unchanged = InvertedDropout(SHARE).eval()(torch.ones(10_000))

    digits = read(study.seed, numbers)
    plain = learn(digits, study.seed)
    ways = {
        "plain": plain,
        "dropout": learn(digits, study.seed, dropout=SHARE),
        "early stopping": learn(digits, study.seed, patience=PATIENCE),
        "both": learn(digits, study.seed, dropout=SHARE, patience=PATIENCE),
    }
    for name, way in ways.items():
        study.note(
            f"{name}: training error {way.training:.3f} (of labels with the wrong ones among them), "
            f"held-out error {way.held_out:.3f}, weights of epoch {way.epoch}"
        )

    def paint(figure: Figure) -> None:
        errors, losses = figure.subplots(1, 2)
        _bars(errors, ways)
        for name, way in ways.items():
            losses.plot(range(1, len(way.losses) + 1), way.losses, label=name)
        losses.set(xlabel="epoch", ylabel="validation loss", title="Loss on the validation set")
        losses.grid(alpha=0.3)
        losses.legend()

    study.draw("dropout", paint, size=(9, 3.8))
    return {
        "training error, as in the book": plain.training,
        "held-out error less training error": plain.held_out - plain.training,
        "held-out error that dropout takes away": plain.held_out - ways["dropout"].held_out,
        "held-out error that early stopping takes away": plain.held_out - ways["early stopping"].held_out,
        "held-out error that both take away": plain.held_out - ways["both"].held_out,
        "mean of what dropout makes of 1, in training": float(dropped.mean()),
        "most that dropout changes in evaluation": float((unchanged - 1).abs().max()),
    }


def read(seed: int, numbers: torch.Generator) -> Digits:
    """Few digits, with a wrong class for some of what is learnt and of what stops."""
    (pixels, classes), unseen = flat_digits(seed)
    order = torch.randperm(len(pixels), generator=numbers)[: 2 * COUNT]
    wrong = torch.rand(2 * COUNT, generator=numbers) < WRONG
    shift = torch.randint(1, 10, (2 * COUNT,), generator=numbers)
    few, labels = pixels[order], (classes[order] + shift * wrong) % 10
    return Digits((few[:COUNT], labels[:COUNT]), (few[COUNT:], labels[COUNT:]), unseen)


def learn(digits: Digits, seed: int, *, dropout: float = 0.0, patience: int | None = None) -> Trained:
    """Train anew, the same start each time; without patience to the end, whose weights are then judged."""
    torch.manual_seed(seed)  # the start, and dropout
    network, losses = MultilayerPerceptron([64, 128, 128, 10], dropout=dropout), []

    def watch(step: int) -> None:
        if step % (COUNT // BATCH) == 0:
            losses.append(mean_loss(network, cross_entropy, examples=digits.valid))

    curve = fit(
        network,
        cross_entropy,
        examples=digits.train,
        optimizer=torch.optim.Adam(network.parameters(), lr=0.003),
        epochs=EPOCHS,
        batch_size=BATCH,
        seed=seed,
        valid=digits.valid if patience else None,
        patience=patience,
        watch=watch,
    )
    training, held_out = (1 - accuracy(network, examples) for examples in (digits.train, digits.test))
    return Trained(training, held_out, curve.best_epoch, losses)


def _bars(axes: Axes, ways: dict[str, Trained]) -> None:
    for offset, what in ((-0.2, "training, labels as given"), (0.2, "held out")):
        heights = [way.held_out if what == "held out" else way.training for way in ways.values()]
        drawn = axes.bar([place + offset for place in range(len(ways))], heights, width=0.4, label=what)
        axes.bar_label(drawn, fmt="{:.0%}", fontsize=8)
    axes.set(ylabel="error", title="Digits that are wrong", xticks=range(len(ways)), xticklabels=list(ways))
    axes.legend()
