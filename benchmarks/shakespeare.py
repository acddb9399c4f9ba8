"""Characters of Shakespeare: textkit's recipes beside nanoGPT's recipe for a processor, in CPU seconds.

    TEXTKIT_DATA=... [NANOGPT=folder] python benchmarks/shakespeare.py [--write]

NANOGPT names a checkout of https://github.com/karpathy/nanoGPT; without it textkit's recipes run alone.
Everything runs on one thread, each training in a process of its own. Takes about twenty minutes.
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from results import data_folder, machine, publish, table

THIS = Path(__file__).resolve()
SEEDS = (1, 2)
SHARE = 0.9  # of the characters, to train on: nanoGPT's split
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}

ADAMW = {"optimizer": "adamw", "learning_rate": 0.006, "weight_decay": 0.0, "dropout": 0.0}
RECIPES: dict[str, dict[str, Any]] = {
    "default LSTM (256 units), 1 epoch": {"model": "lstm", "epochs": 1},
    "default LSTM, 3 epochs": {"model": "lstm", "epochs": 3},
    "the same with AdamW, no dropout": {"model": "lstm", "epochs": 3, "steps": 48, **ADAMW},
    "Transformer of nanoGPT's sizes, 1,700 updates": {
        "model": "transformer", "embedding": 128, "steps": 64, "dropout": 0.0, "max_steps": 1700,
        "validate_every": 1700,
    },
}  # fmt: skip

# nanoGPT's README; it validates before the first update and after the last, on one batch, so that the time
# is that of training.
NANOGPT = [
    "config/train_shakespeare_char.py", "--device=cpu", "--compile=False", "--log_interval=500",
    "--block_size=64", "--batch_size=12", "--n_layer=4", "--n_head=4", "--n_embd=128", "--max_iters=2000",
    "--lr_decay_iters=2000", "--dropout=0.0",
    "--eval_interval=2000", "--eval_iters=1", "--always_save_checkpoint=True",
]  # fmt: skip

HEADER = ["recipe", "parameters", "CPU seconds", "of nanoGPT's", "validation loss (nats per character)"]
NOTES = """Trained on the first nine tenths of shakespeare.txt's characters; the loss is the mean over all
111,540 characters of the rest, each predicted once. CPU seconds (user and system, one thread) are those of
the whole process: start, training, saving, and for textkit every validation on that text too; nanoGPT's run
validates on one batch alone. A recurrent network reads the text as one stream; nanoGPT's network, whose
context is 64, begins anew every 32 characters, re-reading the 32 before; the figure it reports itself is that
of windows that begin with nothing. As in nanoGPT's recipe, settings were chosen by the loss on this same
validation text."""


class Outcome(NamedTuple):
    """What a training took, and what came of it."""

    seconds: float
    parameters: int
    losses: list[float]


def halves(text: str) -> tuple[str, str]:
    """Training and validation text."""
    border = int(len(text) * SHARE)
    return text[:border], text[border:]


def outcome_of(command: Sequence[str | Path], *, folder: Path) -> Outcome:
    """Run a command whose last line of output is JSON: [parameters, losses]."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, env=os.environ | ONE_THREAD, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    try:
        parameters, losses = json.loads(done.stdout.splitlines()[-1])
    except ValueError:  # nanoGPT says its figures elsewhere
        parameters, losses = 0, []
    return Outcome(seconds, parameters, losses)


def train_textkit(name: str, seed: int, out: Path) -> None:
    """In a process of its own: train by recipe `name`, print parameters and loss."""
    from textkit.tasks.language_model import LanguageModelConfig, load_model, train

    text = (data_folder() / "lm" / "shakespeare.txt").read_text(encoding="utf-8")
    lines, valid = (part.removesuffix("\n").split("\n") for part in halves(text))
    config = LanguageModelConfig(unit="char", **RECIPES[name], seed=seed)
    score = train(lines, config, out=out, valid=valid)["valid"]
    network: Any = load_model(out).model
    parameters = sum(weight.numel() for weight in network.network.parameters())
    print(json.dumps([parameters, [-score.log_prob / score.tokens]]))


