"""Real handwritten digits: accuracy of a LeNet with dropout, with distorted images and without.

    TEXTKIT_DATA=... python benchmarks/digits.py [--seeds 3] [--threads 2] [--write]

The first four fifths of images/ train, the rest is held out, in the order of the file.
"""

from __future__ import annotations

import argparse
import time
from statistics import mean, stdev

import torch
from results import data_folder, machine, publish, table

from textkit.tasks.chapters.digits_cnn import BATCH, DISTORTION, EPOCHS, train_lenet
from textkit.tasks.chapters.judging import accuracy
from textkit.tasks.chapters.small_digits import tensors
from textkit_corpora import read_images

HEADER = ["images", "accuracy", "standard deviation", "each seed", "training, s a seed", "held out, images/s"]
NOTES = """{train:,} digits train, {test:,} are held out, in the order of the file; {epochs} epochs in
batches of {batch}, Adam with one cycle, {weights:,} weights, dropout 0.25, {threads} threads. Settings were
chosen on the last 1,600 of the training digits. Distorted: at each sight every image is shifted by up to
{shift:g} pixels, turned by up to {degrees:g} degrees, resized by up to {scale:.0%} and slanted by up to
{slant:.0%}; held-out images never are. All accuracies in percent. The seconds are those of training alone;
all {runs} together took {total:.0f} s."""


def main() -> None:
    """Train, and publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    images = read_images(data_folder() / "images")
    end = len(images) * 4 // 5
    train, test = tensors(images, slice(end)), tensors(images, slice(end, None))
    rows, total, weights = [], 0.0, 0
    for name, distortion in (("distorted", DISTORTION), ("as they are", None)):
        found, training, reading = [], [], []
        for seed in range(1, given.seeds + 1):
            begin = time.perf_counter()
            network = train_lenet(train, seed=seed, distortion=distortion)
            trained = time.perf_counter()
            found.append(100 * accuracy(network, test))
            training.append(trained - begin)
            reading.append(time.perf_counter() - trained)
            weights = sum(each.numel() for each in network.parameters())
        spread = f"{stdev(found):.2f}" if len(found) > 1 else ""
        each = ", ".join(f"{value:.2f}" for value in found)
        speed = f"{len(test[0]) / mean(reading):,.0f}"
        rows.append([name, f"{mean(found):.2f}", spread, each, f"{mean(training):.1f}", speed])
        total += sum(training)
    notes = NOTES.format(
        train=end,
        test=len(images) - end,
        epochs=EPOCHS,
        batch=BATCH,
        weights=weights,
        threads=given.threads,
        shift=DISTORTION.shift,
        degrees=DISTORTION.degrees,
        scale=DISTORTION.scale,
        slant=DISTORTION.slant,
        runs=2 * given.seeds,
        total=total,
    )
    body = f"{machine('textkit-nlp', 'torch')}\n\n{table(HEADER, rows)}\n\n{notes}"
    publish("Handwritten digits", body, script="digits.py")


if __name__ == "__main__":
    main()
