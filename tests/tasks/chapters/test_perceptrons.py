"""Chapters on perceptrons: what they are made of, and the quick ones as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from textkit.models.perceptrons.multilayer import MultilayerPerceptron
from textkit.tasks.chapters import dropout
from textkit.tasks.chapters.judging import accuracy
from textkit.tasks.chapters.running import run_chapter
from textkit.tasks.chapters.small_digits import flat_digits
from textkit.tasks.chapters.spirals import spirals
from textkit.tasks.chapters.study import Study


@pytest.mark.parametrize("name", ["backpropagation", "numerical-stability"])
def test_quick_chapters_hold_and_draw(name: str, tmp_path: Path) -> None:
    outcome = run_chapter(name, Study(plots=tmp_path))
    assert not outcome.failed
    assert outcome.notes
    assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["perceptron", "initialisation", "dropout", "numerical-stability"])
def test_chapters_hold_for_another_seed(name: str) -> None:
    assert not run_chapter(name, Study(seed=2)).failed


def test_spirals_are_two_arms_half_a_turn_apart() -> None:
    points, classes = spirals(4000, generator=torch.Generator().manual_seed(1), noise=0.0)
    assert float(classes.double().mean()) == pytest.approx(0.5, abs=0.04)
    radius = points.norm(dim=1)
    turned = torch.atan2(points[:, 1], points[:, 0]) - 2.5 * torch.pi * radius / 2
    torch.testing.assert_close(turned.cos(), 1.0 - 2.0 * classes, atol=1e-3, rtol=0)
    assert float(radius.max()) <= 2 + 1e-5


def test_no_digit_is_both_learnt_and_judged() -> None:
    train, test = flat_digits(3)
    rows = [{row.numpy().tobytes() for row in part[0]} for part in (train, test)]
    assert not rows[0] & rows[1]
    assert len(train[0]) + len(test[0]) == 1797
    assert train[0].shape[1:] == (64,)
    shares = [torch.bincount(classes, minlength=10) / len(classes) for _, classes in (train, test)]
    torch.testing.assert_close(*shares, atol=0.01, rtol=0)


def test_the_wrong_labels_are_a_share_of_what_is_learnt_and_none_of_what_judges() -> None:
    digits = dropout.read(1, torch.Generator().manual_seed(1))
    (pixels, classes), (held, held_classes) = flat_digits(1)
    right = {row.numpy().tobytes(): int(label) for row, label in zip(pixels, classes, strict=True)}
    for rows, labels in (digits.train, digits.valid):
        assert len(rows) == dropout.COUNT
        wrong = [right[row.numpy().tobytes()] != int(label) for row, label in zip(rows, labels, strict=True)]
        assert sum(wrong) / len(wrong) == pytest.approx(dropout.WRONG, abs=0.1)
    assert torch.equal(digits.test[0], held)
    assert torch.equal(digits.test[1], held_classes)


def test_accuracy_is_without_dropout_and_leaves_the_network_training() -> None:
    network = MultilayerPerceptron([2, 8, 3], dropout=0.9, generator=torch.Generator().manual_seed(1))
    x = torch.randn(50, 2)
    network.eval()
    classes = network(x).argmax(1)
    assert accuracy(network.train(), (x, classes)) == 1
    assert network.training