def prepare_nanogpt(source: Path, text: str, folder: Path) -> Path:
    """A copy of nanoGPT with the text encoded as its prepare.py does it."""
    import numpy as np

    copy = folder / "nanogpt"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns(".git"))
    characters = sorted(set(text))
    number = {character: i for i, character in enumerate(characters)}
    data = copy / "data" / "shakespeare_char"
    for name, part in zip(("train", "val"), halves(text), strict=True):
        np.array([number[c] for c in part], dtype=np.uint16).tofile(data / f"{name}.bin")
    (data / "meta.pkl").write_bytes(pickle.dumps({"vocab_size": len(characters), "stoi": number}))
    return copy


def score_nanogpt(copy: Path, out: Path) -> None:
    """In a process of its own: print parameters, and the loss with and without earlier characters."""
    sys.path.insert(0, str(copy))
    import numpy as np
    import torch

    gpt = importlib.import_module("model")
    saved = torch.load(out / "ckpt.pt", weights_only=True)
    network = gpt.GPT(gpt.GPTConfig(**saved["model_args"]))
    network.load_state_dict(saved["model"])
    network.eval()
    values = np.fromfile(copy / "data" / "shakespeare_char" / "val.bin", dtype=np.uint16)
    ids = torch.from_numpy(np.concatenate([[0], values]).astype(np.int64))  # 0 is the newline

    def losses(begin: int, seen: int) -> torch.Tensor:
        """Of the characters after ids[begin : begin + 64], but for the first `seen` of them."""
        inputs, targets = ids[begin : begin + 64][None], ids[begin + 1 : begin + 65]
        logits = network(inputs[:, : len(targets)], targets[None])[0][0]
        return torch.nn.functional.cross_entropy(logits[seen:], targets[seen:], reduction="none").double()

    with torch.inference_mode():
        stream = torch.cat([losses(0, 0), *(losses(at - 32, 32) for at in range(64, len(values), 32))])
        apart = torch.cat([losses(at, 0) for at in range(0, len(values), 64)])
    assert len(stream) == len(apart) == len(values)
    parameters = sum(weight.numel() for weight in network.parameters())
    print(json.dumps([parameters, [stream.mean().item(), apart.mean().item()]]))


def run_nanogpt(source: Path, text: str, folder: Path) -> Outcome:
    """nanoGPT's recipe: CPU seconds of its training, the losses of its network."""
    copy = prepare_nanogpt(source, text, folder)
    took = outcome_of([sys.executable, "train.py", *NANOGPT, f"--out_dir={folder / 'out'}"], folder=copy)
    scored = outcome_of([sys.executable, THIS, "--score-nanogpt", copy, folder / "out"], folder=folder)
    return scored._replace(seconds=took.seconds)


def row(name: str, outcomes: list[Outcome], base: float | None) -> list[str]:
    """A line of the table: means over seeds."""
    seconds = statistics.mean(outcome.seconds for outcome in outcomes)
    losses = [outcome.losses[0] for outcome in outcomes]
    spread = " and ".join(f"{loss:.3f}" for loss in losses)
    share = f"{seconds / base:.2f}" if base else "not measured"
    return [name, f"{outcomes[0].parameters:,}", f"{seconds:.0f}", share, spread]


def main() -> None:
    """Train all, print a table."""
    text = (data_folder() / "lm" / "shakespeare.txt").read_text(encoding="utf-8")
    source = os.environ.get("NANOGPT")
    folder = Path(tempfile.mkdtemp())
    rows, base = [], None
    if source:
        nanogpt = run_nanogpt(Path(source).resolve(), text, folder)
        base = nanogpt.seconds
        name = f"nanoGPT's for a processor (its own figure: {nanogpt.losses[1]:.3f})"
        rows.append(row(name, [nanogpt], base))
    for name in RECIPES:
        outcomes = []
        for seed in SEEDS:
            out = folder / f"{len(rows)}-{seed}"
            outcomes.append(
                outcome_of([sys.executable, THIS, "--train", name, str(seed), out], folder=folder)
            )
        rows.append(row(name, outcomes, base))
    body = f"{machine('textkit-nlp', 'torch')}\n\n{table(HEADER, rows)}\n\n{NOTES}"
    publish("Characters of Shakespeare", body, script="shakespeare.py")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--train"]:
        train_textkit(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
    elif sys.argv[1:2] == ["--score-nanogpt"]:
        score_nanogpt(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main()
