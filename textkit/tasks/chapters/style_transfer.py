"""Style as Gram matrices: a digit drawn in the manner of a texture."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from textkit.explain.feature_maps import show_image
from textkit.explain.style_transfer import Stylised, gram_matrix, style_distance, transfer
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.digit_network import read_classes, small_network
from textkit.tasks.chapters.small_digits import read_small_digits, tensors
from textkit.tasks.chapters.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CARD = Card(
    title="Style transfer",
    title_zh="风格迁移",
    claim=(
        "Which channels speak together is style, wherever they do. Changed along the gradient, the image of "
        "a digit takes over the style of stripes; the weight of style decides how much of the digit is left."
    ),
    facts=(
        Fact("style distance with much style, end over start", 0.2, "<="),
        Fact("style distance with little style, end over start", 0.9, "<="),
        Fact("content distance with little style over that with much", 0.6, "<="),
        Fact("share of digits with little style that are read as what they are", 0.8, ">="),
        Fact("style distance of shifted stripes from stripes, over that of digits", 0.01, "<="),
    ),
    source="Gatys, Ecker and Bethge 2015, A neural algorithm of artistic style, arXiv:1508.06576",
    seconds=10,
    data_text="scikit-learn's load_digits to train on; stripes",
)
LARGER, STEPS, PERIOD = 8, 100, 8
LITTLE, MUCH = 2.0, 12.0  # what style weighs, if content weighs 1


def run(study: Study) -> dict[str, float]:
    """Train, enlarge a digit of each class, and draw them in stripes."""
    images = read_small_digits()
    network = small_network(tensors(images, slice(None)), seed=study.seed, epochs=12)
    # The file begins with 0, 1, 2, ..., 9. The convolutions take images of any size.
    content = functional.interpolate(tensors(images, slice(10))[0], scale_factor=LARGER, mode="bilinear")
    style = stripes(content.shape[-1])
    little, much = (
        [
            transfer(network.maps, digit, style, steps=STEPS, style_weight=weight, content_layer=0)
            for digit in torch.split(content, 1)
        ]
        for weight in (LITTLE, MUCH)
    )
    study.draw("style-transfer", lambda figure: _draw(figure, content, style, (little, much)), size=(8, 6))
    results = torch.cat([each.image for each in little])
    read = read_classes(network, functional.avg_pool2d(results, LARGER))  # at the size it has learnt
    study.note("read with little style: " + " ".join(str(each) for each in read.tolist()))
    with torch.no_grad():
        grams = [gram_matrix(each) for each in network.maps(style)]
        shifted = style_distance(network.maps(style.roll(PERIOD // 2, 3)), grams)
    before = mean(each.style[0] for each in much)
    reached = (
        mean(each.style[-1] for each in much) / before,
        mean(each.style[-1] for each in little) / before,
        mean(each.content[-1] for each in little) / mean(each.content[-1] for each in much),
        mean((read == torch.arange(len(read))).tolist()),
        float(shifted) / before,
    )
    return {fact.name: value for fact, value in zip(CARD.facts, reached, strict=True)}


def stripes(size: int) -> Tensor:
    """A square of slanting stripes, (1, 1, size, size), that go from dark to bright and back."""
    places = torch.arange(float(size))
    waves = torch.sin((places[:, None] + places) * (2 * torch.pi / PERIOD))
    return (0.5 + 0.5 * waves)[None, None]


def _draw(figure: Figure, content: Tensor, style: Tensor, made: tuple[list[Stylised], ...]) -> None:
    """Five digits, with little and with much style; the texture, and how both distances went."""
    parts = figure.subfigures(2, 1, squeeze=False, height_ratios=[7, 4])
    above, below = parts[0, 0], parts[1, 0]
    panels = above.subplots(3, 5)
    for number, column in enumerate(panels.T):
        shown = [content[number], *(each[number].image[0] for each in made)]
        for axes, image, name in zip(column, shown, ("", ", little style", ", much style"), strict=True):
            show_image(axes, image[0], title=f"{number}{name}")
    left, right = below.subplots(1, 2, width_ratios=[1, 2])
    show_image(left, style[0, 0], title="style")
    for each, name, line in zip(made, ("little", "much"), ("--", "-"), strict=True):
        right.plot(each[0].style, line, color="C0", label=f"from the style, {name} of it")
        right.plot(each[0].content, line, color="C1", label=f"from the content, {name} style")
    right.set(xlabel="step", ylabel="distance of the 0", ylim=(0, None))
    right.legend(fontsize=7, loc="center right")
