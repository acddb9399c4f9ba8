"""How many weights a convolution has, and how many a dense layer between the same sizes."""

from __future__ import annotations


def convolution_parameters(inputs: int, outputs: int, *, kernel: int) -> int:
    """outputs (inputs kernel^2 + 1): the kernels, and a bias for each channel out; whatever the image's size.

    >>> convolution_parameters(1, 6, kernel=5)
    156
    """
    return outputs * (inputs * kernel * kernel + 1)


def dense_parameters(inputs: tuple[int, int, int], outputs: tuple[int, int, int]) -> int:
    """Those of a dense layer between `inputs` (C, H, W) and `outputs` (D, H', W'), and its biases.

    >>> dense_parameters((1, 28, 28), (6, 28, 28))
    3692640
    """
    channels, height, width = inputs
    others, rows, columns = outputs
    return others * rows * columns * (channels * height * width + 1)
