"""The story of a language model: from lines of text to a run folder that scores and generates."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textkit.data.encoded import EncodedCorpus
from textkit.errors import CheckpointError, UsageError
from textkit.lm.language_model import LanguageModel
from textkit.lm.ngram_text import check_packing
from textkit.lm.score import MeasuredText, Score, score
from textkit.lm.threads import at_most
from textkit.tasks.configuration import of_a_run, parse_settings
from textkit.tasks.kinds import check_kind
from textkit.tasks.language_model.config import LanguageModelConfig, make_config
from textkit.tasks.language_model.ngram_options import NgramOptions
from textkit.tasks.language_model.prepare import Lines, Prepared, prepare
from textkit.tasks.language_model.saved import SavedModel, load_model
from textkit.tasks.verification.probe import record_results
from textkit.train import recipe
from textkit.train.checkpoint import RunFolder
from textkit.train.interrupt import going_on, stop_requests
from textkit.train.lock import alone_in
from textkit.train.manifest import sum_of

if TYPE_CHECKING:
    from textkit.train.distributed import World

Say = Callable[[str], None]


def train(
    lines: Lines | None,
    config: LanguageModelConfig,
    *,
    out: Path | str | None,
    valid: Lines | None = None,
    test: Lines | None = None,
    ngram: NgramOptions | None = None,
    watch: Callable[[Any, int], None] | None = None,
    say: Say | None = None,
) -> dict[str, Score]:
    """Train a model on `lines` (without their ends), leave everything in the folder `out`, and score it.

    `ngram` are for n-gram models: counts in place of `lines`, which is None then, ARPA text, how much memory
    they may take; with ARPA text `out` may be None.

    Gives the scores on the held-out texts by name ("valid", "test"). `watch` sees the progress of a
    network after each step, `say` gets one-line messages. Raises InputError for an empty text,
    CheckpointError when `out` is taken, and Interrupted, everything saved, when SIGINT or SIGTERM comes
    while a network trains (see `resume`).

    >>> import tempfile
    >>> config = LanguageModelConfig(model="ngram", order=2, smoothing="witten-bell")
    >>> scores = train(["a b", "b a", "a"], config, out=Path(tempfile.mkdtemp(), "run"), test=["a b a"])
    >>> scores["test"].tokens
    4
    """
    say = say or (lambda _message: None)
    ngram = ngram or NgramOptions()
    if config.model == "ngram":
        if os.environ.get("WORLD_SIZE", "1") != "1":
            raise UsageError("an n-gram model is estimated by one process; start it without torchrun")
        _check_outputs(out, ngram)
        with at_most(ngram.jobs):
            # Nothing here holds on to the text, which is large, so that it can go once it is counted.
            return _train_ngram(
                config, prepare(config, lines, valid=valid, test=test, ngram=ngram), ngram, out=out, say=say
            )
    if out is None:
        raise UsageError("a network is trained into a run folder: name it")

    from textkit.train.device import choose_device
    from textkit.train.distributed import join_world
    from textkit.train.log import check_events

    check_events(wanted=config.tensorboard)
    with join_world(choose_device(config.device)) as world:
        with world.explaining():
            if world.first:
                _check_outputs(out, ngram)
                prepared = prepare(config, lines, valid=valid, test=test, ngram=ngram)
                run = _start_network(config, prepared, out=out, world=world, say=say)
            world.barrier()
        if not world.first:  # the first has put all that is needed into the run
            run = RunFolder.open(out)
            prepared = _prepared(run)
        with _alone(run.path, world):
            return _fit_network(config, run, prepared, world=world, watch=watch, say=say)


def _check_outputs(out: Path | str | None, ngram: NgramOptions) -> None:
    """Raise TextkitError for what cannot be written: before the work, and before files are replaced."""
    for file in (ngram.arpa, ngram.write_counts):
        if file is not None:
            check_packing(file)
    if out is not None:
        RunFolder.check_free(Path(out))


@contextlib.contextmanager
def _alone(path: Path, world: World) -> Iterator[None]:
    """Around training: nobody else trains in the run; the end of a process is told, and how to go on."""
    again = going_on("train-lm", "--resume", str(path), aloud=world.first)
    with again, world.explaining(), alone_in(path) if world.first else contextlib.nullcontext():
        world.barrier()  # until the first has the run
        yield


def _start_network(
    config: LanguageModelConfig, prepared: Prepared, *, out: Path | str, world: World, say: Say
) -> RunFolder:
    from textkit.tasks.language_model.network_size import check_size
    from textkit.tasks.language_model.neural_training import make_sampler

    for note in prepared.notes:
        say(note)
    make_sampler(config, prepared.train, prepared.vocab)  # raises for a text that is too short
    check_size(config, prepared.vocab, device=world.device)  # and what cannot be made leaves no run

    def fill(run: RunFolder) -> None:
        """What a resumed run needs: the texts as ids, so that it never depends on the original files."""
        prepared.train.save(run.path / "data" / "train")
        for name, text in prepared.held_out.items():
            text.save(run.path / "data" / name)

    deciding = recipe.of_network(device=world.device.type, processes=world.size)
    return _create(out, config, prepared, fill=fill, deciding=deciding)


def _prepared(run: RunFolder) -> Prepared:
    """What was prepared when the run was made."""
    run.check("data")
    folders = {name: run.path / "data" / name for name in ("train", "valid", "test")}
    if not all(folders[name].exists() for name in ("train", "valid")):
        raise CheckpointError(f"{run.path / 'data'}: the encoded training text is gone; train again")
    vocab = run.vocab()
    size = len(vocab)
    train_text = EncodedCorpus.load(folders.pop("train"), ids_below=size)
    there = {name: folder for name, folder in folders.items() if folder.exists()}
    texts = {name: MeasuredText.load(folder, ids_below=size) for name, folder in there.items()}
    return Prepared(run.pipeline(), vocab, train_text, texts, ())


def _train_ngram(
    config: LanguageModelConfig,
    prepared: Prepared,
    options: NgramOptions,
    *,
    out: Path | str | None,
    say: Say,
) -> dict[str, Score]:
    from textkit.tasks.language_model.ngram import count_ngrams, estimate_ngram, in_vocab_of, save_ngram

    for note in prepared.notes:
        say(note)
    deciding = {} if out is None else {"data": _digests(prepared, options)}
    counts = count_ngrams(config, prepared, options, say=say)
    if counts.order < config.order:  # of a lower order were given
        say(f"the counts are of order {counts.order}, and so is the model, instead of {config.order}")
        config = config.model_copy(update={"order": counts.order, "prune": config.prune[: counts.order]})
    prepared = replace(prepared, train=EncodedCorpus.from_sequences([]), counts=None)  # it takes memory
    model = estimate_ngram(config, counts, prepared, options, say=say)
    del counts
    run = None
    if out is not None:
        kept = replace(prepared, vocab=model.vocab)
        run = _create(out, config, kept, fill=lambda run: save_ngram(model, run), deciding=deciding)
    texts = prepared.held_out.items()
    return _finish(run, model, {n: in_vocab_of(model, text, prepared.vocab) for n, text in texts})


def _digests(prepared: Prepared, options: NgramOptions) -> dict[str, str]:
    """Of what n-grams are estimated from, which the run does not keep: a text, or counts."""
    if prepared.counts is not None:
        return {"counts": recipe.digest(*map(sum_of, options.counts))}
    return {"train": recipe.digest(prepared.train.ids, prepared.train.offsets)}


def _create(
    out: Path | str,
    config: LanguageModelConfig,
    prepared: Prepared,
    *,
    fill: Callable[[RunFolder], None],
    deciding: Mapping[str, Any],
) -> RunFolder:
    def noted(run: RunFolder) -> None:
        run.document["notes"] = list(prepared.notes)
        fill(run)

    return RunFolder.create(
        out,
        kind=config.model,
        config=config.toml(),
        pipeline=prepared.pipeline,
        vocab=prepared.vocab,
        fill=noted,
        deciding=deciding,
    )


def resume(
    path: Path | str,
    *,
    epochs: int | None = None,
    max_steps: int | None = None,
    watch: Callable[[Any, int], None] | None = None,
    say: Say | None = None,
) -> dict[str, Score]:
    """Go on with a run that was interrupted, or for more epochs or steps; gives the scores as `train` does.

    The result equals, bit for bit, that of a run that was never interrupted. Raises CheckpointError for
    a run that is damaged, or in which another training is at work.
    """
    given = {"epochs": epochs, "max_steps": max_steps}
    longer = {name: value for name, value in given.items() if value is not None}
    for name, value in longer.items():
        if value < 1:
            raise UsageError(f"{name} must be at least 1, not {value}")
    run = RunFolder.open(path)
    check_kind(run, "language model")
    if run.kind == "ngram":
        raise UsageError(f"{path}: an n-gram model is estimated at once; there is nothing to resume")
    config = _resumed_config(run, longer)
    from textkit.train.device import choose_device
    from textkit.train.distributed import join_world

    with join_world(choose_device(config.device)) as world, _alone(run.path, world):
        run = RunFolder.open(path)  # another training may have ended since
        config = _resumed_config(run, longer)
        prepared = _prepared(run)
        if world.first:
            for name, value in longer.items():
                run.record(name, value)  # config.toml stays as it was given
        return _fit_network(
            config, run, prepared, world=world, watch=watch, say=say or (lambda _message: None)
        )


def _resumed_config(run: RunFolder, longer: dict[str, int]) -> LanguageModelConfig:
    """The settings of a run, with what was said since of how long it is trained."""
    source = str(run.path / "config.toml")
    recorded = {name: run.document[name] for name in ("epochs", "max_steps") if name in run.document}
    with of_a_run(source):
        return make_config(parse_settings(run.config(), source=source) | recorded | longer, source=source)


def _fit_network(
    config: LanguageModelConfig,
    run: RunFolder,
    prepared: Prepared,
    *,
    world: World,
    watch: Callable[[Any, int], None] | None,
    say: Say,
) -> dict[str, Score]:
    """Train to the end. Only the first process of several gives scores."""
    from textkit.tasks.language_model.neural_training import make_trainer

    trainer = make_trainer(
        config,
        run,
        vocab=prepared.vocab,
        train=prepared.train,
        valid=prepared.held_out["valid"],
        world=world,
        watch=watch or (lambda _progress, _steps: None),
        say=say,
    )
    if run.has("last"):
        with world.explaining():
            trainer.resume()
    if trainer.done and world.first:
        say(f"there is nothing left to train: {trainer.done}")
    with stop_requests() as stop:
        trainer.fit(stop)
    return _finish(run, load_model(run).model, prepared.held_out) if world.first else {}


def _finish(
    run: RunFolder | None, model: LanguageModel[Any], held_out: dict[str, MeasuredText]
) -> dict[str, Score]:
    scores = {name: score(model, text) for name, text in held_out.items()}
    if run is not None:
        saved = SavedModel(model, run.pipeline())
        record_results(run, {name: result.as_dict() for name, result in scores.items()}, saved)
    return scores
