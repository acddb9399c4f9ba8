"""The optimisers that torch has too make its steps; what all of them share is held for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import Optimizer

from textkit.errors import UsageError
from textkit.models.optimizers.adabound import AdaBound
from textkit.models.optimizers.adagrad import Adagrad
from textkit.models.optimizers.adam import Adam
from textkit.models.optimizers.amsgrad import AMSGrad
from textkit.models.optimizers.radam import RAdam
from textkit.models.optimizers.rmsprop import RMSprop
from textkit.models.optimizers.sgd import SGD
from textkit.models.optimizers.swats import SWATS

Make = Callable[..., Optimizer]
BETAS = {"betas": (0.8, 0.97)}
PEERS: dict[str, tuple[Make, Make, dict[str, Any]]] = {
    "sgd": (SGD, torch.optim.SGD, {"lr": 0.05}),
    "momentum": (SGD, torch.optim.SGD, {"lr": 0.02, "momentum": 0.9}),
    "nesterov": (SGD, torch.optim.SGD, {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
    "adagrad": (Adagrad, torch.optim.Adagrad, {"lr": 0.1}),
    "rmsprop": (RMSprop, torch.optim.RMSprop, {"lr": 0.01, "alpha": 0.9}),
    "adam": (Adam, torch.optim.Adam, {"lr": 0.03, **BETAS}),
    "amsgrad": (
        AMSGrad,
        lambda params, **settings: torch.optim.Adam(params, amsgrad=True, **settings),
        {"lr": 0.03, **BETAS},
    ),
    "radam": (RAdam, torch.optim.RAdam, {"lr": 0.05, **BETAS}),
}
OWN: dict[str, tuple[Make, dict[str, Any]]] = {
    **{name: (mine, settings) for name, (mine, _, settings) in PEERS.items()},
    "adabound": (AdaBound, {"lr": 0.02, **BETAS}),
    "amsbound": (AdaBound, {"lr": 0.02, "amsbound": True, **BETAS}),
    "swats": (SWATS, {"lr": 0.02, "tolerance": 0.02, **BETAS}),
}


def start(dtype: torch.dtype = torch.float64) -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(3)
    shapes = ((4, 3), (4,))
    return [nn.Parameter(torch.randn(*shape, generator=generator).to(dtype)) for shape in shapes]


def train(weights: list[nn.Parameter], optimizer: Optimizer, steps: range) -> list[torch.Tensor]:
    """Descend the sum of log cosh(A x + b - c), x and c new at each step; A and b as one vector each time."""
    seen = []
    (matrix, vector), dtype = weights, weights[0].dtype
    for step in steps:
        x, c = torch.randn(2, 4, generator=torch.Generator().manual_seed(step)).to(dtype)
        vector.grad = torch.tanh(matrix.detach() @ x[:3] + vector.detach() - c)
        matrix.grad = torch.outer(vector.grad, x[:3])
        optimizer.step()
        seen.append(nn.utils.parameters_to_vector(weights).detach().clone())
    return seen


def grouped(weights: list[nn.Parameter], settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Two groups, the second with a rate and a decay of its own."""
    return [
        {"params": weights[:1]},
        {"params": weights[1:], "lr": settings["lr"] / 3, "weight_decay": 0.2},
    ]


@pytest.mark.parametrize("grouping", [False, True])
@pytest.mark.parametrize("name", PEERS)
def test_fifty_steps_are_those_of_torch(name: str, grouping: bool) -> None:
    mine, theirs, settings = PEERS[name]
    for dtype, rtol in ((torch.float64, 1e-12), (torch.float32, 1e-6)):
        runs = []
        for make in (mine, theirs):
            weights = start(dtype)
            optimizer = (
                make(grouped(weights, settings), **settings, weight_decay=0.1)
                if grouping
                else make(weights, **settings)
            )
            runs.append(train(weights, optimizer, range(50)))
        ours, torchs = (torch.stack(run) for run in runs)
        # In float32 the sums of small differences come back through the gradients.
        torch.testing.assert_close(ours, torchs, rtol=rtol, atol=10 * rtol)


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("at", [1, 13])
def test_a_saved_state_goes_on_bit_for_bit(name: str, at: int, tmp_path: Any) -> None:
    make, settings = OWN[name]
    whole = start()
    optimizer = make(grouped(whole, settings), **settings)
    train(whole, optimizer, range(at))
    resumed = [nn.Parameter(weights.detach().clone()) for weights in whole]
    torch.save(optimizer.state_dict(), tmp_path / "state.pt")
    expected = train(whole, optimizer, range(at, 20))
    optimizer = make(grouped(resumed, settings), **settings)
    optimizer.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    for one, other in zip(train(resumed, optimizer, range(at, 20)), expected, strict=True):
        assert torch.equal(one, other)
    if name == "swats":  # the rates were found between the two moments of saving
        assert None not in optimizer.rates


