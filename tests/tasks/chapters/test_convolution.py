"""The chapters of convolution and digits: each in full where it is quick, in parts where it is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from textkit.data.images import Images
from textkit.errors import InputError, UsageError
from textkit.tasks.chapters import Chapter, Study, digits_cnn, load_chapter
from textkit.tasks.chapters.convolution import SOBEL, learn_kernel
from textkit.tasks.chapters.digit_network import small_network
from textkit.tasks.chapters.judging import accuracy
from textkit.tasks.chapters.small_digits import read_small_digits, tensors
from textkit.tasks.chapters.style_transfer import PERIOD, stripes


def all_hold(chapter: Chapter, study: Study) -> bool:
    reached = chapter.run(study)
    assert list(reached) == [fact.name for fact in chapter.CARD.facts]
    return all(fact.holds(reached[fact.name]) for fact in chapter.CARD.facts)


def test_convolution(tmp_path: Path) -> None:
    study = Study(plots=tmp_path)
    assert all_hold(load_chapter("convolution"), study)
    assert (tmp_path / "convolution.png").stat().st_size > 10_000
    assert "156 weights in kernels of 5 x 5, 3,692,640 dense" in study.notes[-1]


def test_a_learnt_kernel_is_the_one_that_made_the_answers() -> None:
    torch.testing.assert_close(learn_kernel(7), SOBEL, atol=0.01, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits", "deep-dream", "style-transfer"])
def test_a_chapter_on_a_trained_network(name: str, tmp_path: Path) -> None:
    assert all_hold(load_chapter(name), Study(seed=2, plots=tmp_path))
    assert list(tmp_path.glob("*.png"))


def test_small_digits_are_scikit_learn_s_and_can_be_learnt() -> None:
    from sklearn.datasets import load_digits

    images = read_small_digits()
    given = load_digits()
    np.testing.assert_allclose(images.scaled()[:, 0] * 16, given.images, atol=0.05)
    np.testing.assert_array_equal(images.classes, given.target)
    part = slice(0, 400)
    network = small_network(tensors(images, part), seed=1, epochs=6)
    assert not network.training
    assert accuracy(network, tensors(images, slice(400, 600))) > 0.75


def test_stripes_repeat_along_both_axes() -> None:
    made = stripes(16)
    assert made.shape == (1, 1, 16, 16)
    torch.testing.assert_close(made.roll(PERIOD, 2), made, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(made.roll((1, -1), (2, 3))[..., 1:, :-1], made[..., 1:, :-1])
    assert 0 <= made.min() < made.max() <= 1


def halves(count: int) -> Images:
    """Noisy images of 12 x 12, bright above, class 0, or below, class 1."""
    pixels = np.random.default_rng(0).integers(0, 100, (count, 12, 12)).astype(np.uint8)
    classes = np.arange(count) % 2
    pixels[classes == 0, 1:6] += 150
    pixels[classes == 1, 6:11] += 150
    return Images(pixels, classes)


def test_digits_cnn_learns_images_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SEEDS": 2, "BATCH": 10, "EPOCHS": 5}.items():
        monkeypatch.setattr(digits_cnn, name, value)
    study = Study(given=halves(100), plots=tmp_path)
    assert all_hold(load_chapter("digits-cnn"), study)
    assert {path.name for path in tmp_path.iterdir()} == {
        "digits-cnn-feature-maps.png",
        "digits-cnn-kernels.png",
    }
    assert [note.split(":")[0] for note in study.notes] == ["with distortion", "without"]


def test_digits_cnn_wants_images_and_enough_of_them() -> None:
    chapter = load_chapter("digits-cnn")
    with pytest.raises(UsageError, match="this chapter needs images: give the folder of the idx files"):
        chapter.run(Study())
    with pytest.raises(InputError, match="1 images are too few to hold out a fifth of them; give at least 2"):
        chapter.run(Study(given=halves(1)))


@pytest.mark.slow
@pytest.mark.data
def test_digits_cnn_on_real_digits() -> None:
    import os

    from textkit_corpora import read_images

    if not os.environ.get("TEXTKIT_DATA"):
        pytest.skip("TEXTKIT_DATA is not set")
    images = read_images(Path(os.environ["TEXTKIT_DATA"]) / "images")
    assert all_hold(load_chapter("digits-cnn"), Study(given=images))
