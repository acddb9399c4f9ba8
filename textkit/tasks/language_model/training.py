"""The story of a language model: from lines of text to a run folder that scores and generates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textkit.data.encoded import EncodedCorpus
from textkit.errors import CheckpointError, Interrupted, UsageError
from textkit.lm.language_model import LanguageModel
from textkit.lm.score import MeasuredText, Score, score
from textkit.lm.threads import at_most
from textkit.tasks.language_model.config import LanguageModelConfig, make_config, parse_config
from textkit.tasks.language_model.ngram_options import NgramOptions
from textkit.tasks.language_model.prepare import Lines, Prepared, prepare
from textkit.tasks.language_model.saved import load_model
from textkit.train.checkpoint import RunFolder
from textkit.train.interrupt import stop_requests

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
        with at_most(ngram.jobs):
            # Nothing here holds on to the text, which is large, so that it can go once it is counted.
            return _train_ngram(
                config, prepare(config, lines, valid=valid, test=test, ngram=ngram), ngram, out=out, say=say
            )
    if out is None:
        raise UsageError("a network is trained into a run folder: name it")

    from textkit.tasks.language_model.neural_training import choose_device
    from textkit.train.distributed import join_world

    with join_world(choose_device(config.device)) as world:
        with world.explaining():
            if world.first:
                prepared = prepare(config, lines, valid=valid, test=test, ngram=ngram)
                run = _start_network(config, prepared, out=out, say=say)
            world.barrier()
        if not world.first:  # the first has put all that is needed into the run
            run = RunFolder.open(out)
            prepared = _prepared(run)
        return _fit_network(config, run, prepared, world=world, watch=watch, say=say)


def _start_network(
    config: LanguageModelConfig, prepared: Prepared, *, out: Path | str, say: Say
) -> RunFolder:
    from textkit.tasks.language_model.neural_training import make_sampler

    for note in prepared.notes:
        say(note)
    make_sampler(config, prepared.train, prepared.vocab)  # raises for a text that is too short

    def fill(run: RunFolder) -> None:
        """What a resumed run needs: the texts as ids, so that it never depends on the original files."""
        prepared.train.save(run.path / "data" / "train")
        for name, text in prepared.held_out.items():
            text.save(run.path / "data" / name)

    return _create(out, config, prepared, fill=fill)


def _prepared(run: RunFolder) -> Prepared:
    """What was prepared when the run was made."""
    run.check("data")
    folders = {name: run.path / "data" / name for name in ("train", "valid", "test")}
    if not all(folders[name].exists() for name in ("train", "valid")):
        raise CheckpointError(f"{run.path / 'data'}: the encoded training text is gone; train again")
    train_text = EncodedCorpus.load(folders.pop("train"))
    texts = {name: MeasuredText.load(folder) for name, folder in folders.items() if folder.exists()}
    return Prepared(run.pipeline(), run.vocab(), train_text, texts, ())


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
    counts = count_ngrams(config, prepared, options, say=say)
    prepared = replace(prepared, train=EncodedCorpus.from_sequences([]), counts=None)  # it takes memory
    model = estimate_ngram(config, counts, prepared.vocab, options, say=say)
    del counts
    run = None
    if out is not None:
        kept = replace(prepared, vocab=model.vocab)
        run = _create(out, config, kept, fill=lambda run: save_ngram(model, run))
    texts = prepared.held_out.items()
    return _finish(run, model, {n: in_vocab_of(model, text, prepared.vocab) for n, text in texts})


def _create(
    out: Path | str, config: LanguageModelConfig, prepared: Prepared, *, fill: Callable[[RunFolder], None]
) -> RunFolder:
    run = RunFolder.create(
        out,
        kind=config.model,
        config=config.toml(),
        pipeline=prepared.pipeline,
        vocab=prepared.vocab,
        fill=fill,
    )
    run.record("notes", list(prepared.notes))
    return run


def resume(
    path: Path | str,
    *,
    epochs: int | None = None,
    watch: Callable[[Any, int], None] | None = None,
    say: Say | None = None,
) -> dict[str, Score]:
    """Go on with a run that was interrupted, or for more epochs; gives the scores as `train` does.

    The result equals, bit for bit, that of a run that was never interrupted.
    """
    run = RunFolder.open(path)
    settings = parse_config(run.config(), source=str(run.path / "config.toml"))
    if epochs is not None and epochs < 1:
        raise UsageError(f"epochs must be at least 1, not {epochs}")
    if run.kind == "ngram":
        raise UsageError(f"{path}: an n-gram model is estimated at once; there is nothing to resume")
    settings["epochs"] = epochs or run.document.get("epochs", settings["epochs"])
    config = make_config(settings, source=str(run.path / "config.toml"))
    from textkit.tasks.language_model.neural_training import choose_device
    from textkit.train.distributed import join_world

    prepared = _prepared(run)
    with join_world(choose_device(config.device)) as world:
        if epochs is not None and world.first:
            run.record("epochs", epochs)  # config.toml stays as it was given
        return _fit_network(
            config, run, prepared, world=world, watch=watch, say=say or (lambda _message: None)
        )


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
        say("there is nothing left to train; give more --epochs to go on")
    try:
        with stop_requests() as stop:
            trainer.fit(stop)
    except Interrupted as interruption:
        message = f"{interruption}; go on with: textkit train-lm --resume {run.path}"
        raise Interrupted(message if world.first else "", interruption.status - 128) from None
    if not world.first:
        return {}
    return _finish(run, load_model(run).model, prepared.held_out)


def _finish(
    run: RunFolder | None, model: LanguageModel[Any], held_out: dict[str, MeasuredText]
) -> dict[str, Score]:
    scores = {name: score(model, text) for name, text in held_out.items()}
    if run is not None:
        run.record("results", {name: result.as_dict() for name, result in scores.items()})
    return scores
