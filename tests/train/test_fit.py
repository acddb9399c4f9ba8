"""Training on arrays: closed forms, early stopping, penalties, repetition, and what is refused."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from textkit.errors import InputError, TextkitError, UsageError
from textkit.train.fit import Curve, fit, mean_loss


def rows(count: int = 40, *, seed: int = 1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(count, 3, generator=generator, dtype=torch.float64)
    noise = torch.randn(count, 1, generator=generator, dtype=torch.float64)
    return inputs, inputs @ torch.tensor([[1.0], [-2.0], [0.5]], dtype=torch.float64) + 0.3 * noise


def plane() -> nn.Linear:
    torch.manual_seed(5)
    return nn.Linear(3, 1, bias=False, dtype=torch.float64)


def trained(module: nn.Module, **settings: object) -> Curve:
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    given = {"examples": rows(), "epochs": 300} | settings
    return fit(module, mse_loss, optimizer=optimizer, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("strength", [0.0, 0.5])
def test_it_ends_at_the_closed_form(strength: float) -> None:
    module = plane()
    inputs, targets = rows()
    trained(module, penalty=lambda: strength * module.weight.square().sum())
    gram = inputs.T @ inputs / len(inputs) + strength * torch.eye(3, dtype=torch.float64)
    wanted = torch.linalg.solve(gram, inputs.T @ targets / len(inputs))
    assert torch.allclose(module.weight.T, wanted, atol=1e-8)


def test_steps_are_those_of_a_loop_written_out() -> None:
    module, other, (inputs, targets) = plane(), plane(), rows()
    curve = trained(module, epochs=3, penalty=lambda: 0.1 * module.weight.abs().sum())
    losses = []
    for _ in range(3):
        loss = mse_loss(other(inputs), targets)
        losses.append(loss.item())
        (gradient,) = torch.autograd.grad(loss + 0.1 * other.weight.abs().sum(), other.weight)
        with torch.no_grad():
            other.weight -= 0.1 * gradient
    assert torch.equal(module.weight, other.weight)
    assert curve == Curve(tuple(pytest.approx(loss) for loss in losses), (), 3, 3)


def test_every_row_is_seen_once_an_epoch_in_an_order_of_the_seed() -> None:
    seen: list[list[float]] = []

    class Watching(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(x[:, 0].tolist())
            return super().forward(x)

    inputs = torch.arange(10.0)[:, None].repeat(1, 3)
    orders = []
    for seed in (1, 1, 2):
        seen.clear()
        module = Watching(3, 1)
        steps: list[int] = []
        optimizer = torch.optim.SGD(module.parameters(), lr=0.0)
        curve = fit(
            module,
            mse_loss,
            examples=(inputs, torch.zeros(10, 1)),
            optimizer=optimizer,
            epochs=2,
            batch_size=4,
            seed=seed,
            watch=steps.append,
        )
        assert [len(batch) for batch in seen] == [4, 4, 2] * 2
        epochs = [sorted(row for batch in seen[at : at + 3] for row in batch) for at in (0, 3)]
        assert epochs == [list(range(10))] * 2
        assert seen[:3] != seen[3:]
        assert steps == [1, 2, 3, 4, 5, 6]
        assert (curve.steps, len(curve.train)) == (6, 2)
        orders.append(list(seen))
    assert orders[0] == orders[1] != orders[2]


def test_the_best_weights_by_validation_are_kept_and_patience_ends_it() -> None:
    module = plane()
    # The best for these lies on the way of the weights from where they begin.
    inputs, targets = rows()
    way = torch.linalg.lstsq(inputs, targets).solution.T
    middle = (0.5 * plane().weight + 0.5 * way).detach()
    valid = (inputs, inputs @ middle.T)
    curve = trained(module, valid=valid, patience=4)
    assert len(curve.valid) == len(curve.train) == curve.best_epoch + 4 < 300
    assert min(curve.valid) == curve.valid[curve.best_epoch - 1]
    assert mean_loss(module, mse_loss, examples=valid) == pytest.approx(min(curve.valid))
    assert min(curve.valid[curve.best_epoch :]) > min(curve.valid)


def test_dropout_is_off_in_validation_and_the_mode_is_left_alone() -> None:
    module = nn.Dropout(0.5)
    ones = (torch.ones(5000, 1), torch.ones(5000, 1))
    assert mean_loss(module, mse_loss, examples=ones) == 0
    assert module.training
    assert not module.eval().training
    mean_loss(module, mse_loss, examples=ones)
    assert not module.training


def test_what_makes_no_sense_is_refused_and_nothing_stays_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    inputs, targets = rows()
    with pytest.raises(UsageError, match=r"40 inputs need as many targets, not 39"):
        trained(plane(), examples=(inputs, targets[1:]))
    with pytest.raises(UsageError, match="patience needs validation examples"):
        trained(plane(), patience=3)
    with pytest.raises(UsageError, match="batch size must be at least 1, not 0"):
        trained(plane(), batch_size=0)
    with pytest.raises(InputError, match="no rows to learn from"):
        trained(plane(), examples=(inputs[:0], targets[:0]))
    for setting, message in {
        "epochs": "epochs must be at least 1, not -1",
        "patience": "patience must be at least 1, not -1",
        "clip": "clip must be above 0, not -1",
        "seed": "a seed is at least 0, not -1",
    }.items():
        with pytest.raises(UsageError, match=message):
            trained(plane(), **{"valid": (inputs, targets), setting: -1})
    with pytest.raises(InputError, match="no rows to learn from, or to validate on"):
        trained(plane(), valid=(inputs[:0], targets[:0]))
    targets[3] = math.nan
    with pytest.raises(InputError, match="the targets of row 3 are not all finite numbers; mend or remove"):
        trained(plane(), examples=(inputs, targets))
    with pytest.raises(TextkitError, match="not finite in the last 2 of 2 steps; train again with a lower"):
        trained(module := plane(), epochs=2, penalty=lambda: math.nan * module.weight.sum())
    assert list(tmp_path.iterdir()) == []
