"""The loss by which a network learns classes: the weights of texts and those of classes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from textkit.models.text_network import Passage, TextNetwork
from textkit.tasks.classification.network import make_network
from textkit.tasks.classification.network_training import ClassLoss, class_weights
from textkit.tasks.classification.prepared_texts import LabelledIds, PreparedTexts
from textkit.tasks.classification.reading import ReadTexts

from .review_texts import PIPELINE, configured, reviews


def test_balanced_classes_count_the_same() -> None:
    train = reviews(200, share=0.2)
    corpus = ReadTexts.of(train.texts, PIPELINE).corpus
    weights = np.linspace(0.5, 2, 200).astype(np.float32)
    ids = LabelledIds(corpus, train.classes, weights)
    balanced = class_weights(configured(class_weight="balanced"), ids, classes=3)
    totals = [float((weights * balanced.numpy()[train.classes])[train.classes == c].sum()) for c in (0, 1)]
    assert totals[0] == pytest.approx(totals[1])
    assert sum(totals) == pytest.approx(weights.sum())
    assert balanced[2] == 1  # nobody has that class
    assert class_weights(configured(), ids, classes=2).tolist() == [1, 1]


def test_the_loss_is_the_weighted_mean_of_labelled_texts() -> None:
    from textkit.data.text_batches import TextBatch

    config = configured("embedding-bag", dropout=0.0)
    prepared = PreparedTexts.of(config, pipeline=PIPELINE, train=reviews(20), dev=reviews(5))
    torch.manual_seed(0)
    network = make_network(config, prepared.vocab, classes=2)
    batch = TextBatch(
        np.array([[3, 4], [5, 0], [6, 7]]),
        np.array([2, 1, 2]),
        np.array([1, -1, 0]),
        np.array([0.5, 1, 2], np.float32),
    )
    seen: list[Passage] = []

    def penalty(network: TextNetwork, passage: Passage) -> torch.Tensor:
        seen.append(passage)
        return torch.tensor(0.25)

    objective = ClassLoss(
        network,
        class_weights=torch.tensor([3.0, 1.0]),
        penalties=(penalty, penalty),
        smoothing=0.1,
        device=torch.device("cpu"),
    )
    loss, mean, count = objective(batch)
    log_probs = network(torch.from_numpy(batch.ids), torch.from_numpy(batch.lengths)).detach().log_softmax(1)
    entropies = -(
        0.9 * log_probs.gather(1, torch.tensor([[1], [0], [0]]))[:, 0] + 0.1 * log_probs.mean(dim=1)
    )
    expected = (0.5 * 1.0 * entropies[0] + 2 * 3.0 * entropies[2]) / 2
    assert count == batch.predictions == 2
    assert float(mean) == pytest.approx(float(expected))
    assert float(loss.detach()) == pytest.approx(float(expected) + 0.5)
    assert seen[0].labels.tolist() == [1, -1, 0]
    assert seen[0].embedded.shape == (3, 2, 12)
    assert seen[0].logits.shape == (3, 2)
    nobody = batch._replace(classes=np.full(3, -1))
    loss, mean, count = ClassLoss(network, class_weights=torch.ones(2), device=torch.device("cpu"))(nobody)
    assert (float(loss.detach()), count) == (0, 0)
    assert not any(each.any() for each in torch.autograd.grad(loss, list(network.parameters())))


def test_a_weight_of_two_is_the_text_twice() -> None:
    config = configured("embedding-bag", dropout=0.0, batch_size=64)
    train = reviews(30)
    weights = np.where(np.arange(30) < 10, 2, 1).astype(np.float32)
    doubled = train.select(np.concatenate([np.arange(30), np.arange(10)]))
    gradients = []
    for texts, counts in ((train, weights), (doubled, None)):
        prepared = PreparedTexts.of(
            config,
            pipeline=PIPELINE,
            train=texts,
            dev=train,
            weights=counts,
            vocab=ReadTexts.of(train.texts, PIPELINE).vocab(),
        )
        torch.manual_seed(0)
        network = make_network(config, prepared.vocab, classes=2)
        from textkit.data.text_batches import TextBatches

        batches = TextBatches(
            prepared.train.corpus, prepared.train.classes, batch_size=64, weights=prepared.train.weights
        )
        (batch,) = list(batches)
        objective = ClassLoss(network, class_weights=torch.ones(2), device=torch.device("cpu"))
        loss, _, count = objective(batch)
        gradients.append(torch.autograd.grad(loss * count, list(network.parameters())))
    for one, other in zip(*gradients, strict=True):
        assert torch.allclose(one, other, atol=1e-5)
