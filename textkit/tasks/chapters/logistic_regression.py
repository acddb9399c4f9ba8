"""Logistic regression on a table of thirty columns: minibatches, a penalty, and which figure to believe."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, TensorDataset

from textkit.data.row_batches import RowBatches
from textkit.data.scaling import Standardiser
from textkit.data.splits import k_fold, split
from textkit.models.classification.logistic import Logistic, binary_cross_entropy, fit_logistic, sigmoid
from textkit.models.classification.units import LogisticUnit
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.study import Study
from textkit.train.fit import fit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CARD = Card(
    title="Logistic regression",
    title_zh="逻辑回归",
    claim=(
        "Minibatches reach what Newton's method reaches. With hardly any penalty nearly all rows learnt from "
        "are right, which says little of others; a penalty chosen by cross-validation does better on these."
    ),
    facts=(
        Fact("objective of minibatches minus Newton's", 0.0, tolerance=0.002),
        Fact("weights by torch's DataLoader, furthest from ours", 0.0, tolerance=1e-6),
        Fact("accuracy on training rows, as in the book", 0.975, ">="),
        Fact("accuracy on held-out rows, as one should", 0.945, ">="),
        Fact("held-out loss over training loss, hardly any penalty", 3.0, ">="),
        Fact("held-out loss that the penalty saves", 0.02, ">="),
    ),
    source="Bishop 2006, section 4.3; binary cross-entropy on a table of several features, in minibatches",
    seconds=6,
    data_text="scikit-learn's bundled breast-cancer table, 569 rows of 30 columns: a third to learn from",
)
PENALTIES = (1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
FOLDS, EPOCHS, BATCH = 5, 60, 32
Doubles = npt.NDArray[np.float64]


class Rows(NamedTuple):
    """Standardised features (B, F), and classes (B,)."""

    features: Doubles
    classes: npt.NDArray[np.int64]

    def loss(self, model: Logistic) -> float:
        """The mean binary cross-entropy."""
        return float(binary_cross_entropy(model.scores(self.features), self.classes).mean())

    def accuracy(self, model: Logistic) -> float:
        """The share that is right."""
        return float(np.mean(model.classes(self.features) == self.classes))


def run(study: Study) -> dict[str, float]:
    """Learn from a third of the rows, and look at the others."""
    learnt, held = read(study.seed)
    models = [fit_logistic(*learnt, penalty=penalty) for penalty in PENALTIES]
    free = models[0]
    chosen = choose_penalty(learnt, seed=study.seed)
    penalised = models[PENALTIES.index(chosen)]
    unit = by_minibatches(learnt, penalty=chosen, seed=study.seed)
    loaded = by_data_loader(learnt, penalty=chosen, seed=study.seed)

    study.note(f"{FOLDS}-fold cross-validation chose a penalty of {chosen:g}")
    for name, model in (("hardly any", free), ("chosen", penalised)):
        study.note(
            f"penalty {name}: training loss {learnt.loss(model):.3f}, accuracy {learnt.accuracy(model):.3f}; "
            f"held out {held.loss(model):.3f}, {held.accuracy(model):.3f}"
        )

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        scores, shown = held.features @ penalised.weights + penalised.bias, np.linspace(-9, 9, 200)
        left.plot(shown, sigmoid(shown), color="black")
        for each, (colour, name) in enumerate((("tab:red", "malignant"), ("tab:blue", "benign"))):
            here = scores[held.classes == each]
            jitter = np.random.default_rng(study.seed).uniform(-0.04, 0.04, len(here))
            left.scatter(here.clip(-9, 9), each + jitter, s=5, color=colour, alpha=0.4, label=name)
        left.set(xlabel="score x w + b, cut at 9", ylabel="P(benign)", title="Held-out rows and the sigmoid")
        left.legend(loc="center right")
        for rows, name in ((learnt, "training rows"), (held, "held-out rows")):
            right.plot(PENALTIES, [rows.loss(model) for model in models], marker="o", label=name)
        right.axvline(chosen, color="grey", linestyle=":", label="chosen by folds")
        right.set(xscale="log", xlabel="penalty", ylabel="mean cross-entropy", title="What the penalty does")
        right.legend()

    study.draw("logistic-regression", paint, size=(9, 4))
    objectives = [
        learnt.loss(model) + chosen / 2 * float(model.weights @ model.weights) for model in (unit, penalised)
    ]
    return {
        "objective of minibatches minus Newton's": objectives[0] - objectives[1],
        "weights by torch's DataLoader, furthest from ours": float(
            np.abs(loaded.weights - unit.weights).max()
        ),
        "accuracy on training rows, as in the book": learnt.accuracy(free),
        "accuracy on held-out rows, as one should": held.accuracy(penalised),
        "held-out loss over training loss, hardly any penalty": held.loss(free) / learnt.loss(free),
        "held-out loss that the penalty saves": held.loss(free) - held.loss(penalised),
    }


def read(seed: int) -> tuple[Rows, Rows]:
    """The rows to learn from and those held out, equal rows on one side; scaled as the first are spread."""
    from sklearn.datasets import load_breast_cancer

    features, classes = load_breast_cancer(return_X_y=True)
    parts = split(
        len(features),
        {"train": 1 / 3, "test": 2 / 3},
        seed=seed,
        labels=classes.tolist(),
        groups=[row.tobytes() for row in features],
    )
    scaler = Standardiser.fit(features[parts["train"]])
    learnt, held = (Rows(scaler.transform(features[part]), classes[part]) for part in parts.values())
    return learnt, held


def choose_penalty(rows: Rows, *, seed: int) -> float:
    """The penalty with the lowest loss on rows left out in turn."""
    losses = np.zeros(len(PENALTIES))
    for train, test in k_fold(len(rows.classes), FOLDS, seed=seed, labels=rows.classes.tolist()):
        inside, outside = (Rows(rows.features[part], rows.classes[part]) for part in (train, test))
        losses += [outside.loss(fit_logistic(*inside, penalty=penalty)) for penalty in PENALTIES]
    return PENALTIES[int(losses.argmin())]


def by_minibatches(rows: Rows, *, penalty: float, seed: int) -> Logistic:
    """The same model, learnt from a few rows at a time."""
    unit = LogisticUnit(rows.features.shape[1])
    fit(
        unit,
        binary_cross_entropy_with_logits,
        examples=_tensors(rows),
        optimizer=_optimizer(unit),
        epochs=EPOCHS,
        batch_size=BATCH,
        seed=seed,
        penalty=lambda: _penalty(unit, penalty),
        schedule=lambda step, total: 1 - step / total,
    )
    return unit.learnt()


def by_data_loader(rows: Rows, *, penalty: float, seed: int) -> Logistic:
    """The same minibatches by torch's own Dataset and DataLoader, in a loop that is written out."""
    unit = LogisticUnit(rows.features.shape[1])
    batches = RowBatches(len(rows.classes), batch_size=BATCH, seed=seed)
    optimizer, steps = _optimizer(unit), batches.steps(EPOCHS)
    falling = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    dataset = TensorDataset(*_tensors(rows))
    for _ in range(EPOCHS):
        order = [batch.rows.tolist() for batch in batches]
        for features, classes in DataLoader(dataset, batch_sampler=order):
            loss = binary_cross_entropy_with_logits(unit(features), classes) + _penalty(unit, penalty)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            falling.step()
    return unit.learnt()


def _tensors(rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
    features, classes = (torch.tensor(part, dtype=torch.float32) for part in rows)
    return features, classes


def _optimizer(unit: LogisticUnit) -> torch.optim.Optimizer:
    return torch.optim.SGD(unit.parameters(), lr=0.1, momentum=0.9)


def _penalty(unit: LogisticUnit, penalty: float) -> torch.Tensor:
    return penalty / 2 * (unit.weights**2).sum()
