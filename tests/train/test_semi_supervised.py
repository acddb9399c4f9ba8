from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from textkit.models.perturbation import Bound
from textkit.models.text_network import UNLABELLED, Passage
from textkit.train.semi_supervised import ConsistencyPenalty, EntropyPenalty, PseudoLabels


class Bag(nn.Module):
    """A linear network: the class scores are those of the mean vector."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(9, 4)
        self.output = nn.Linear(4, 3)

    def embed(self, ids: Tensor) -> Tensor:
        return self.embedding(ids)

    def classify(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        real = torch.arange(embedded.shape[1]) < lengths[:, None]
        return self.output((embedded * real.unsqueeze(2)).sum(1) / lengths[:, None])

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        return self.classify(self.embed(ids), lengths)


@pytest.fixture
def network() -> Bag:
    torch.manual_seed(3)
    return Bag().double()


def passage_of(network: Bag, labels: list[int]) -> Passage:
    ids = torch.arange(len(labels) * 5).reshape(-1, 5) % 9
    lengths = torch.tensor([5, 3, 1, 4][: len(labels)])
    embedded = network.embed(ids)
    return Passage(embedded, lengths, torch.tensor(labels), network.classify(embedded, lengths))


def test_the_entropy_is_that_of_the_unlabelled_rows(network: Bag) -> None:
    passage = passage_of(network, [0, UNLABELLED, 2, UNLABELLED])
    probabilities = passage.logits.softmax(1)
    by_hand = [-sum(p * math.log(p) for p in row) for row in probabilities.tolist()]
    expected = 0.5 * (by_hand[1] + by_hand[3]) / 2
    assert EntropyPenalty(0.5)(network, passage).item() == pytest.approx(expected)


def test_pseudo_labels_count_where_the_guess_is_sure(network: Bag) -> None:
    passage = passage_of(network, [UNLABELLED] * 4)
    sureness, guess = passage.logits.softmax(1).max(1)
    threshold = sureness.sort().values[1:3].mean().item()  # two of four are surer
    sure = sureness > threshold
    assert int(sure.sum()) == 2
    expected = (-sureness[sure].log().sum() / 4).item()
    assert PseudoLabels(1.0, threshold)(network, passage).item() == pytest.approx(expected)
    assert PseudoLabels(1.0, 1.0)(network, passage).item() == 0
    assert guess.shape == (4,)


@pytest.mark.parametrize("penalty", [EntropyPenalty(), PseudoLabels(threshold=0.0)])
def test_labelled_rows_are_left_alone(network: Bag, penalty: EntropyPenalty | PseudoLabels) -> None:
    passage = passage_of(network, [0, 1, 2])
    assert penalty(network, passage).item() == 0
    mixed = passage_of(network, [0, UNLABELLED, 2])
    (gradient,) = torch.autograd.grad(penalty(network, mixed), mixed.embedded)
    assert gradient[1].abs().max() > 0
    assert gradient[[0, 2]].abs().max() == 0


@pytest.mark.parametrize("penalty", [EntropyPenalty(), PseudoLabels(threshold=0.0)])
def test_a_step_against_them_makes_the_network_surer(
    network: Bag, penalty: EntropyPenalty | PseudoLabels
) -> None:
    before = passage_of(network, [UNLABELLED] * 4)
    penalty(network, before).backward()
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.grad is not None:
                parameter -= 0.1 * parameter.grad
    after = passage_of(network, [UNLABELLED] * 4)
    assert EntropyPenalty()(network, after).item() < EntropyPenalty()(network, before).item()


def test_the_virtual_attack_hurts_more_than_noise_of_its_length(network: Bag) -> None:
    passage = passage_of(network, [0, UNLABELLED, 2, UNLABELLED])
    penalty = ConsistencyPenalty(bound=Bound(0.1, "text"))
    torch.manual_seed(1)
    attacked = penalty(network, passage).item()
    bound = Bound(0.1, "text")
    radius = bound.radius(passage.embedded.detach(), passage.lengths)
    real = (torch.arange(5) < passage.lengths[:, None]).unsqueeze(2)
    target = passage.logits.detach().log_softmax(1)
    for _ in range(50):
        noise = torch.randn(4, 5, 4, dtype=torch.float64) * real
        noise = radius * noise / noise.flatten(1).norm(dim=1)[:, None, None]
        moved = network.classify(passage.embedded + noise, passage.lengths).log_softmax(1)
        divergence = torch.nn.functional.kl_div(moved, target, reduction="batchmean", log_target=True)
        assert divergence.item() <= attacked * 1.02


def test_consistency_shrinks_with_the_attack_and_reaches_the_weights(network: Bag) -> None:
    passage = passage_of(network, [UNLABELLED] * 4)
    torch.manual_seed(1)
    small, large = (ConsistencyPenalty(bound=Bound(e, "text"))(network, passage).item() for e in (1e-3, 1e-1))
    assert 0 <= small < 1e-3 * large * 2  # it grows with the square
    ConsistencyPenalty()(network, passage).backward()
    assert network.output.weight.grad is not None
    assert network.output.weight.grad.abs().max() > 0
    assert network.embedding.weight.grad is not None
