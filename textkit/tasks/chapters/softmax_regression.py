"""Softmax regression on small handwritten digits: ten probabilities, and a picture of what each looks for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import cross_entropy as torch_cross_entropy

from textkit.models.classification.softmax import Softmax, cross_entropy, score_gradient, softmax
from textkit.models.classification.units import SoftmaxUnits
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.small_digits import hold_out_a_fifth, read_small_digits
from textkit.tasks.chapters.study import Study
from textkit.train.fit import fit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CARD = Card(
    title="Softmax regression",
    title_zh="softmax 回归",
    claim=(
        "Rows of the softmax sum to one, its gradient at the scores is p minus y, and a model that knows "
        "nothing costs ln 10. One linear map reads most 8x8 digits, but fewer of the last in the file, which "
        "other hands seem to have written."
    ),
    facts=(
        Fact("largest distance of a row's sum from one", 0.0, tolerance=1e-12),
        Fact("largest difference of p - y from autograd", 0.0, tolerance=1e-12),
        Fact("loss before learning", math.log(10), tolerance=1e-9),
        Fact("accuracy on training rows, as in the book", 0.975, ">="),
        Fact("accuracy on rows held out at random", 0.94, ">="),
        Fact("accuracy on the last rows, as one should", 0.87, ">="),
    ),
    source="Bishop 2006, section 4.3.4; Goodfellow, Bengio and Courville 2016, section 6.2.2.3",
    seconds=8,
    data_text="scikit-learn's bundled 8x8 digits, 1,797 rows, it seems in the order of writing",
)
EPOCHS, BATCH = 20, 64
Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


class Reached(NamedTuple):
    """A model, and its accuracy on the rows learnt from and on those held out."""

    model: Softmax
    training: float
    held: float


def run(study: Study) -> dict[str, float]:
    """Check the formulas on scores drawn at random, then learn digits, held out in two ways."""
    generator = np.random.default_rng(study.seed)
    scores, drawn = generator.normal(0, 20, (500, 10)), generator.integers(0, 10, 500)
    tensor = torch.tensor(scores, requires_grad=True)
    (slopes,) = torch.autograd.grad(
        torch_cross_entropy(tensor, torch.tensor(drawn), reduction="sum"), [tensor]
    )

    images = read_small_digits()
    pixels, digits = images.scaled().reshape(len(images), -1).astype(np.float64), images.classes
    untaught = Softmax(np.zeros((64, 10)), np.zeros(10))
    train, test = hold_out_a_fifth(images, seed=study.seed)
    ordered = np.arange(len(digits)) < int(0.8 * len(digits))
    random = learn(pixels, digits, train=train, test=test, seed=study.seed)
    others = learn(
        pixels, digits, train=np.flatnonzero(ordered), test=np.flatnonzero(~ordered), seed=study.seed
    )
    study.note(
        f"held out at random {random.held:.3f}, the last fifth {others.held:.3f}: rows seem to stand in the "
        "order of writing, so rows at random are by hands whose other digits were learnt from"
    )

    def paint(figure: Figure) -> None:
        figure.suptitle("What each digit's score is raised (red) and lowered (blue) by")
        most = np.abs(random.model.weights).max()
        for digit, axes in enumerate(figure.subplots(2, 5).flat):
            axes.imshow(random.model.weights[:, digit].reshape(8, 8), cmap="RdBu_r", vmin=-most, vmax=most)
            axes.set_title(str(digit))
            axes.axis("off")

    study.draw("softmax-regression", paint, size=(7, 3.6))
    return {
        "largest distance of a row's sum from one": float(np.abs(softmax(scores).sum(1) - 1).max()),
        "largest difference of p - y from autograd": float(
            np.abs(score_gradient(scores, drawn) - slopes.numpy()).max()
        ),
        "loss before learning": float(cross_entropy(untaught.scores(pixels), digits).mean()),
        "accuracy on training rows, as in the book": random.training,
        "accuracy on rows held out at random": random.held,
        "accuracy on the last rows, as one should": others.held,
    }


def learn(pixels: Doubles, digits: Longs, *, train: Longs, test: Longs, seed: int) -> Reached:
    """Softmax regression in minibatches of the rows `train`."""
    units = SoftmaxUnits(pixels.shape[1], 10)
    fit(
        units,
        torch_cross_entropy,
        examples=(torch.tensor(pixels[train], dtype=torch.float32), torch.tensor(digits[train])),
        optimizer=torch.optim.SGD(units.parameters(), lr=0.3, momentum=0.9),
        epochs=EPOCHS,
        batch_size=BATCH,
        seed=seed,
    )
    model = units.learnt()
    training, held = (float(np.mean(model.classes(pixels[rows]) == digits[rows])) for rows in (train, test))
    return Reached(model, training, held)
