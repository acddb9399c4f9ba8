"""Small handwritten digits as rows of 64 numbers."""

from __future__ import annotations

import torch

from textkit.data.splits import split
from textkit.tasks.chapters.digit_network import read_small_digits
from textkit.train.fit import Examples


def flat_digits(seed: int) -> tuple[Examples, Examples]:
    """Four fifths to learn from and a fifth held out: pixels (N, 64) from 0 to 1, and classes (N,).

    Stratified and at random; equal images are in one part, so that none that is learnt is judged. Who wrote
    a digit is not told, so the same people wrote what is held out: others' digits are read less well.
    """
    images = read_small_digits()
    groups = [image.tobytes() for image in images.pixels]
    parts = split(
        len(images), {"train": 0.8, "test": 0.2}, seed=seed, labels=images.classes.tolist(), groups=groups
    )
    pixels, classes = torch.from_numpy(images.scaled()).flatten(1), torch.from_numpy(images.classes)
    train, test = parts["train"], parts["test"]
    return (pixels[train], classes[train]), (pixels[test], classes[test])