@pytest.mark.parametrize("name", OWN)
def test_a_step_returns_the_loss_of_its_closure_and_skips_what_has_no_gradient(name: str) -> None:
    make, settings = OWN[name]
    used, unused = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    optimizer = make([unused, used], **settings, weight_decay=0.1)

    def closure() -> float:
        optimizer.zero_grad()
        loss = (used**2).sum()
        loss.backward()
        return loss.item()

    assert optimizer.step(closure) == 2.0
    assert torch.equal(unused, torch.ones(2))
    assert (used**2).sum().item() < 2.0


@pytest.mark.parametrize("name", OWN)
def test_gradients_may_be_kept_and_filled_again_in_place(name: str) -> None:
    make, settings = OWN[name]
    fresh, kept = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))
    optimizers = make([fresh], **settings), make([kept], **settings)
    kept.grad = torch.zeros(3)
    for seed in range(5):
        gradient = torch.randn(3, generator=torch.Generator().manual_seed(seed))
        fresh.grad = gradient.clone()
        kept.grad.copy_(gradient)
        for optimizer in optimizers:
            optimizer.step()
        assert torch.equal(kept.grad, gradient)
        assert torch.equal(fresh, kept)


@pytest.mark.parametrize("name", OWN)
def test_sparse_gradients_are_refused(name: str) -> None:
    make, settings = OWN[name]
    embedding = nn.Embedding(4, 2, sparse=True)
    optimizer = make(embedding.parameters(), **settings)
    embedding(torch.tensor([1])).sum().backward()
    with pytest.raises(
        UsageError, match=r"cannot use sparse gradients: make the embedding with sparse=False"
    ):
        optimizer.step()


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (SGD, {"lr": -1.0}, "the lr of SGD must be finite and at least 0, not -1.0"),
        (SGD, {"lr": float("nan")}, "the lr of SGD must be finite and at least 0, not nan"),
        (SGD, {"lr": 0.1, "momentum": 1.0}, r"the momentum of SGD must lie in \[0, 1\), not 1.0"),
        (SGD, {"lr": 0.1, "nesterov": True}, "nesterov needs a momentum above 0"),
        (Adagrad, {"eps": -1e-3}, "the eps of Adagrad must be finite and at least 0, not -0.001"),
        (RMSprop, {"alpha": 1.5}, r"the alpha of RMSprop must lie in \[0, 1\), not 1.5"),
        (Adam, {"betas": (0.9, 1.0)}, r"the beta2 of Adam must lie in \[0, 1\), not 1.0"),
        (AMSGrad, {"betas": (-0.1, 0.9)}, r"the beta1 of AMSGrad must lie in \[0, 1\), not -0.1"),
        (RAdam, {"weight_decay": -0.5}, "the weight_decay of RAdam must be finite and at least 0, not -0.5"),
        (AdaBound, {"lr": 0.0}, "the lr of AdaBound must be finite and above 0, not 0.0"),
        (AdaBound, {"gamma": 0.0}, "the gamma of AdaBound must be finite and above 0, not 0.0"),
        (SWATS, {"tolerance": -1.0}, "the tolerance of SWATS must be finite and at least 0, not -1.0"),
    ],
)
def test_settings_out_of_their_range_are_told(make: Make, settings: dict[str, Any], message: str) -> None:
    parameter = nn.Parameter(torch.zeros(1))
    with pytest.raises(UsageError, match=message):
        make([parameter], **settings)


def test_settings_of_a_group_are_looked_at_too() -> None:
    parameter = nn.Parameter(torch.zeros(1))
    with pytest.raises(UsageError, match="the lr of Adam must be finite and at least 0, not -2"):
        Adam([{"params": [parameter], "lr": -2}])
