"""Gram matrices, the two distances, and a transfer."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from textkit.errors import UsageError
from textkit.explain.style_transfer import content_distance, gram_matrix, style_distance, transfer
from textkit.models.convolution.lenet import LeNet


def test_a_gram_matrix_is_its_double_sum_and_knows_no_places() -> None:
    maps = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    gram = gram_matrix(maps)
    for row in range(2):
        for n in range(3):
            for m in range(3):
                wanted = sum(maps[row, n, y, x] * maps[row, m, y, x] for y in range(4) for x in range(5)) / 20
                torch.testing.assert_close(gram[row, n, m], torch.as_tensor(wanted))
    order = torch.randperm(20, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(gram_matrix(maps.flatten(2)[:, :, order].view_as(maps)), gram)
    torch.testing.assert_close(gram_matrix(maps.repeat(1, 1, 2, 3)), gram)  # a larger image of the same style
    assert torch.linalg.eigvalsh(gram).min() > -1e-5


def test_style_s_gradient_is_the_paper_s_equation_six_but_for_its_weight() -> None:
    generator = torch.Generator().manual_seed(2)
    maps = torch.rand(1, 3, 4, 4, generator=generator, dtype=torch.double).requires_grad_()
    wanted = gram_matrix(torch.rand(1, 3, 4, 4, generator=generator, dtype=torch.double))
    (gradient,) = torch.autograd.grad(style_distance([maps], [wanted]), maps)
    flat, places = maps.detach().flatten(2), 16
    by_hand = 4 * (gram_matrix(maps.detach()) - wanted) @ flat / (places * wanted.square().sum())
    torch.testing.assert_close(gradient.flatten(2), by_hand)


def test_distances_are_nothing_from_oneself() -> None:
    maps = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(3))
    assert content_distance(maps, maps) == 0
    assert style_distance([maps, maps], [gram_matrix(maps)] * 2) == 0
    assert content_distance(maps, maps.flip(2)) > 0
    assert content_distance(torch.zeros_like(maps), maps) == 1
    assert style_distance([maps * 0, maps], [gram_matrix(maps)] * 2) == 0.5  # the mean of two layers
    torch.testing.assert_close(style_distance([maps.flip(2)], [gram_matrix(maps)]), torch.tensor(0.0))


def network_and_images() -> tuple[LeNet, Tensor, Tensor]:
    torch.manual_seed(4)
    network = LeNet(8, 8, channels=(4, 6), kernel=3, hidden=8).eval()
    content, style = torch.zeros(1, 1, 16, 16), torch.zeros(1, 1, 12, 20)
    content[..., 4:12, 4:12] = 1.0
    style[..., ::2] = 1.0
    return network, content, style


def test_style_comes_nearer_and_content_is_weighed_against_it() -> None:
    network, content, style = network_and_images()
    strong = transfer(network.maps, content, style, steps=60, style_weight=10.0)
    weak = transfer(network.maps, content, style, steps=60, style_weight=0.1)
    assert strong.content[0] == 0
    assert strong.style[-1] < 0.3 * strong.style[0]
    assert weak.style[-1] > strong.style[-1]
    assert weak.content[-1] < strong.content[-1]
    assert len(strong.style) == 61
    assert 0 <= strong.image.min() <= strong.image.max() <= 1
    assert all(each.grad is None for each in network.parameters())


def test_without_style_the_content_comes_back_from_noise() -> None:
    network, content, style = network_and_images()
    noise = torch.rand(content.shape, generator=torch.Generator().manual_seed(5))
    made = transfer(network.maps, content, style, start=noise, steps=150, style_weight=0.0, content_layer=0)
    assert made.content[-1] < 0.02 * made.content[0]
    still = transfer(network.maps, content, style, steps=3, style_weight=0.0)
    torch.testing.assert_close(still.image, content)


@pytest.mark.parametrize("change", [{"steps": 0}, {"rate": 0.0}, {"style_weight": -1.0}])
def test_settings_must_make_sense(change: dict[str, float]) -> None:
    network, content, style = network_and_images()
    with pytest.raises(UsageError, match="a transfer needs steps of at least 1"):
        transfer(network.maps, content, style, **change)
