"""Moves of word vectors: within their bound, and where the loss is linear, the worst there are."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.perturbation import Bound, fast_gradient, loss_gradient, projected_gradient, real
from textkit.models.text_classifiers.bag import MeanBag
from textkit.models.text_classifiers.text_cnn import TextCNN

IDS = torch.tensor([[1, 2, 3, 0], [4, 0, 0, 0], [5, 6, 7, 8]])
LENGTHS = torch.tensor([3, 1, 4])
LABELS = torch.tensor([0, 1, 1])
SCOPES = ["word", "text"]


def bag() -> MeanBag:
    torch.manual_seed(0)
    network = MeanBag(9, 4, classes=2).eval()
    torch.nn.init.normal_(network.words.weight)
    return network


def cnn() -> TextCNN:
    torch.manual_seed(0)
    network = TextCNN(9, 4, classes=2, filters=8, widths=(1, 2)).eval()
    torch.nn.init.normal_(network.words.weight)
    return network


@pytest.mark.parametrize("scope", SCOPES)
def test_fast_gradient_is_the_closed_form_of_a_linear_margin(scope: str) -> None:
    # The loss of two classes falls with the margin w (mean of vectors): its gradient is along -w everywhere.
    network, bound = bag(), Bound(0.3, scope)
    embedded = network.embed(IDS).detach()
    moves = fast_gradient(network, embedded, LENGTHS, labels=LABELS, bound=bound)
    weight = network.output.weight.detach()
    away = weight[1 - LABELS] - weight[LABELS]
    away = away / away.norm(dim=1, keepdim=True)
    for row, length in enumerate(LENGTHS.tolist()):
        radius = 0.3 * embedded[row, :length].norm(dim=1).mean()
        torch.testing.assert_close(moves[row, :length], (radius * away[row]).expand(length, -1))
        assert not moves[row, length:].any()
    several = projected_gradient(network, embedded, LENGTHS, labels=LABELS, bound=bound, steps=5)
    torch.testing.assert_close(several, moves, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_moves_stay_in_the_bound_and_raise_the_loss(scope: str, steps: int) -> None:
    network, bound = cnn(), Bound(0.4, scope)
    embedded = network.embed(IDS).detach()
    moves = projected_gradient(network, embedded, LENGTHS, labels=LABELS, bound=bound, steps=steps)
    assert not (moves * ~real(embedded, LENGTHS)).any()
    for row, length in enumerate(LENGTHS.tolist()):
        radius = 0.4 * embedded[row, :length].norm(dim=1).mean()
        lengths = moves[row, :length].norm(dim=1)
        reached = lengths.max() if scope == "word" else lengths.square().mean().sqrt()
        assert reached <= radius * (1 + 1e-5)
    with torch.no_grad():
        before, after = (
            functional.cross_entropy(network.classify(embedded + m, LENGTHS), LABELS, reduction="none")
            for m in (0, moves)
        )
    assert (after > before).all()
    fast = fast_gradient(network, embedded, LENGTHS, labels=LABELS, bound=bound)
    with torch.no_grad():
        once = functional.cross_entropy(network.classify(embedded + fast, LENGTHS), LABELS, reduction="none")
    assert (after >= once - 1e-6).all()  # its first step is the same


def test_projection_is_the_nearest_point() -> None:
    moves = torch.tensor([[[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]]])
    radius = torch.tensor([[[1.0]]])
    by_word = Bound(1.0).project(moves, radius)
    torch.testing.assert_close(by_word, torch.tensor([[[0.6, 0.8], [0.3, 0.4], [0.0, 0.0]]]))
    whole = Bound(1.0, "text").project(moves, radius)
    torch.testing.assert_close(whole, moves / moves.norm())


def test_no_gradient_is_no_move() -> None:
    network = bag()
    torch.nn.init.zeros_(network.output.weight)
    embedded = network.embed(IDS).detach()
    losses, gradient, logits = loss_gradient(network, embedded, LENGTHS, labels=LABELS)
    assert not gradient.any()
    torch.testing.assert_close(losses, functional.cross_entropy(logits, LABELS, reduction="none"))
    moves = projected_gradient(network, embedded, LENGTHS, labels=LABELS, bound=Bound(0.1), steps=2)
    assert not moves.any()


@pytest.mark.parametrize(
    ("epsilon", "scope", "message"),
    [(0.0, "word", "above 0"), (float("nan"), "word", "above 0"), (1.0, "wrod", "did you mean 'word'")],
)
def test_bound_refuses(epsilon: float, scope: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Bound(epsilon, scope)
    with pytest.raises(UsageError, match="1 step at least"):
        projected_gradient(bag(), bag().embed(IDS), LENGTHS, labels=LABELS, bound=Bound(0.1), steps=0)
