"""NT-ASGD is SGD, then torch's ASGD; Muon is torch's Muon beside AdamW."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.optimizers.averaged import AveragedAdamW
from textkit.models.optimizers.muon import MuonAdamW
from textkit.models.optimizers.ntasgd import NTASGD
from textkit.train.averaging import averages


def network(*, sparse: bool = False) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Embedding(6, 4, sparse=sparse), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 6))


def train(module: nn.Module, optimizer: torch.optim.Optimizer, steps: range) -> None:
    for step in steps:
        ids = torch.randint(0, 6, (8,), generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        functional.cross_entropy(module(ids), (ids + 1) % 6).backward()
        optimizer.step()


def equal(one: nn.Module, other: nn.Module) -> None:
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("decay", [0.0, 0.01])
@pytest.mark.parametrize("sparse", [False, True])
def test_ntasgd_is_sgd_and_then_asgd(decay: float, sparse: bool) -> None:
    mine, theirs = network(sparse=sparse), network()
    optimizer = NTASGD(mine.parameters(), 0.7, weight_decay=decay, patience=1)
    train(mine, optimizer, range(5))
    train(theirs, torch.optim.SGD(theirs.parameters(), 0.7, weight_decay=decay), range(5))
    equal(mine, theirs)
    with optimizer.averages():  # nothing yet
        equal(mine, theirs)
    for loss in (3.0, 2.0, 4.0, 5.0):
        optimizer.observe(loss)
    assert optimizer.averaging
    asgd = torch.optim.ASGD(theirs.parameters(), 0.7, t0=0, lambd=0.0, weight_decay=decay)
    train(mine, optimizer, range(5, 15))
    train(theirs, asgd, range(5, 15))
    equal(mine, theirs)
    before = copy.deepcopy(mine)
    with optimizer.averages():
        for parameter, other in zip(mine.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(parameter, asgd.state[other]["ax"], rtol=1e-5, atol=1e-6)
    for parameter, other in zip(mine.parameters(), before.parameters(), strict=True):
        assert torch.equal(parameter, other)  # back, bit for bit


def test_the_average_is_the_mean_of_the_steps_but_the_first() -> None:
    module = network()
    optimizer = NTASGD(module.parameters(), 0.5, patience=1)
    for loss in (2.0, 1.0, 3.0):
        optimizer.observe(loss)
    seen = []
    for step in range(6):
        train(module, optimizer, range(step, step + 1))
        seen.append(module[1].weight.detach().clone())
    with optimizer.averages():
        torch.testing.assert_close(module[1].weight.detach(), torch.stack(seen[1:]).mean(0))


@pytest.mark.parametrize(
    ("patience", "losses", "triggered"),
    [
        (1, [5.0, 4.0, 4.5], False),  # beats what is more than one validation ago
        (1, [5.0, 4.0, 5.5], True),
        (2, [5.0, 4.0, 5.5], False),  # too few yet
        (2, [5.0, 4.0, 4.5, 5.5], True),
        (2, [5.0, 6.0, 6.0, 5.0], False),  # equal is not worse
        (5, [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0], False),
        (5, [1.0, 8.0, 7.0, 6.0, 5.0, 4.0], False),  # too few yet
        (5, [1.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0], True),
    ],
)
def test_the_trigger_is_that_of_the_paper(patience: int, losses: list[float], triggered: bool) -> None:
    optimizer = NTASGD(network().parameters(), 0.1, patience=patience)
    for loss in losses[:-1]:
        optimizer.observe(loss)
        assert not optimizer.averaging
    optimizer.observe(losses[-1])
    assert optimizer.averaging == triggered


def test_averaged_adamw_is_adamw_beside_a_running_average() -> None:
    mine, theirs = network(), network()
    optimizer = AveragedAdamW(mine.parameters(), 0.05, memory=0.6, weight_decay=0.1)
    adamw = torch.optim.AdamW(theirs.parameters(), lr=0.05, betas=(0.9, 0.98), weight_decay=0.1)
    averages = None
    for step in range(8):
        train(mine, optimizer, range(step, step + 1))
        train(theirs, adamw, range(step, step + 1))
        weights = [parameter.detach().clone() for parameter in theirs.parameters()]
        memory = min(0.6, (2 + step) / (11 + step))
        averages = averages or weights
        averages = [memory * a + (1 - memory) * w for a, w in zip(averages, weights, strict=True)]
    equal(mine, theirs)
    with optimizer.averages():
        for parameter, average in zip(mine.parameters(), averages or [], strict=True):
            torch.testing.assert_close(parameter, average, rtol=1e-5, atol=1e-6)
    equal(mine, theirs)


@pytest.mark.parametrize("kind", ["ntasgd", "muon", "averaged"])
@pytest.mark.parametrize("at", [2, 6])
def test_a_saved_state_goes_on_bit_for_bit(kind: str, at: int) -> None:
    def make(module: nn.Module) -> torch.optim.Optimizer:
        if kind == "muon":
            return MuonAdamW(module, 0.02, outer=[module[0], module[3]])
        if kind == "averaged":
            return AveragedAdamW(module.parameters(), 0.02, memory=0.9)
        return NTASGD(module.parameters(), 0.5, patience=1)

    def tell(optimizer: torch.optim.Optimizer, *losses: float) -> None:
        for loss in losses if isinstance(optimizer, NTASGD) else ():
            optimizer.observe(loss)

    whole = network()
    optimizer = make(whole)
    tell(optimizer, 2.0, 1.0)
    train(whole, optimizer, range(at))
    saved, weights = copy.deepcopy(optimizer.state_dict()), copy.deepcopy(whole.state_dict())
    tell(optimizer, 3.0)
    train(whole, optimizer, range(at, 9))
    wholes = optimizer
    resumed = network()
    resumed.load_state_dict(weights)
    optimizer = make(resumed)
    optimizer.load_state_dict(saved)
    tell(optimizer, 3.0)
    train(resumed, optimizer, range(at, 9))
    with averages(wholes), averages(optimizer):
        for a, b in zip(whole.parameters(), resumed.parameters(), strict=True):
            assert torch.equal(a, b)


def test_muon_gets_the_hidden_matrices_and_adamw_the_rest() -> None:
    mine, theirs = network(), network()
    optimizer = MuonAdamW(mine, 0.02, outer=[mine[0], mine[3]], weight_decay=0.1)
    muon = torch.optim.Muon([theirs[1].weight], lr=0.02, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    rest = [p for p in theirs.parameters() if p is not theirs[1].weight]
    adamw = torch.optim.AdamW(rest, lr=0.02, weight_decay=0.1)
    for group in optimizer.param_groups:
        group["lr"] = 0.01  # as the trainer sets it
    for each in (*muon.param_groups, *adamw.param_groups):
        each["lr"] = 0.01
    train(mine, optimizer, range(4))
    for step in range(4):
        ids = torch.randint(0, 6, (8,), generator=torch.Generator().manual_seed(step))
        theirs.zero_grad()
        functional.cross_entropy(theirs(ids), (ids + 1) % 6).backward()
        muon.step()
        adamw.step()
    for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(a, b)


def test_what_cannot_work_is_told() -> None:
    module = network()
    with pytest.raises(UsageError, match="the patience of nt-asgd must be at least 1, not 0"):
        NTASGD(module.parameters(), 0.1, patience=0)
    with pytest.raises(UsageError, match="networks with hidden matrices; this one has none"):
        MuonAdamW(module, 0.1, outer=[module])
    with pytest.raises(UsageError, match=r"the memory of averages must lie in \[0, 1\), not 1"):
        AveragedAdamW(module.parameters(), 0.1, memory=1)
