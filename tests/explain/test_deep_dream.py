"""Deep dream: climbing where the climb is known."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from textkit.errors import UsageError
from textkit.explain.deep_dream import blurred, channel_activation, class_score, dream, total_variation
from textkit.models.convolution.lenet import LeNet


def test_a_linear_score_is_climbed_along_its_weights() -> None:
    torch.manual_seed(0)
    weights = torch.randn(1, 1, 4, 4)
    grey = torch.full((1, 1, 4, 4), 0.5)
    made = dream(grey, lambda images: (images * weights).sum((1, 2, 3)), steps=1, rate=0.01)
    torch.testing.assert_close(made.images, grey + 0.01 * weights / weights.abs().mean())
    # Far enough it reaches the corner of the cube, where a linear score is largest.
    far = dream(grey, lambda images: (images * weights).sum((1, 2, 3)), steps=150, rate=0.1)
    torch.testing.assert_close(far.images, (weights > 0).float())
    assert far.excitements[-1] == pytest.approx(float(weights.clamp(min=0).sum()), rel=1e-5)


def test_the_gradient_is_that_of_finite_differences_of_the_excitement() -> None:
    torch.manual_seed(1)
    network = LeNet(8, 8, channels=(3, 4), kernel=3, hidden=6).double().eval()
    images = torch.full((1, 1, 8, 8), 0.5, dtype=torch.double) + 0.1 * torch.rand(1, 1, 8, 8)
    for excitement in (
        class_score(network, wanted=torch.tensor([3])),
        channel_activation(network.maps, layer=1, channel=2),
    ):
        step = 1e-6
        differences = torch.zeros(64, dtype=torch.double)
        for pixel in range(64):
            move = torch.zeros(64, dtype=torch.double)
            move[pixel] = step
            up, down = excitement(images + move.view_as(images)), excitement(images - move.view_as(images))
            differences[pixel] = (up - down) / (2 * step)
        wanted = differences / differences.abs().mean()
        moved = (dream(images, excitement, steps=1, rate=1e-4).images - images) / 1e-4
        torch.testing.assert_close(moved.flatten(), wanted, rtol=1e-3, atol=1e-3)


def test_rows_dream_apart_and_the_weights_stay() -> None:
    torch.manual_seed(2)
    network = LeNet(8, 8, channels=(3, 4), kernel=3, hidden=6).eval()
    before = [each.detach().clone() for each in network.parameters()]
    images = torch.rand(3, 1, 8, 8)
    wanted = torch.tensor([1, 7, 1])
    together = dream(images, class_score(network, wanted=wanted), steps=5, rate=0.01)
    alone = [
        dream(row, class_score(network, wanted=own), steps=5, rate=0.01).images
        for row, own in zip(images.split(1), wanted.split(1), strict=True)
    ]
    torch.testing.assert_close(together.images, torch.cat(alone))
    assert together.excitements[-1] > together.excitements[0]
    assert all(map(torch.equal, before, network.parameters()))
    assert all(each.grad is None for each in network.parameters())


def test_jitter_comes_from_the_seed_and_rolls_back() -> None:
    torch.manual_seed(3)
    network, images = LeNet(8, 8, channels=(3, 4), kernel=3, hidden=6).eval(), torch.rand(1, 1, 8, 8)
    score = class_score(network, wanted=torch.tensor([1]))
    one, same, other = (
        dream(images, score, steps=6, rate=0.02, jitter=2, seed=seed).images for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    # What does not care for places is climbed the same with jitter and without.
    mean = nn.Flatten()
    made = dream(images, lambda rows: mean(rows).square().sum(1), steps=3, rate=0.01, jitter=3)
    still = dream(images, lambda rows: mean(rows).square().sum(1), steps=3, rate=0.01)
    torch.testing.assert_close(made.images, still.images)


def test_blur_keeps_means_and_makes_smooth() -> None:
    torch.manual_seed(4)
    images = torch.rand(2, 3, 7, 6)
    torch.testing.assert_close(blurred(torch.full_like(images, 0.3)), torch.full_like(images, 0.3))
    assert (total_variation(blurred(images)) < total_variation(images)).all()
    point = functional.pad(torch.ones(1, 1, 1, 1), (2, 2, 2, 2))
    one = torch.tensor([1.0, 2.0, 1.0]) / 4
    torch.testing.assert_close(blurred(point)[0, 0, 1:4, 1:4], torch.outer(one, one))
    score = class_score(LeNet(8, 8, kernel=3).eval(), wanted=torch.tensor([1]))
    grey = torch.rand(1, 1, 8, 8)
    rough, smooth = (dream(grey, score, steps=10, rate=0.03, blur=blur).images for blur in (0.0, 0.5))
    assert total_variation(smooth) < total_variation(rough)


def test_a_flat_excitement_moves_nothing() -> None:
    grey = torch.full((1, 1, 4, 4), 0.5)
    made = dream(grey, lambda images: (images * 0).sum((1, 2, 3)), steps=3, rate=1.0)
    assert torch.equal(made.images, grey)
    assert made.rising == 0


@pytest.mark.parametrize("change", [{"steps": 0}, {"rate": 0.0}, {"jitter": -1}, {"blur": 1.5}])
def test_settings_must_make_sense(change: dict[str, float]) -> None:
    settings = {"steps": 1, "rate": 0.1} | change
    with pytest.raises(UsageError, match="a dream needs steps of at least 1"):
        dream(torch.zeros(1, 1, 4, 4), lambda images: images.mean((1, 2, 3)), **settings)
