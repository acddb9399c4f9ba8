"""Regularisation: ridge, lasso and weight decay along lambda."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from textkit.models.regression.lasso import lasso_path
from textkit.models.regression.linear import Doubles, mean_squared_error
from textkit.models.regression.penalties import l2_penalty
from textkit.models.regression.ridge import ridge, ridge_path
from textkit.models.regression.selection import Rows
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.study import Study
from textkit.train.fit import fit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LAMBDAS = tuple(float(penalty) for penalty in 10.0 ** np.arange(1, -4.1, -0.25))  # the largest first
PATHS = {"ridge": ridge_path, "lasso": lasso_path}
ROWS, FEATURES, USED, TEST_ROWS, DRAWS = 60, 40, 5, 1000, 30
DECAY = 0.1

CARD = Card(
    title="Regularisation",
    title_zh="正则化",
    claim="Along lambda the training error only rises, while the error on other rows falls and turns up. The "
    "lasso sets weights to zero, ridge none: where few features count the lasso is better, where all do "
    "ridge is. Under SGD weight decay is the L2 penalty, under Adam it is not.",
    facts=(
        # Zero but for what the lasso's stopping leaves.
        Fact("largest fall of the training error as lambda grows", 1e-6, "<="),
        Fact("test error, smallest lambda over the chosen", 1.2, ">="),
        Fact("test error, largest lambda over the chosen", 1.5, ">="),
        Fact("zeros of 40 weights, ridge", 0),
        Fact("zeros of 40 weights, lasso", 15, ">="),
        Fact("few features count: test error, ridge over lasso", 1.2, ">="),
        Fact("all features count: test error, lasso over ridge", 1.03, ">="),
        Fact("SGD: weight decay from the L2 penalty", 1e-9, "<="),
        Fact("SGD: weight decay from ridge's closed form", 1e-5, "<="),
        Fact("Adam: weight decay from the L2 penalty", 0.01, ">="),
    ),
    source="Lee Hung-yi, Machine learning, lecture 1; Zhang, Lipton, Li and Smola 2023, Dive into deep "
    "learning, 3.7; The elements of statistical learning, 3.4; Loshchilov and Hutter 2019, arXiv:1711.05101",
    seconds=8,
    data_text=f"{DRAWS} draws of {ROWS} rows with {FEATURES} features, of which {USED} or all count",
)


@dataclass(frozen=True, eq=False)
class _Path:
    """Along LAMBDAS: weights (L, F), and errors (L,) on rows learnt from, chosen by and held out."""

    weights: Doubles
    train: Doubles
    valid: Doubles
    test: Doubles

    @property
    def best(self) -> int:
        """Where the validation error is least."""
        return int(self.valid.argmin())


def run(study: Study) -> dict[str, float]:
    """Both paths on data of two kinds, then weight decay against the penalty, step by step."""
    generator = np.random.default_rng(study.seed)
    few = [_draw_paths(generator, used=USED) for _ in range(DRAWS)]
    every = [_draw_paths(generator, used=FEATURES) for _ in range(DRAWS)]
    both = [paths[name] for paths in few for name in PATHS]
    ridges, lassos = ([paths[name] for paths in few] for name in PATHS)
    study.note(
        "few features count, lambda by validation: "
        + ", ".join(
            f"{name} test error {np.mean([path.test[path.best] for path in each]):.2f}, "
            f"{np.mean([_zeros(path) for path in each]):.0f} zeros"
            for name, each in (("ridge", ridges), ("lasso", lassos))
        )
    )
    study.draw("regularisation", lambda figure: _paint(figure, few), size=(9, 7))
    return {
        "largest fall of the training error as lambda grows": max(
            float(np.diff(p.train).max()) for p in both
        ),
        "test error, smallest lambda over the chosen": _mean(p.test[-1] / p.test[p.best] for p in both),
        "test error, largest lambda over the chosen": _mean(p.test[0] / p.test[p.best] for p in both),
        f"zeros of {FEATURES} weights, ridge": _mean(_zeros(path) for path in ridges),
        f"zeros of {FEATURES} weights, lasso": _mean(_zeros(path) for path in lassos),
        "few features count: test error, ridge over lasso": _ratio(few, "ridge", "lasso"),
        "all features count: test error, lasso over ridge": _ratio(every, "lasso", "ridge"),
    } | _decay(generator)


def _draw(generator: np.random.Generator, weights: Doubles, *, rows: int) -> Rows:
    features = generator.normal(size=(rows, FEATURES))
    return features, features @ weights + generator.normal(size=rows)


def _draw_paths(generator: np.random.Generator, *, used: int) -> dict[str, _Path]:
    """The paths of ridge and lasso on rows of a truth with `used` weights, all together of length sqrt(5)."""
    weights = np.zeros(FEATURES)
    weights[:used] = generator.choice([-1.0, 1.0], used) * np.sqrt(USED / used)
    train, *others = (_draw(generator, weights, rows=rows) for rows in (ROWS, ROWS, TEST_ROWS))
    paths = {}
    for name, path in PATHS.items():
        models = path(*train, penalties=LAMBDAS)
        errors = [
            np.array([mean_squared_error(model.predictions(rows[0]), rows[1]) for model in models])
            for rows in (train, *others)
        ]
        paths[name] = _Path(np.stack([model.weights for model in models]), *errors)
    return paths


def _zeros(path: _Path) -> int:
    return int(np.count_nonzero(path.weights[path.best] == 0))


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def _ratio(draws: list[dict[str, _Path]], one: str, other: str) -> float:
    """How many times the mean test error of `other` that of `one` is, lambda chosen by validation."""
    first, second = (_mean(paths[name].test[paths[name].best] for paths in draws) for name in (one, other))
    return first / second


def _decay(generator: np.random.Generator) -> dict[str, float]:
    """Weights learnt with decay in the optimiser, and with the penalty in the loss."""
    rows = _draw(generator, np.linspace(-1, 1, FEATURES), rows=4 * ROWS)
    sgd = partial(torch.optim.SGD, lr=0.3)
    decayed, penalised = _trained(rows, sgd, decay=DECAY), _trained(rows, sgd, penalty=DECAY)
    closed = ridge(*rows, penalty=DECAY).weights
    # AdamW takes the decay from the weights themselves; Adam scales the penalty's gradient like any other.
    adam_decayed = _trained(rows, partial(torch.optim.AdamW, lr=0.01), decay=DECAY)
    adam_penalised = _trained(rows, partial(torch.optim.Adam, lr=0.01), penalty=DECAY)
    return {
        "SGD: weight decay from the L2 penalty": float(np.abs(decayed - penalised).max()),
        "SGD: weight decay from ridge's closed form": float(np.abs(decayed - closed).max()),
        "Adam: weight decay from the L2 penalty": float(np.abs(adam_decayed - adam_penalised).max()),
    }


def _trained(
    rows: Rows, optimizer: Callable[..., torch.optim.Optimizer], *, decay: float = 0.0, penalty: float = 0.0
) -> Doubles:
    """The weights, (F,), of a line trained from zero on all rows at once; the bias does not decay."""
    line = nn.Linear(FEATURES, 1, dtype=torch.float64)
    nn.init.zeros_(line.weight)
    nn.init.zeros_(line.bias)
    groups = [{"params": [line.weight], "weight_decay": decay}, {"params": [line.bias], "weight_decay": 0.0}]
    fit(
        line,
        lambda outputs, targets: (outputs - targets).square().mean() / 2,
        examples=(torch.from_numpy(rows[0]), torch.from_numpy(rows[1])[:, None]),
        optimizer=optimizer(groups),
        epochs=150,
        penalty=l2_penalty([line.weight], penalty) if penalty else None,
    )
    return np.array(line.weight.detach().numpy()[0])


def _paint(figure: Figure, draws: list[dict[str, _Path]]) -> None:
    """Above the errors along lambda, below the weights of the first draw: ridge left, lasso right."""
    axes = figure.subplots(2, 2, sharex=True, sharey="row")
    for column, name in enumerate(PATHS):
        above, below = axes[0][column], axes[1][column]
        for part, colour in (("train", "tab:blue"), ("valid", "tab:red")):
            errors = np.array([getattr(paths[name], part) for paths in draws])
            above.plot(
                LAMBDAS,
                errors.mean(0),
                color=colour,
                label={"train": "training", "valid": "validation"}[part],
            )
        above.set(xscale="log", yscale="log", title=f"{name}, mean of {DRAWS} draws")
        first = draws[0][name]
        below.plot(LAMBDAS, first.weights[:, USED:], color="lightgrey", linewidth=0.8)
        below.plot(LAMBDAS, first.weights[:, :USED], linewidth=1.5)
        below.axvline(LAMBDAS[first.best], color="black", linewidth=0.8, linestyle=":")
        below.set(xlabel="lambda", title="one draw's weights; dotted: lambda chosen")
    axes[0][0].set(ylabel="mean squared error")
    axes[0][0].set_yticks([0.3, 1, 3], labels=["0.3", "1", "3"])
    axes[0][0].yaxis.set_minor_formatter("")
    axes[0][0].legend()
    axes[1][0].set(ylabel="weight (grey: of features that do not count)")
