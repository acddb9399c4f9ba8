"""One process of several that train together; test_distributed.py starts it: FOLDER MODE."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import torch

from textkit.errors import Interrupted, TextkitError
from textkit.train.distributed import World, join_world
from textkit.train.interrupt import StopRequest

sys.path.insert(0, str(Path(__file__).parent))

CURVES: dict[str, dict[str, Any]] = {
    "random": {"sampling": "random"},
    "lines": {"sampling": "lines", "accumulate": 2},
    "sequential": {"sampling": "sequential", "accumulate": 2},
    "nt-asgd": {"optimizer": "nt-asgd", "rate": 0.3, "epochs": 2},
}
CUT: dict[str, Any] = {"sampling": "sequential", "dropout": 0.3, "epochs": 2}


def curves(folder: Path, world: World) -> None:
    from tiny_training import make_trainer

    for name, options in CURVES.items():
        make_trainer(folder / name, world=world, **options).fit(StopRequest())
    make_trainer(folder / "whole", world=world, **CUT).fit(StopRequest())
    stop = StopRequest()

    def watch(progress: Any, _steps: int) -> None:
        if progress.step == 7:
            stop.signal = signal.SIGTERM

    trainer = make_trainer(folder / "cut", world=world, **CUT)
    if world.rank == 1:  # one alone is asked, and all stop
        trainer.watch = watch
    try:
        trainer.fit(stop)
    except Interrupted:
        assert trainer.progress.step == 7
    trainer = make_trainer(folder / "cut", world=world, **CUT)
    trainer.resume()
    trainer.fit(StopRequest())
    broken = make_trainer(folder / "broken", world=world, broken={9} if world.rank == 1 else ())
    broken.fit(StopRequest())


def killed(folder: Path, world: World) -> None:
    from tiny_training import make_trainer

    def watch(progress: Any, _steps: int) -> None:
        if progress.step == 20:
            os.kill(os.getpid(), signal.SIGKILL)

    trainer = make_trainer(folder / "killed", world=world, save_seconds=0.0, **CUT)
    if world.rank == 1:
        trainer.watch = watch
    trainer.fit(StopRequest())


def resumed(folder: Path, world: World) -> None:
    from tiny_training import make_trainer

    trainer = make_trainer(folder / "killed", world=world, **CUT)
    trainer.resume()
    trainer.fit(StopRequest())


if __name__ == "__main__":
    torch.set_num_threads(1)
    modes = {"curves": curves, "killed": killed, "resumed": resumed}
    try:
        with join_world(torch.device("cpu")) as world:
            modes[sys.argv[2]](Path(sys.argv[1]), world)
    except TextkitError as error:
        sys.exit(f"worker: {error}")
