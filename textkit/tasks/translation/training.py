"""The story of a translator: from pairs of sentences to a run folder that translates."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from textkit import atomic
from textkit.data.encoded import EncodedCorpus
from textkit.errors import CheckpointError, UsageError
from textkit.tasks.configuration import make_settings
from textkit.tasks.translation.config import LIMITS, TranslatorConfig
from textkit.tasks.translation.learning import Watch, described, make_batches, make_trainer
from textkit.tasks.translation.network import make_network
from textkit.tasks.translation.prepare import Pairs, Prepared, load_held_out, prepare, train_folders
from textkit.tasks.translation.results import Result, measure
from textkit.tasks.translation.saved import KIND, load_config, load_translator, settings_of
from textkit.tasks.translation.sides import Sides
from textkit.tasks.verification.probe import record_results
from textkit.train import recipe
from textkit.train.checkpoint import RunFolder
from textkit.train.device import choose_device
from textkit.train.distributed import World, join_world
from textkit.train.interrupt import going_on, stop_requests
from textkit.train.lock import alone_in
from textkit.train.log import check_events

Say = Callable[[str], None]


def train(
    pairs: Pairs,
    config: TranslatorConfig,
    *,
    out: Path | str,
    valid: Pairs | None = None,
    test: Pairs | None = None,
    watch: Watch | None = None,
    say: Say | None = None,
) -> dict[str, Result]:
    """Train a translator on `pairs`, leave everything in the folder `out`, measure it on "valid" and "test".

    `valid` chooses the best weights; without it part of the pairs is held out. `watch` sees the progress
    after each step, `say` gets one-line messages. Of several processes (torchrun) only the first reads
    the pairs and gives results. Raises InputError for pairs that cannot be learnt from, UsageError for
    settings that do not go together, CheckpointError when `out` is taken, and Interrupted, everything
    saved, when SIGINT or SIGTERM comes (see `resume`).
    """
    say = say or (lambda _message: None)
    check_events(wanted=config.tensorboard)
    with join_world(choose_device(config.device)) as world:
        with world.explaining():
            if world.first:
                with atomic.temporary_folder("pairs") as scratch:
                    prepared = prepare(config, pairs, valid=valid, test=test, scratch=scratch, say=say)
                    deciding = recipe.of_network(device=world.device.type, processes=world.size)
                    run = _create(out, config, prepared, deciding=deciding)
            world.barrier()
        if not world.first:  # the first has put all that is needed into the run
            run = RunFolder.open(out)
        with _alone(run.path, world):
            return _fit(config, run, world=world, watch=watch, say=say)


def resume(
    path: Path | str,
    *,
    epochs: int | None = None,
    max_steps: int | None = None,
    budget: str | None = None,
    watch: Watch | None = None,
    say: Say | None = None,
) -> dict[str, Result]:
    """Go on with a run that was interrupted, or for more epochs, steps or time; gives what `train` gives.

    The result equals, bit for bit, that of a run that was never interrupted, but where a `budget` ends
    it, since no two trainings take the same time. Raises CheckpointError for a run that is damaged, or in
    which another training is at work.
    """
    given = {"epochs": epochs, "max_steps": max_steps, "budget": budget}
    longer = {name: value for name, value in given.items() if value is not None}
    for name, value in longer.items():
        if isinstance(value, int) and value < 1:
            raise UsageError(f"{name} must be at least 1, not {value}")
    run = RunFolder.open(path)
    config = _longer(run, longer)
    with join_world(choose_device(config.device)) as world, _alone(run.path, world):
        run = RunFolder.open(path)  # another training may have ended since
        config = _longer(run, longer)
        run.check("data")
        if world.first:
            for name, value in longer.items():
                run.record(name, value)  # config.toml stays as it was given
        return _fit(config, run, world=world, watch=watch, say=say or (lambda _message: None))


@contextlib.contextmanager
def _alone(path: Path, world: World) -> Iterator[None]:
    """Around training: nobody else trains in the run; the end of a process is told, and how to go on."""
    again = going_on("train-nmt", "--resume", str(path), aloud=world.first)
    with again, world.explaining(), alone_in(path) if world.first else contextlib.nullcontext():
        world.barrier()  # until the first has the run
        yield


def _longer(run: RunFolder, longer: dict[str, Any]) -> TranslatorConfig:
    """The settings of a run, with what was said since of how long it is trained."""
    load_config(run)  # raises for a run of another kind
    source = str(run.path / "config.toml")
    recorded = {name: run.document[name] for name in LIMITS if name in run.document}
    return make_settings(TranslatorConfig, settings_of(run) | recorded | longer, source=source)


def _create(
    out: Path | str, config: TranslatorConfig, prepared: Prepared, *, deciding: Mapping[str, Any]
) -> RunFolder:
    sides = prepared.encoding.sides
    # What cannot be made leaves no run.
    make_network(config, source_size=len(sides.source_vocab), target_size=len(sides.target_vocab))
    return RunFolder.create(
        out,
        kind=KIND,
        config=config.toml(),
        pipeline=sides.source,
        vocab=sides.target_vocab,
        fill=prepared.save,
        deciding=deciding,
    )


def _fit(
    config: TranslatorConfig, run: RunFolder, *, world: World, watch: Watch | None, say: Say
) -> dict[str, Result]:
    """Train to the end. Only the first process of several gives results."""
    sides = Sides.load(run)
    held_out = load_held_out(run, sides)
    folders = train_folders(run)
    if "valid" not in held_out or not all(folder.exists() for folder in folders):
        raise CheckpointError(f"{run.path / 'data'}: the training pairs are gone; train again")
    sizes = len(sides.source_vocab), len(sides.target_vocab)
    texts = (EncodedCorpus.load(folder, ids_below=size) for folder, size in zip(folders, sizes, strict=True))
    batches = make_batches(config, *texts)
    trainer = make_trainer(
        config,
        run,
        sides,
        batches=batches,
        valid=held_out["valid"],
        world=world,
        watch=watch or (lambda _progress, _steps: None),
        say=say,
    )
    if run.has("last"):
        with world.explaining():
            trainer.resume()
    if world.first:
        say(f"there is nothing left to train: {trainer.done}" if trainer.done else described(batches))
    with stop_requests() as stop:
        trainer.fit(stop)
    if not world.first:
        return {}
    translator = load_translator(run)
    results = measure(translator, held_out, valid_bleu=config.valid_bleu, language=config.target_language)
    record_results(run, {name: result.as_dict() for name, result in results.items()}, translator)
    return results
