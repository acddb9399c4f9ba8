"""Training a tokenizer can be stopped at any moment."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_training_at_once_and_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    generator = random.Random(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(generator.choices(letters, k=generator.randrange(3, 12))) for _ in range(100_000)]
    text = tmp_path / "t.txt"
    text.write_text("".join(" ".join(generator.choices(words, k=20)) + "\n" for _ in range(60_000)))
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
    assert [p.name for p in tmp_path.iterdir()] == ["t.txt"]
