"""The adversarial penalty is the loss at vectors moved by the attack, and learning from it helps."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.perturbation import Bound, fast_gradient, projected_gradient
from textkit.models.text_classifiers.bag import MeanBag
from textkit.models.text_classifiers.text_cnn import TextCNN
from textkit.models.text_classifiers.word_network import WordNetwork
from textkit.models.text_network import UNLABELLED, Passage
from textkit.train.adversarial import AdversarialPenalty

IDS = torch.tensor([[1, 2, 3, 0], [4, 0, 0, 0], [5, 6, 7, 8]])
LENGTHS = torch.tensor([3, 1, 4])


def passage_of(network: WordNetwork, labels: Tensor) -> Passage:
    embedded = network.embed(IDS)
    return Passage(embedded, LENGTHS, labels, network.classify(embedded, LENGTHS))


def made(kind: type = TextCNN) -> WordNetwork:
    torch.manual_seed(0)
    network = MeanBag(9, 4, classes=2) if kind is MeanBag else TextCNN(9, 4, classes=2, filters=8)
    torch.nn.init.normal_(network.words.weight)
    return network.eval()


@pytest.mark.parametrize("steps", [1, 3])
def test_penalty_is_the_loss_of_attacked_vectors(steps: int) -> None:
    network, bound, labels = made(), Bound(0.3), torch.tensor([0, 1, 1])
    passage = passage_of(network, labels)
    penalty = AdversarialPenalty(bound, steps=steps, weight=0.7)(network, passage)
    embedded = network.embed(IDS).detach()
    if steps == 1:
        moves = fast_gradient(network, embedded, LENGTHS, labels=labels, bound=bound)
    else:
        moves = projected_gradient(network, embedded, LENGTHS, labels=labels, bound=bound, steps=steps)
    expected = 0.7 * functional.cross_entropy(network.classify(network.embed(IDS) + moves, LENGTHS), labels)
    torch.testing.assert_close(penalty, expected)
    # The moves are constants: gradients reach the table of vectors through the vectors alone.
    found = torch.autograd.grad(penalty, list(network.parameters()), retain_graph=True)
    assert all(
        torch.allclose(a, b, atol=1e-6)
        for a, b in zip(found, torch.autograd.grad(expected, list(network.parameters())), strict=True)
    )
    (passage.logits.sum()).backward()  # the minibatch's own graph is whole still


def test_rows_without_a_label_are_left_out() -> None:
    network = made()
    some = AdversarialPenalty(Bound(0.3))(network, passage_of(network, torch.tensor([0, UNLABELLED, 1])))
    embedded = network.embed(IDS)[[0, 2]]
    lengths, labels = LENGTHS[[0, 2]], torch.tensor([0, 1])
    alone = AdversarialPenalty(Bound(0.3))(
        network, Passage(embedded, lengths, labels, network.classify(embedded, lengths))
    )
    torch.testing.assert_close(some, alone)
    none = AdversarialPenalty(Bound(0.3))(network, passage_of(network, torch.full((3,), UNLABELLED)))
    assert none.item() == 0


@pytest.mark.parametrize("steps", [1, 3])
def test_attacked_rows_count_what_their_class_does(steps: int) -> None:
    network, weights = made(), torch.tensor([3.0, 1.0])
    found = {}
    for labels in ((0, UNLABELLED, UNLABELLED), (UNLABELLED, 1, UNLABELLED), (0, 1, UNLABELLED)):
        passage = passage_of(network, torch.tensor(labels))
        plain, weighted = (
            AdversarialPenalty(Bound(0.3), steps=steps, class_weights=each)(network, passage).item()
            for each in (None, weights)
        )
        found[labels[:2]] = plain, weighted
    zero, one, both = found.values()
    assert zero[1] == pytest.approx(3 * zero[0])
    assert one[1] == pytest.approx(one[0])
    assert both[1] == pytest.approx((3 * zero[0] + one[0]) / 2)  # a mean over texts, as the loss is


def test_no_steps_are_an_error() -> None:
    with pytest.raises(UsageError, match="1 step"):
        AdversarialPenalty(Bound(0.1), steps=0)


def test_training_with_it_makes_a_network_stand_attacks_better() -> None:
    # Class is one of two words; noise words are many. The plain network's vectors of noise are a way in.
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(200) % 2
    ids = torch.randint(2, 40, (200, 6), generator=generator)
    ids[:, 0] = labels
    lengths = torch.full((200,), 6)
    accuracies = []
    for penalty in (None, AdversarialPenalty(Bound(0.3))):
        torch.manual_seed(1)
        network = TextCNN(40, 8, classes=2, filters=8, widths=(1, 2))
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        for _ in range(60):
            embedded = network.embed(ids)
            logits = network.classify(embedded, lengths)
            loss = functional.cross_entropy(logits, labels)
            if penalty is not None:
                loss = loss + penalty(network, Passage(embedded, lengths, labels, logits))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        network.eval()
        embedded = network.embed(ids).detach()
        moves = fast_gradient(network, embedded, lengths, labels=labels, bound=Bound(1.0))
        assert (network(ids, lengths).argmax(1) == labels).float().mean() > 0.98
        accuracies.append((network.classify(embedded + moves, lengths).argmax(1) == labels).float().mean())
    assert accuracies[1] > accuracies[0] + 0.05
