"""The network for digits, and the distortion of its images."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.convolution.cross_correlation import cross_correlate
from textkit.models.convolution.distortion import Distortion
from textkit.models.convolution.lenet import LeNet
from textkit.models.convolution.pooling import max_pool


@pytest.mark.parametrize(("height", "width", "kernel"), [(28, 28, 5), (8, 8, 3), (9, 6, 3)])
def test_it_is_convolutions_and_pools_written_out(height: int, width: int, kernel: int) -> None:
    torch.manual_seed(0)
    network = LeNet(height, width, channels=(3, 4), kernel=kernel, hidden=6).eval()
    images = torch.randn(2, 1, height, width)
    features = images
    for convolution, seen in zip(network.convolutions, network.maps(images), strict=True):
        features = cross_correlate(
            features, convolution.weight, bias=convolution.bias, padding=kernel // 2
        ).relu()
        torch.testing.assert_close(seen, features)
        features = max_pool(features, 2)
    scores = network.output(network.hidden(features.flatten(1)).relu())
    torch.testing.assert_close(network(images), scores)
    assert scores.shape == (2, 10)


def test_dropout_and_distortion_act_in_training_only() -> None:
    torch.manual_seed(1)
    network = LeNet(8, 8, kernel=3, augment=Distortion(shift=1, degrees=5))
    images = torch.rand(3, 1, 8, 8)
    assert not torch.equal(network(images), network(images))
    network.eval()
    assert torch.equal(network(images), network(images))
    undropped = LeNet(8, 8, kernel=3, dropout=0.0)
    assert torch.equal(undropped(images), undropped(images))


def test_dropout_stands_before_both_dense_layers() -> None:
    torch.manual_seed(5)
    network = LeNet(8, 8, kernel=3, dropout=0.5)
    with torch.no_grad():  # so that nothing is 0 without dropout
        network.convolutions[-1].bias.fill_(9.0)
        network.hidden.bias.fill_(99.0)
    dropped = {}
    for name in ("hidden", "output"):
        layer = getattr(network, name)
        layer.register_forward_pre_hook(lambda _, given, name=name: dropped.update({name: given[0] == 0}))
    network(torch.rand(20, 1, 8, 8))
    assert all(0.45 < share.float().mean() < 0.55 for share in dropped.values())
    network.eval()(torch.rand(20, 1, 8, 8))
    assert not any(share.any() for share in dropped.values())


def test_in_the_picture_of_the_network_there_is_no_dropout() -> None:
    from textkit.models.graph.module_graph import module_graph

    found = module_graph(LeNet(8, 8, kernel=3), (torch.zeros(1, 1, 8, 8),))
    assert not any("ropout" in node.label for node in found.nodes)


def test_dropout_leaves_expectations_alone() -> None:
    torch.manual_seed(2)
    network = LeNet(8, 8, kernel=3, dropout=0.5)
    with torch.no_grad():  # a linear end: what is dropped before it is then unbiased
        network.hidden.bias.fill_(50.0)
        images = torch.rand(1, 1, 8, 8)
        mean = torch.stack([network(images) for _ in range(3000)]).mean(0)
        torch.testing.assert_close(mean, network.eval()(images), rtol=0.05, atol=0.6)


def test_what_cannot_be_built_is_refused() -> None:
    with pytest.raises(UsageError, match="the kernel must be odd, so that padding can keep the size; not 4"):
        LeNet(8, 8, kernel=4)
    with pytest.raises(
        UsageError, match="images of 3 x 8 are too small for 2 poolings: they need sides of 4"
    ):
        LeNet(3, 8, kernel=3)
    with pytest.raises(UsageError, match=r"dropout must lie in \[0, 1\), not 1.5"):
        LeNet(8, 8, kernel=3, dropout=1.5)


def test_no_distortion_changes_nothing() -> None:
    images = torch.rand(2, 1, 6, 5)
    torch.testing.assert_close(Distortion()(images), images)


def test_a_quarter_turn_and_a_shift_are_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    images = torch.rand(1, 1, 6, 6)
    monkeypatch.setattr(torch, "rand", lambda *shape, **_: torch.ones(*shape))  # the largest amounts
    turned = Distortion(degrees=90)(images)
    torch.testing.assert_close(turned, torch.rot90(images, dims=(2, 3)), atol=1e-5, rtol=1e-5)
    smaller = Distortion(degrees=90, scale=0.5)(images)
    expected = torch.rot90(Distortion(scale=0.5)(images), dims=(2, 3))
    torch.testing.assert_close(smaller, expected, atol=1e-5, rtol=1e-5)
    moved = Distortion(shift=2)(images)
    torch.testing.assert_close(moved, functional.pad(images, (0, 2, 0, 2))[..., 2:, 2:])


def test_what_is_turned_keeps_its_shape_in_an_image_that_is_not_square(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    square = torch.rand(1, 1, 6, 6)
    wide = functional.pad(square, (4, 4))
    monkeypatch.setattr(torch, "rand", lambda *shape, **_: torch.full(shape, 0.8))
    settings = {"shift": 1.5, "degrees": 40.0, "scale": 0.2, "slant": 0.1}
    inner = functional.pad(square, (4, 4, 4, 4))
    expected = Distortion(**settings)(inner)[:, :, 4:-4]
    torch.testing.assert_close(Distortion(**settings)(wide), expected, atol=1e-5, rtol=1e-5)


def test_each_image_is_moved_by_its_own_amount_within_bounds() -> None:
    torch.manual_seed(3)
    point = torch.zeros(200, 1, 11, 11)
    point[..., 5, 5] = 1.0
    moved = Distortion(shift=2.0)(point)
    places = torch.arange(11.0)
    centre = (moved.sum((1, 2)) * places).sum(1) - 5
    assert 1.8 < centre.abs().max() <= 2.0 + 1e-4
    assert abs(centre.mean()) < 0.3
    assert len(centre.unique()) > 190


@pytest.mark.parametrize("settings", [{"shift": -1.0}, {"scale": 1.0}])
def test_amounts_must_make_sense(settings: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="amounts of at least 0, and a scale below 1"):
        Distortion(**settings)


def test_it_learns_what_it_is_shown() -> None:
    from textkit.train.fit import fit

    torch.manual_seed(4)
    images = torch.zeros(40, 1, 8, 8)
    classes = torch.arange(40) % 2
    images[classes == 0, :, 3] = 1.0  # lying bars against standing ones
    images[classes == 1, :, :, 3] = 1.0
    network = LeNet(8, 8, classes=2, channels=(2, 4), kernel=3, hidden=8, augment=Distortion(shift=1))
    fit(
        network,
        nn.functional.cross_entropy,
        examples=(images, classes),
        optimizer=torch.optim.Adam(network.parameters(), lr=0.02),
        epochs=15,
        batch_size=10,
    )
    assert (network.eval()(images).argmax(1) == classes).all()
