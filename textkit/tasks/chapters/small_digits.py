"""Small handwritten digits: the 1,797 of 8 by 8 pixels that scikit-learn has."""

from __future__ import annotations

import numpy as np
import torch

from textkit.data.images import Images
from textkit.data.splits import Indices, split
from textkit.train.fit import Examples


def read_small_digits() -> Images:
    """The digits of scikit-learn's load_digits, as bytes, in the order of the file."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return Images(np.rint(digits.images * (255 / 16)).astype(np.uint8), digits.target.astype(np.int64))


def tensors(images: Images, which: Indices | slice) -> Examples:
    """Some of the images, (N, 1, H, W) from 0 to 1, and their classes (N,)."""
    return torch.from_numpy(images.scaled()[which]), torch.from_numpy(images.classes[which])


def hold_out_a_fifth(images: Images, *, seed: int) -> tuple[Indices, Indices]:
    """Rows to learn from, and a fifth of each class, drawn at random, to judge by.

    Equal images are in one part, so that none that is learnt is judged. Who wrote a digit is not told, so the
    same people wrote what is held out: others' digits are read less well.
    """
    groups = [image.tobytes() for image in images.pixels]
    shares = {"train": 0.8, "test": 0.2}
    parts = split(len(images), shares, seed=seed, labels=images.classes.tolist(), groups=groups)
    return parts["train"], parts["test"]


def flat_digits(seed: int) -> tuple[Examples, Examples]:
    """The same of the small digits, as rows of numbers: pixels (N, 64) from 0 to 1, and classes (N,)."""
    images = read_small_digits()
    train, test = (tensors(images, rows) for rows in hold_out_a_fifth(images, seed=seed))
    return (train[0].flatten(1), train[1]), (test[0].flatten(1), test[1])
