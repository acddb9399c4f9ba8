"""Gradient ascent on the input of a network that reads digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from textkit.explain.deep_dream import (
    Dream,
    channel_activation,
    class_score,
    dream,
    total_variation,
)
from textkit.explain.feature_maps import show_image
from textkit.models.convolution.lenet import LeNet
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.digit_network import small_network
from textkit.tasks.chapters.small_digits import read_small_digits, tensors
from textkit.tasks.chapters.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CARD = Card(
    title="Deep dream",
    title_zh="深度梦境",
    claim=(
        "Going up the gradient of the input, noise becomes what a trained network takes for a digit with "
        "certainty. Jitter and blur give smoother images that excite it less."
    ),
    facts=(
        Fact("least probability of the wanted digit at the end, of ten", 0.9, ">="),
        Fact("share of steps after which the wanted digit's score was higher", 0.9, ">="),
        Fact("activation of a channel, end over start", 2.0, ">="),
        Fact("share of steps after which the channel's activation was higher", 0.9, ">="),
        Fact("roughness with jitter and blur over roughness without", 0.7, "<="),
        Fact("digits' score with jitter and blur over score without", 0.9, "<="),
    ),
    source="Mordvintsev et al. 2015, Inceptionism; Simonyan et al. 2014, arXiv:1312.6034; "
    "Yosinski et al. 2015, arXiv:1506.06579",
    seconds=6,
    data_text="scikit-learn's load_digits to train on; noise from the seed to begin with",
)
STEPS, RATE, DIGITS, CANVAS = 100, 0.01, 10, 32


def run(study: Study) -> dict[str, float]:
    """Train, then dream of each of the ten digits, and of a channel on a larger canvas."""
    network = small_network(tensors(read_small_digits(), slice(None)), seed=study.seed, epochs=12)
    generator = torch.Generator().manual_seed(study.seed)
    noise = 0.3 * torch.rand(DIGITS, 1, 8, 8, generator=generator)  # dark, as the ground of digits is

    # Row k is to become digit k.
    score = class_score(network, wanted=torch.arange(DIGITS))
    plain = dream(noise, score, steps=STEPS, rate=RATE)
    smooth = dream(noise, score, steps=STEPS, rate=RATE, jitter=1, blur=0.05, seed=study.seed)
    certain, less_certain = (_least_probability(network, made.images) for made in (plain, smooth))
    study.note(f"least probability with jitter and blur: {less_certain:.3f}")

    # The convolutions take an image of any size: here one in which a channel may draw what it likes.
    canvas = 0.5 + 0.1 * torch.rand(1, 1, CANVAS, CANVAS, generator=generator)
    channel = _liveliest_channel(network, canvas)
    activation = channel_activation(network.maps, layer=1, channel=channel)
    excited = dream(canvas, activation, steps=STEPS, rate=RATE / 2)
    study.draw("deep-dream", lambda figure: _draw(figure, plain, smooth, excited), size=(8, 5.4))
    start, *_, end = excited.excitements
    rough, smoother = (float(total_variation(made.images).mean()) for made in (plain, smooth))
    held_back = smooth.excitements[-1] / plain.excitements[-1]
    reached = (certain, plain.rising, end / start, excited.rising, smoother / rough, held_back)
    return {fact.name: value for fact, value in zip(CARD.facts, reached, strict=True)}


@torch.no_grad()
def _least_probability(network: LeNet, images: Tensor) -> float:
    """Of digit k for image k, the least over k."""
    return float(network(images).softmax(1).diagonal().min())


@torch.no_grad()
def _liveliest_channel(network: LeNet, canvas: Tensor) -> int:
    """That channel of the second layer which the canvas excites most: one that has a gradient to go along."""
    return int(network.maps(canvas)[1].mean((0, 2, 3)).argmax())


def _draw(figure: Figure, plain: Dream, smooth: Dream, excited: Dream) -> None:
    """The ten digits dreamt both ways; below, the canvas, and how excitement rose."""
    parts = figure.subfigures(2, 1, squeeze=False, height_ratios=[2, 3])
    above, below = parts[0, 0], parts[1, 0]
    panels = above.subplots(2, DIGITS)
    for row, made in zip(panels, (plain, smooth), strict=True):
        for digit, axes in enumerate(row):
            show_image(axes, made.images[digit, 0], title=str(digit) if made is plain else "")
    above.suptitle("What the network takes for each digit; below with jitter and blur", fontsize=10)
    left, right = below.subplots(1, 2, width_ratios=[1, 1.5])
    show_image(left, excited.images[0, 0], title="what excites one channel")
    curves = {"digit's score": plain, "the same, jitter and blur": smooth, "channel's activation": excited}
    for label, made in curves.items():
        right.plot([each / made.excitements[-1] for each in made.excitements], label=label)
    right.set(xlabel="step", ylabel="excitement, as a share of the last")
    right.legend(fontsize=8)
