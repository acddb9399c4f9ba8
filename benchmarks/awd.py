"""The recipe `awd` at WikiText's scale: tokens a second and memory, on a GPU beside PyTorch's example.

    python benchmarks/awd.py --train wiki.train.tokens --valid wiki.valid.tokens [--epochs 1] [--write]
        [--example examples/word_language_model]

`--example` names that folder of a checkout of https://github.com/pytorch/examples; its main.py is then
trained too, on the same card and with the same widths (400, three layers of 1,150 units, 40 rows of 70
steps). Without a GPU this takes days: the table then says that it was not measured.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import torch
from results import machine, publish, table

TITLE = "AWD-LSTM's recipe on a GPU"
HEADER = ["training", "tokens/s", "most memory of the card", "validation perplexity"]
NOTES = """Tokens a second in the median report of a training; memory as nvidia-smi sees it, the process's
whole context included, sampled twice a second. Perplexities after so few epochs say only that both learn."""
WIDTHS = ["--emsize=400", "--nhid=1150", "--nlayers=3", "--batch_size=40", "--bptt=70"]


def run(command: list[str | Path], folder: Path) -> tuple[str, int]:
    """What a command printed, and the most MiB of the card in use meanwhile."""
    ended, most = threading.Event(), 0

    def sample() -> None:
        nonlocal most
        ask = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
        while not ended.wait(0.5):
            used = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split()
            most = max(most, *map(int, used))

    sampler = threading.Thread(target=sample)
    sampler.start()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    ended.set()
    sampler.join()
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stderr[-2000:]}")
    return done.stdout, most


def median(values: list[float]) -> float:
    """The middle one."""
    return sorted(values)[len(values) // 2]


def row(name: str, rates: list[float], memory: int, perplexity: float) -> list[str]:
    """A line of the table."""
    return [name, f"{median(rates):,.0f}", f"{memory:,} MiB", f"{perplexity:.1f}"]


def textkit(train: Path, valid: Path, *, epochs: int, folder: Path) -> list[str]:
    """The recipe, by the command."""
    out = folder / "run"
    command = [sys.executable, "-m", "textkit_cli", "train-lm", train, "--valid", valid, "--recipe", "awd"]
    _, memory = run([*command, "--epochs", str(epochs), "--log-every", "50", "-o", out], folder)
    records = [json.loads(line) for line in (out / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    rates = [record["tokens_per_second"] for record in records if "tokens_per_second" in record]
    perplexity = [record["valid_perplexity"] for record in records if "valid_perplexity" in record][-1]
    return row("textkit, `--recipe awd`", rates, memory, perplexity)


def example(source: Path, train: Path, valid: Path, *, epochs: int, folder: Path) -> list[str]:
    """The example's own training."""
    data = folder / "data"
    data.mkdir()
    for name, text in (("train", train), ("valid", valid), ("test", valid)):
        shutil.copy(text, data / f"{name}.txt")
    command = [sys.executable, source / "main.py", "--accel", f"--data={data}", f"--epochs={epochs}", *WIDTHS]
    printed, memory = run(command, folder)
    milliseconds = [float(value) for value in re.findall(r"ms/batch\s+([\d.]+)", printed)]
    loss = float(re.findall(r"valid ppl\s+([\d.]+)", printed)[-1])
    rates = [40 * 70 * 1000 / value for value in milliseconds]
    return row("PyTorch's word_language_model", rates, memory, loss)


def main() -> None:
    """Train, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path)
    parser.add_argument("--valid", type=Path)
    parser.add_argument("--example", type=Path)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    if not torch.cuda.is_available():
        publish(TITLE, "Not measured: no GPU was at hand.", script="awd.py --train F --valid F --example DIR")
        return
    if chosen.train is None or chosen.valid is None:
        parser.error("name the texts with --train and --valid")
    folder = Path(tempfile.mkdtemp())
    train, valid = chosen.train.resolve(), chosen.valid.resolve()
    rows = [textkit(train, valid, epochs=chosen.epochs, folder=folder)]
    if chosen.example is not None:
        source = chosen.example.resolve()
        rows.append(example(source, train, valid, epochs=chosen.epochs, folder=folder))
    card = torch.cuda.get_device_name()
    body = f"{machine('textkit-nlp', 'torch')}; {card}\n\n{table(HEADER, rows)}\n\n{NOTES}"
    publish(TITLE, body, script="awd.py --train F --valid F --example DIR")


if __name__ == "__main__":
    main()
