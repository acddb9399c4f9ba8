"""A small convolutional network on digits of 8 by 8 pixels."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING

from torch import Tensor

from textkit.data.images import Images
from textkit.explain.feature_maps import show_image
from textkit.models.convolution.lenet import LeNet
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.digit_network import read_classes, small_network
from textkit.tasks.chapters.judging import accuracy
from textkit.tasks.chapters.small_digits import hold_out_a_fifth, read_small_digits, tensors
from textkit.tasks.chapters.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CARD = Card(
    title="Small digits",
    title_zh="小尺寸手写数字",
    claim=(
        "A small convolutional network with dropout reads 98.5 % of 8 x 8 digits held out at random. It "
        "errs more often on the end of the file, which seems to be by hands not seen in training."
    ),
    facts=(
        Fact("accuracy, a fifth at random held out, mean of three", 0.985, ">="),
        Fact("accuracy, the last fifth of the file held out", 0.94, ">="),
        Fact("what holding out at random flatters by", 0.005, ">="),
        Fact("images that stand twice in the file", 0.0),
    ),
    source="LeCun et al. 1998, Gradient-based learning applied to document recognition; "
    "Srivastava et al. 2014, Dropout",
    seconds=15,
    data_text="scikit-learn's load_digits: 1,797 images of 8 x 8 pixels in ten classes",
)
SPLITS = 3


def run(study: Study) -> dict[str, float]:
    """Train on random four fifths, thrice; then on the first four fifths of the file."""
    images = read_small_digits()

    # As in the book: shuffled, and held out at random. Stratified; equal images would stay together.
    random = []
    for seed in range(study.seed, study.seed + SPLITS):
        train, held = hold_out_a_fifth(images, seed=seed)
        network = small_network(tensors(images, train), seed=seed)
        test = tensors(images, held)
        random.append(accuracy(network, test))
    study.note("held out at random: " + ", ".join(f"{each:.2%}" for each in random))
    study.draw("digits-errors", lambda figure: _draw_errors(figure, network, test), size=(7, 1.7))

    # As one should: digits of one hand stand together, so the file's end is by hands its beginning lacks.
    unseen = _unseen_hands(images, seed=study.seed)
    different = {image.tobytes() for image in images.pixels}
    reached = (mean(random), unseen, mean(random) - unseen, float(len(images) - len(different)))
    return {fact.name: value for fact, value in zip(CARD.facts, reached, strict=True)}


def _unseen_hands(images: Images, *, seed: int) -> float:
    end = len(images) * 4 // 5
    network = small_network(tensors(images, slice(end)), seed=seed)
    return accuracy(network, tensors(images, slice(end, None)))


def _draw_errors(figure: Figure, network: LeNet, test: tuple[Tensor, Tensor]) -> None:
    """Held-out digits that the network takes for others; the first six of them."""
    pixels, classes = test
    found = read_classes(network, pixels)
    wrong = (found != classes).nonzero().flatten().tolist()[:6]
    for axes, row in zip(figure.subplots(1, 6, squeeze=False)[0], wrong, strict=False):
        show_image(axes, pixels[row, 0], title=f"a {classes[row]} read as {found[row]}")
    for axes in figure.axes[len(wrong) :]:
        axes.axis("off")
    figure.suptitle("Digits that were misread", fontsize=11)
