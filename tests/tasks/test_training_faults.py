"""What may go wrong in training: told in one line with what to do, and nothing is lost."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from textkit.errors import CheckpointError, InputError, TextkitError, UsageError
from textkit.tasks.language_model import make_config, resume, train
from textkit.tasks.language_model.network_size import check_size
from textkit.text.vocab import Vocab
from textkit.train.checkpoint import RunFolder
from textkit.train.progress import Progress

SETTINGS: dict[str, Any] = {
    "epochs": 3,
    "batch_size": 4,
    "steps": 7,
    "embedding": 12,
    "hidden": 12,
    "dropout": 0.3,
    "optimizer": "adamw",
    "learning_rate": 0.02,
    "schedule": "plateau",
    "patience": 2,
}


def lines(count: int = 60) -> list[str]:
    generator = random.Random(5)
    return [
        " ".join(generator.choice("abcdef") for _ in range(generator.randrange(0, 9))) for _ in range(count)
    ]


def weights(path: Path) -> dict[str, bytes]:
    run = RunFolder.open(path)
    return {f"{role} {k}": v.tobytes() for role in ("best", "last") for k, v in run.arrays(role).items()}


def test_a_loss_that_is_not_finite_stops_with_an_explanation(tmp_path: Path) -> None:
    config = make_config({**SETTINGS, "model": "rnn", "optimizer": "sgd", "learning_rate": 1e6, "clip": 1e38})
    said: list[str] = []
    with pytest.raises(TextkitError, match=r"the loss is not finite .*, though training went back 3 times"):
        train(lines(), config, out=tmp_path / "run", say=said.append)
    assert any(line.endswith("back to step 0, at 0.125 of the learning rate") for line in said)


def test_an_ngram_run_has_nothing_to_resume(tmp_path: Path) -> None:
    train(lines(), make_config({"model": "ngram", "order": 2}), out=tmp_path / "run")
    with pytest.raises(UsageError, match="there is nothing to resume"):
        resume(tmp_path / "run")


def test_bad_epochs_do_not_spoil_a_run(tmp_path: Path) -> None:
    train(lines(), make_config({"model": "gru", **SETTINGS}), out=tmp_path / "run")
    with pytest.raises(UsageError, match="epochs must be at least 1, not 0"):
        resume(tmp_path / "run", epochs=0)
    with pytest.raises(UsageError, match="max_steps must be at least 1, not -1"):
        resume(tmp_path / "run", max_steps=-1)
    said: list[str] = []
    resume(tmp_path / "run", say=said.append)
    assert said == ["there is nothing left to train: all 3 epochs are done; give more --epochs to go on"]


def test_more_steps_equal_having_asked_for_them_at_once(tmp_path: Path) -> None:
    patient = {**SETTINGS, "model": "gru", "patience": 10, "validate_every": 4}
    train(lines(), make_config({**patient, "max_steps": 6}), out=tmp_path / "more")
    said: list[str] = []
    resume(tmp_path / "more", say=said.append, epochs=99)  # epochs are not what is wanting
    assert said == ["there is nothing left to train: all 6 steps are done; give more --max-steps to go on"]
    # The validation at the end is made where 8 steps have none.
    train(lines(), make_config({**patient, "max_steps": 8, "validate_every": 2}), out=tmp_path / "at once")
    scores = resume(tmp_path / "more", max_steps=8)
    assert RunFolder.open(tmp_path / "more").document["max_steps"] == 8
    for name, array in RunFolder.open(tmp_path / "at once").arrays("last").items():
        np.testing.assert_array_equal(array, RunFolder.open(tmp_path / "more").arrays("last")[name])
    assert resume(tmp_path / "more", say=said.append) == scores
    assert said[-1] == "there is nothing left to train: all 8 steps are done; give more --max-steps to go on"


def test_a_run_that_lost_patience_says_so(tmp_path: Path) -> None:
    config = make_config({**SETTINGS, "model": "lstm", "epochs": 60, "learning_rate": 0.1, "dropout": 0.0})
    train(lines(30), config, out=tmp_path / "run")
    said: list[str] = []
    resume(tmp_path / "run", epochs=200, say=said.append)
    assert said == [
        "there is nothing left to train: validation has not improved 2 times in a row, which is the "
        "patience; train a new run with a larger --patience to go on longer"
    ]


def test_nobody_else_trains_in_a_run_that_is_being_trained(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="this system has no flock")
    refused: list[str] = []

    def watch(progress: Progress, _steps: int) -> None:
        if progress.step == 3:
            with pytest.raises(CheckpointError) as caught:
                resume(tmp_path / "run", epochs=5)
            refused.append(str(caught.value))

    config = make_config({"model": "gru", **SETTINGS, "epochs": 1})
    train(lines(), config, out=tmp_path / "run", watch=watch)
    assert "epochs" not in RunFolder.open(tmp_path / "run").document
    resume(tmp_path / "run", max_steps=9)
    assert refused == [f"{tmp_path / 'run'}: another training is at work in this run; wait for it, or end it"]


def test_a_full_disk_is_told_with_what_to_do_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_config({"model": "gru", **SETTINGS})
    train(lines(), config, out=tmp_path / "whole")
    real, full = os.fsync, [False]

    def fsync(file: int) -> None:
        if full[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(file)

    def fill(progress: Progress, _steps: int) -> None:
        full[0] = progress.step >= 17

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(TextkitError) as caught:
        train(lines(), config, out=tmp_path / "cut", watch=fill)
    assert str(caught.value).endswith(
        ": cannot be written: no space left on device; "
        f"go on with: textkit train-lm --resume {tmp_path / 'cut'}"
    )
    full[0] = False
    resume(tmp_path / "cut")
    assert weights(tmp_path / "cut") == weights(tmp_path / "whole")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": "transformer", "steps": 1, "heads": 2}, "context must be at least 2 steps"),
        ({"output_layer": "adaptive", "tied": False, "hidden": 8}, "2 cutoffs need features at least 16"),
        ({"embedding": 10**9}, r"^the network is too large: storage size .*; use a smaller embedding"),
        (
            {"embedding": 10**6},
            r"^the network is too large: its weights need [\d,.]+ GiB, and cpu has .* GiB",
        ),
    ],
)
def test_a_network_that_cannot_be_made_leaves_no_run(
    tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    small = {"model": "lstm", "batch_size": 4, "embedding": 12, "device": "cpu"}
    with pytest.raises(UsageError, match=message):
        train(lines(), make_config(small | settings), out=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_looking_at_the_size_draws_no_random_numbers() -> None:
    before = torch.get_rng_state()
    config = make_config({"model": "lstm", "output_layer": "adaptive", "tied": False})
    check_size(config, Vocab.build([[str(n) for n in range(300)]]), device=torch.device("cpu"))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_text_too_short_for_a_batch_leaves_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give more text, or a smaller batch_size or steps"):
        train(
            ["a b", "c d", "e"],
            make_config({"model": "rnn", **SETTINGS, "batch_size": 50}),
            out=tmp_path / "r",
        )
    assert list(tmp_path.iterdir()) == []


def test_flipped_training_text_is_refused(tmp_path: Path) -> None:
    train(lines(), make_config({"model": "gru", **SETTINGS}), out=tmp_path / "run")
    path = tmp_path / "run" / "data" / "train" / "ids.i32"
    data = bytearray(path.read_bytes())
    data[8] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=r"ids.i32: damaged: checksum differs"):
        resume(tmp_path / "run", epochs=5)
