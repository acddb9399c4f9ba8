"""Training a tokenizer can be stopped at any moment."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More than a tokenizer is trained on in a few seconds."""
    generator = random.Random(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(generator.choices(letters, k=generator.randrange(3, 12))) for _ in range(100_000)]
    path = tmp_path_factory.mktemp("text") / "t.txt"
    path.write_text("".join(" ".join(generator.choices(words, k=20)) + "\n" for _ in range(60_000)))
    return path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_training_at_once_and_leaves_nothing(
    number: signal.Signals, text: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "textkit_cli", "train-tokenizer", str(text), "-o", str(tmp_path / "m")]
    process = subprocess.Popen([*command, "--vocab-size", "30000"], stderr=subprocess.PIPE, text=True)
    time.sleep(3)  # by now it has begun, and it takes much longer
    assert process.poll() is None
    process.send_signal(number)
    began = time.monotonic()
    _, message = process.communicate(timeout=60)
    assert time.monotonic() - began < 10  # it does not wait for the training to end
    assert process.returncode == 128 + number
    assert len(message.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
