"""Attacks on vectors as a network sees them, and what hidden units look for."""

from __future__ import annotations

import pytest
import torch

from textkit.errors import UsageError
from textkit.explain.embedding_attack import attack_embeddings
from textkit.explain.hidden_units import hidden_units, phrases_of
from textkit.models.perturbation import Bound
from textkit.models.text_classifiers.bag import HiddenBag, MeanBag
from textkit.models.text_classifiers.text_cnn import TextCNN

IDS = torch.tensor([[1, 2, 3, 0], [4, 0, 0, 0], [5, 6, 7, 8]])
LENGTHS = torch.tensor([3, 1, 4])
LABELS = torch.tensor([0, 1, 1])


def test_attacked_logits_are_those_of_the_moved_vectors() -> None:
    torch.manual_seed(0)
    network = TextCNN(9, 4, classes=2, filters=8).eval()
    for method in ("fgsm", "pgd"):
        found = attack_embeddings(
            network, IDS, LENGTHS, labels=LABELS, bound=Bound(0.5), method=method, steps=3
        )
        with torch.no_grad():
            expected = network.classify(network.embed(IDS) + found.moves, LENGTHS)
            own = network(IDS, LENGTHS).gather(1, LABELS[:, None])
        torch.testing.assert_close(found.logits, expected)
        assert (found.logits.gather(1, LABELS[:, None]) < own).all()
    with pytest.raises(UsageError, match="did you mean 'fgsm'"):
        attack_embeddings(network, IDS, LENGTHS, labels=LABELS, bound=Bound(0.5), method="fgms")


def test_hidden_units_by_brute_force() -> None:
    torch.manual_seed(0)
    network = HiddenBag(6, 5, classes=2).eval()
    torch.nn.init.normal_(network.words.weight)
    ids, lengths = torch.arange(6)[:, None], torch.ones(6, dtype=torch.int64)
    names = list("abcdef")
    units = hidden_units(network, ids, lengths, phrases=names, units=5, top=3)
    values = (network.words.weight + network.bias).relu().detach()
    weights = network.output.weight.detach()
    worth = {
        u: float((weights[0, u] - weights[1, u]).abs() * values[:, u].std(correction=0)) for u in range(5)
    }
    assert [unit.number for unit in units] == sorted(worth, key=lambda u: -worth[u])
    for unit in units:
        best = values[:, unit.number].argsort(descending=True)[:3].tolist()
        expected = [names[n] for n in best if values[n, unit.number] > 0]
        assert [phrase for phrase, _ in unit.phrases] == expected
        assert list(unit.weights) == weights[:, unit.number].tolist()
    with pytest.raises(UsageError, match="no hidden units"):
        hidden_units(MeanBag(6, 4, classes=2), ids, lengths, phrases=names)


def test_of_phrases_that_hold_each_other_the_shorter_is_shown() -> None:
    torch.manual_seed(0)
    network = TextCNN(4, 3, classes=2, filters=2, widths=(1,)).eval()
    texts = [["a", "b", "c"], ["b"]]
    phrases = phrases_of(texts, longest=3, most=100)
    assert len(phrases) == len(set(phrases)) == 6
    assert phrases[0] == ("b",)
    ids = torch.zeros(6, 3, dtype=torch.int64)
    for row, phrase in enumerate(phrases):
        ids[row, : len(phrase)] = torch.tensor(["abc".index(word) + 1 for word in phrase])
    lengths = torch.tensor([len(phrase) for phrase in phrases])
    for unit in hidden_units(network, ids, lengths, phrases=[" ".join(p) for p in phrases], top=6):
        assert all(len(phrase.split()) == 1 for phrase, _ in unit.phrases)  # filters see one word at a time
