"""Cross-correlation and convolution written out, against torch and scipy."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.convolution.cross_correlation import (
    CrossCorrelation,
    convolve,
    cross_correlate,
    pointwise,
)
from textkit.models.convolution.parameters import convolution_parameters, dense_parameters
from textkit.models.convolution.sizes import output_size

SHAPES = [
    # images, kernels, stride, padding
    ((2, 3, 7, 9), (4, 3, 3, 2), 1, 0),
    ((1, 1, 5, 5), (1, 1, 5, 5), 1, 0),
    ((2, 2, 8, 7), (3, 2, 3, 3), 2, 1),
    ((2, 4, 6, 6), (5, 4, 1, 1), 3, 2),
    ((3, 2, 4, 9), (2, 2, 4, 5), 3, 3),
]


@pytest.mark.parametrize(("images", "kernels", "stride", "padding"), SHAPES)
def test_it_equals_torch_forward_and_backward(
    images: tuple[int, ...], kernels: tuple[int, ...], stride: int, padding: int
) -> None:
    generator = torch.Generator().manual_seed(sum(images))
    given = [
        torch.randn(shape, generator=generator, dtype=torch.double, requires_grad=True)
        for shape in (images, kernels, kernels[:1])
    ]
    got = cross_correlate(given[0], given[1], bias=given[2], stride=stride, padding=padding)
    wanted = functional.conv2d(given[0], given[1], given[2], stride=stride, padding=padding)
    torch.testing.assert_close(got, wanted)
    assert got.shape[2:] == tuple(
        output_size(size, window, stride=stride, padding=padding)
        for size, window in zip(images[2:], kernels[2:], strict=True)
    )
    factor = torch.randn(wanted.shape, generator=generator, dtype=torch.double)
    for one, other in zip(
        torch.autograd.grad((got * factor).sum(), given),
        torch.autograd.grad((wanted * factor).sum(), given),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


def test_the_kernel_s_gradient_is_that_of_finite_differences() -> None:
    generator = torch.Generator().manual_seed(3)
    image = torch.randn(1, 2, 5, 4, generator=generator, dtype=torch.double)
    kernels = torch.randn(2, 2, 3, 2, generator=generator, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda k: cross_correlate(image, k, stride=2, padding=1), (kernels,))


def test_convolution_is_scipy_s_and_commutes() -> None:
    from scipy.signal import convolve2d, correlate2d

    generator = torch.Generator().manual_seed(4)
    image, kernel = (torch.randn(6, 7, generator=generator), torch.randn(3, 3, generator=generator))
    shaped = image[None, None], kernel[None, None]
    for got, wanted in (
        (convolve(*shaped), convolve2d(image, kernel, mode="valid")),
        (convolve(*shaped, padding=2), convolve2d(image, kernel, mode="full")),
        (cross_correlate(*shaped), correlate2d(image, kernel, mode="valid")),
    ):
        torch.testing.assert_close(got[0, 0], torch.from_numpy(wanted))
    other = torch.randn(1, 1, 3, 3, generator=generator)
    torch.testing.assert_close(convolve(shaped[1], other, padding=2), convolve(other, shaped[1], padding=2))


def test_what_moves_in_the_image_moves_in_the_response() -> None:
    generator = torch.Generator().manual_seed(5)
    image, kernels = torch.zeros(1, 1, 12, 12), torch.randn(3, 1, 3, 3, generator=generator)
    image[..., 3:7, 2:6] = torch.randn(4, 4, generator=generator)
    moved = cross_correlate(image.roll((2, 3), (2, 3)), kernels, padding=1)
    torch.testing.assert_close(moved, cross_correlate(image, kernels, padding=1).roll((2, 3), (2, 3)))


def test_one_by_one_is_a_matrix_product_over_channels() -> None:
    generator = torch.Generator().manual_seed(6)
    images = torch.randn(2, 3, 4, 5, generator=generator)
    weights, bias = torch.randn(6, 3, generator=generator), torch.randn(6, generator=generator)
    got = pointwise(images, weights, bias=bias)
    torch.testing.assert_close(got, functional.conv2d(images, weights[:, :, None, None], bias))
    torch.testing.assert_close(got, functional.linear(images.movedim(1, -1), weights, bias).movedim(-1, 1))
    torch.testing.assert_close(pointwise(images, weights), cross_correlate(images, weights[..., None, None]))


def test_the_module_holds_what_torch_s_holds() -> None:
    torch.manual_seed(7)
    ours, theirs = CrossCorrelation(3, 4, kernel=3, stride=2, padding=1), nn.Conv2d(3, 4, 3, 2, 1)
    theirs.load_state_dict(ours.state_dict())
    images = torch.randn(2, 3, 9, 8)
    torch.testing.assert_close(ours(images), theirs(images))
    assert sum(each.numel() for each in ours.parameters()) == convolution_parameters(3, 4, kernel=3)
    assert CrossCorrelation(3, 4, kernel=3, bias=False).bias is None
    many = CrossCorrelation(4, 200, kernel=3)
    for drawn in many.parameters():  # evenly from +-1/6
        assert float(drawn.detach().abs().max()) == pytest.approx(1 / 6, rel=0.02)
        assert float(drawn.detach().std()) == pytest.approx(1 / 6 / 3**0.5, rel=0.1)


def test_parameters_are_those_of_torch_s_layers() -> None:
    dense = nn.Linear(2 * 5 * 6, 3 * 4 * 4)
    assert dense_parameters((2, 5, 6), (3, 4, 4)) == sum(each.numel() for each in dense.parameters())


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda: output_size(4, 5), "a window of 5 does not fit into 4 with a padding of 0"),
        (lambda: output_size(4, 2, stride=0), "must be at least 1 and padding at least 0"),
        (lambda: output_size(4, 2, padding=-1), "not 4, 2, 1 and -1"),
        (
            lambda: cross_correlate(torch.zeros(1, 2, 4, 4), torch.zeros(1, 3, 2, 2)),
            r"with as many channels, not \(1, 2, 4, 4\) with \(1, 3, 2, 2\)",
        ),
        (lambda: cross_correlate(torch.zeros(4, 4), torch.zeros(2, 2)), r"images \(B, C, H, W\)"),
        (
            lambda: cross_correlate(torch.zeros(1, 1, 2, 9), torch.zeros(1, 1, 3, 3)),
            "a window of 3 does not fit into 2",
        ),
        (lambda: CrossCorrelation(1, 0, kernel=3), "needs sizes of at least 1, not 1, 0 and a kernel of 3"),
    ],
)
def test_what_does_not_fit_is_said(work: object, message: str) -> None:
    assert callable(work)
    with pytest.raises(UsageError, match=message):
        work()
