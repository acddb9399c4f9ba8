"""A small recurrent task for the trainer, which knows nothing of language models; and how to run it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.data.encoded import EncodedCorpus
from textkit.data.line_batches import LineBatches
from textkit.data.windows import PADDING, RandomWindows, Sampler, SequentialWindows, Window
from textkit.models.optimizers.averaged import AveragedAdamW
from textkit.models.optimizers.muon import MuonAdamW
from textkit.models.optimizers.ntasgd import NTASGD
from textkit.models.schedules import constant
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
from textkit.text.vocab import Vocab
from textkit.train.checkpoint import RunFolder
from textkit.train.distributed import World
from textkit.train.log import Log
from textkit.train.progress import Progress
from textkit.train.settings import TrainerSettings
from textkit.train.trainer import Trainer

SIZE = 7  # ids


class Tiny(nn.Module):
    """Tied embedding and output around one tanh layer."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(SIZE, 5)
        self.layer = nn.RNN(5, 5, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(5, SIZE)
        self.output.weight = self.embedding.weight

    def forward(self, inputs: Tensor, targets: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        features, after = self.layer(self.dropout(self.embedding(inputs)), state)
        logits = self.output(features).flatten(0, 1)
        real = (targets != PADDING).sum().clamp(min=1)
        loss = functional.cross_entropy(logits, targets.flatten(), reduction="sum", ignore_index=PADDING)
        return loss / real, after.detach()


class TinyObjective:
    """Becomes infinite at the calls (from 1 on) in `broken`."""

    def __init__(self, module: nn.Module, *, broken: Collection[int] = ()) -> None:
        self.module, self.broken = module, broken
        self.calls = 0
        self.states: dict[int, Tensor] = {}

    def __call__(self, window: Window) -> tuple[Tensor, Tensor, int]:
        self.calls += 1
        zero = torch.zeros(1, len(window.inputs), 5)
        state = self.states.get(window.first, zero) if window.continues else zero
        inputs, targets = torch.from_numpy(window.inputs), torch.from_numpy(window.targets)
        loss, self.states[window.first] = self.module(inputs, targets, state)
        if self.calls in self.broken:
            loss = loss * float("nan")
        return loss, loss.detach(), window.predictions

    def state_dict(self) -> dict[str, Any]:
        return {"states": dict(self.states)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.states = dict(state["states"])


def text(size: int = 400) -> np.ndarray:
    """A stream in which what follows can be learnt in part."""
    generator = np.random.default_rng(3)
    noise = generator.integers(0, SIZE, size)
    return np.where(generator.random(size) < 0.7, np.arange(size) % SIZE, noise).astype(np.int32)


def make_sampler(name: str, *, batch_size: int = 4) -> Sampler:
    if name == "lines":
        borders = [0, *np.sort(np.random.default_rng(1).choice(399, 60, replace=False) + 1), 400]
        lines = [text()[a:b].tolist() for a, b in itertools.pairwise(borders)]
        return LineBatches(
            EncodedCorpus.from_sequences(lines), end=0, tokens=8 * batch_size, length=9, seed=4
        )
    if name == "random":
        return RandomWindows(text(), batch_size=batch_size, length=6, seed=4)
    return SequentialWindows(text(), batch_size=batch_size, length=6, seed=4, vary=name == "vary")


def make_optimizer(name: str, module: Tiny, rate: float) -> torch.optim.Optimizer:
    if name == "muon":
        return MuonAdamW(module, rate, outer=[module.embedding])
    if name == "nt-asgd":
        return NTASGD(module.parameters(), rate, patience=1)
    if name == "averaged":
        return AveragedAdamW(module.parameters(), rate, memory=0.9)
    if name == "sgd":
        return torch.optim.SGD(module.parameters(), rate)
    return torch.optim.AdamW(module.parameters(), rate)


def make_run(path: Path) -> RunFolder:
    pipeline, vocab = Pipeline.of(WhitespaceTokenizer()), Vocab.build([["a"]])
    return RunFolder.create(path, kind="tiny", config="", pipeline=pipeline, vocab=vocab)


def make_trainer(
    path: Path,
    *,
    sampling: str = "sequential",
    optimizer: str = "adamw",
    rate: float = 0.02,
    dropout: float = 0.0,
    broken: Collection[int] = (),
    world: World | None = None,
    schedule: Callable[[int, int], float] = constant,
    watch: Callable[[Progress, int], None] = lambda progress, steps: None,
    say: Callable[[str], None] = lambda message: None,
    draws: bool = False,
    **settings: Any,
) -> Trainer[Window]:
    """A trainer of a new run, or of the one at `path`."""
    world = world or World()
    if world.first and not path.exists():
        make_run(path)
    world.barrier()
    torch.manual_seed(1)
    module = Tiny(dropout)
    world.seed(1)
    batches = make_sampler(sampling)
    if world.size > 1:
        batches.shard(world.rank, world.size)
    objective = TinyObjective(world.wrap(module), broken=broken)

    def validate() -> float:
        held_out = Window(text(60)[None, :-1].astype(np.int64), text(60)[None, 1:].astype(np.int64), False)
        with torch.inference_mode():
            module.eval()
            inputs, targets = torch.from_numpy(held_out.inputs), torch.from_numpy(held_out.targets)
            return float(module(inputs, targets, torch.zeros(1, 1, 5))[0])

    return Trainer(
        module=module,
        objective=objective,
        batches=batches,
        optimizer=make_optimizer(optimizer, module, rate),
        settings=TrainerSettings(
            # Drawing takes longer than all the rest.
            **{"epochs": 3, "log_every": 5, "clip": 1.0, "draws": draws} | settings
        ),
        validate=validate,
        run=RunFolder.open(path),
        log=Log(path / "log.jsonl"),
        schedule=schedule,
        world=world,
        watch=watch,
        say=say,
    )


def fingerprint(path: Path) -> dict[str, Any]:
    """All that must be equal in equal trainings, bit for bit."""
    run = RunFolder.open(path)
    state = run.state()
    times = ("seconds", "validation_seconds", "logged_seconds", "tokens_per_second")
    plain = {k: v for k, v in state["progress"].items() if k not in times}
    log = [{k: v for k, v in r.items() if k not in times} for r in Log(path / "log.jsonl").records()]
    weights = {role: {k: v.tobytes() for k, v in run.arrays(role).items()} for role in ("best", "last")}
    return {
        "weights": weights,
        "optimizer": frozen(state["optimizer"]),
        "processes": frozen(state["processes"]),
        "batches": state["batches"],
        "progress": plain,
        "log": log,
    }


def frozen(value: Any) -> Any:
    """Tensors as bytes."""
    if isinstance(value, Tensor):
        return value.numpy().tobytes()
    if isinstance(value, dict):
        return {key: frozen(each) for key, each in value.items()}
    return [frozen(each) for each in value] if isinstance(value, (list, tuple)) else value
