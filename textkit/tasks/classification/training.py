"""The story of a classifier: from labelled texts to a run folder that gives labels and probabilities."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from textkit.errors import CheckpointError, UsageError
from textkit.tasks.classification.classifier import LabelledTexts
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.classification.copies import warnings
from textkit.tasks.classification.decisions import tune_thresholds
from textkit.tasks.classification.evaluation import Evaluation
from textkit.tasks.classification.fitting import (
    Say,
    Watch,
    check_texts,
    fit_linear_classifier,
    fit_network_classifier,
    hold_out,
    make_pipeline,
    prepare_network,
)
from textkit.tasks.classification.prepared_texts import PreparedTexts, labels_of
from textkit.tasks.classification.saved import (
    KIND,
    SavedClassifier,
    config_of,
    load_classifier,
    open_classifier,
)
from textkit.tasks.configuration import make_settings
from textkit.tasks.verification.probe import record_results
from textkit.train import recipe
from textkit.train.checkpoint import RunFolder
from textkit.train.interrupt import going_on
from textkit.train.lock import alone_in

HELD_OUT = ("dev", "test")
SHOWN = 10  # thresholds in a message
MANY = 100  # classes from which the confusion matrix is not kept in the run


def train(
    texts: LabelledTexts,
    config: ClassifierConfig,
    *,
    out: Path | str,
    dev: LabelledTexts | None = None,
    test: LabelledTexts | None = None,
    unlabelled: Sequence[str] = (),
    tune_threshold: bool = False,
    watch: Watch | None = None,
    say: Say | None = None,
) -> dict[str, Evaluation]:
    """Train a classifier on `texts`, leave everything in the folder `out`, and measure it.

    Gives what was measured on the held-out texts by name ("dev", "test"); both have the labels of `texts`.
    A network stops by `dev`, else by a part of `texts` held out; a linear classifier learns from all of
    `texts` and looks at `dev` only for thresholds, which `tune_threshold` sets to the best macro-F1 there.
    `watch` sees the progress of a network after each step, `say` gets one-line messages.

    Raises InputError for texts that nothing can be learnt from, CheckpointError when `out` is taken, and
    Interrupted, everything saved, when SIGINT or SIGTERM comes while a network trains (see `resume`).
    """
    say = say or (lambda _message: None)
    held_out = {name: part for name, part in zip(HELD_OUT, (dev, test), strict=True) if part is not None}
    check_texts(texts, config, unlabelled=unlabelled)
    for name, part in held_out.items():
        if part.labels != texts.labels:
            raise UsageError(f"the {name} texts must be read with the labels of the training texts")
    if tune_threshold and dev is None:
        raise UsageError("thresholds are tuned on development texts; give some (--dev)")
    for warning in warnings(texts, held_out):
        say(warning)
    if not config.linear:
        return _train_network(
            texts, config, out, held_out, unlabelled=unlabelled, tune=tune_threshold, watch=watch, say=say
        )
    pipeline = make_pipeline(config)
    classifier = fit_linear_classifier(texts, config, pipeline=pipeline, unlabelled=unlabelled)

    def fill(run: RunFolder) -> None:
        run.document["labels"] = list(texts.labels)
        if tune_threshold and dev is not None:  # a run that is there decides as it was asked to
            run.document["thresholds"] = _tuned(SavedClassifier(classifier, config, pipeline), dev, say=say)
        run.save("best", classifier.arrays(), step=0, info={})

    read = {"train": texts} | ({"dev": dev} if tune_threshold and dev is not None else {})
    digests = {name: recipe.digest(*part.texts, part.classes) for name, part in read.items()}
    if unlabelled:
        digests["unlabelled"] = recipe.digest(*unlabelled)
    deciding = {"data": digests, "tune_threshold": tune_threshold}
    run = RunFolder.create(
        out, kind=KIND, config=config.toml(), pipeline=pipeline, fill=fill, deciding=deciding
    )
    return _finish(run, held_out, tune=False, say=say)


def _train_network(
    texts: LabelledTexts,
    config: ClassifierConfig,
    out: Path | str,
    held_out: Mapping[str, LabelledTexts],
    *,
    unlabelled: Sequence[str],
    tune: bool,
    watch: Watch | None,
    say: Say,
) -> dict[str, Evaluation]:
    from textkit.train.device import choose_device
    from textkit.train.log import check_events

    check_events(wanted=config.tensorboard)
    if "dev" in held_out:
        shown, dev = texts, held_out["dev"]
    else:
        shown, dev = hold_out(texts, config)
        say(f"{len(dev)} of {len(texts)} texts are held out to stop by")
    device = choose_device(config.device)  # says that there is no GPU before there is a run
    pipeline = make_pipeline(config)
    prepared = prepare_network(shown, config, dev=dev, pipeline=pipeline, unlabelled=unlabelled)

    def fill(run: RunFolder) -> None:
        """What a resumed run needs, so that it never depends on the original files."""
        prepared.fill(run)
        run.document["tune_threshold"] = tune
        for name, part in held_out.items():
            _save_texts(part, run.path / "data" / name)

    run = RunFolder.create(
        out,
        kind=KIND,
        config=config.toml(),
        pipeline=pipeline,
        vocab=prepared.vocab,
        fill=fill,
        deciding=recipe.of_network(device=device.type),
    )
    return _fit(config, run, prepared, held_out, watch=watch, say=say)


def resume(
    path: Path | str, *, epochs: int | None = None, watch: Watch | None = None, say: Say | None = None
) -> dict[str, Evaluation]:
    """Go on with a network's training that was interrupted, or for more epochs; gives what `train` does.

    The result equals, bit for bit, that of a training that was never interrupted. Raises CheckpointError
    for a run that is damaged, or in which another training is at work, UsageError for a linear classifier.
    """
    if epochs is not None and epochs < 1:
        raise UsageError(f"epochs must be at least 1, not {epochs}")
    run = open_classifier(path)
    config = config_of(run)
    if config.linear:
        raise UsageError(f"{path}: a linear classifier is fitted at once; there is nothing to resume")
    longer = run.document.get("epochs") if epochs is None else epochs
    if longer is not None:
        settings = config.model_dump(exclude_unset=True) | {"epochs": longer}
        config = make_settings(ClassifierConfig, settings, source=str(run.path))
    if epochs is not None:
        with alone_in(run.path):
            run = open_classifier(path)  # another training may have ended since
            run.record("epochs", epochs)  # config.toml stays as it was given
    prepared = PreparedTexts.load(run)
    held_out = {name: part for name in HELD_OUT if (part := _load_texts(run, name)) is not None}
    return _fit(config, run, prepared, held_out, watch=watch, say=say or (lambda _message: None))


def _fit(
    config: ClassifierConfig,
    run: RunFolder,
    prepared: PreparedTexts,
    held_out: Mapping[str, LabelledTexts],
    *,
    watch: Watch | None,
    say: Say,
) -> dict[str, Evaluation]:
    with going_on("train-classifier", "--resume", str(run.path)):
        fit_network_classifier(config, run, prepared, watch=watch, say=say)
        return _finish(run, held_out, tune=bool(run.document.get("tune_threshold")), say=say)


def _finish(
    run: RunFolder, held_out: Mapping[str, LabelledTexts], *, tune: bool, say: Say
) -> dict[str, Evaluation]:
    saved = load_classifier(run)
    if tune and (dev := held_out.get("dev")) is not None:
        run.record("thresholds", _tuned(saved, dev, say=say))
        saved = load_classifier(run)
    results = {name: saved.evaluate(texts) for name, texts in held_out.items()}
    recorded = {name: result.as_dict() for name, result in results.items()}
    if len(saved.labels) > MANY:  # the manifest is read whenever the run is
        for measured in recorded.values():
            del measured["confusion"]
    record_results(run, recorded, saved)
    return results


def _tuned(saved: SavedClassifier, dev: LabelledTexts, *, say: Say) -> list[float]:
    """A threshold for each label; says which."""
    thresholds = tune_thresholds(saved.probabilities(dev.texts), dev.classes)
    shown = [f"{label} {t:.3f}" for label, t in zip(saved.labels, thresholds, strict=True)]
    more = f", ... ({len(shown)})" if len(shown) > SHOWN else ""
    say(f"thresholds tuned on dev, where figures are flattered now: {', '.join(shown[:SHOWN])}{more}")
    return list(thresholds)


def _save_texts(texts: LabelledTexts, folder: Path) -> None:
    """Held-out texts as they are, beside the ids of those that decide when to stop."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {"texts": texts.texts, "classes": texts.classes.tolist()}
    (folder / "texts.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def _load_texts(run: RunFolder, name: str) -> LabelledTexts | None:
    file = f"data/{name}/texts.json"
    if file not in run.document["files"]:
        return None
    labels = labels_of(run)
    try:
        document = json.loads(run.read(file))
        texts, classes = tuple(document["texts"]), np.array(document["classes"], np.int64)
        if len(texts) != len(classes) or not all(isinstance(text, str) for text in texts):
            raise ValueError("texts and classes do not match")
        if classes.min(initial=0) < 0 or classes.max(initial=0) >= len(labels):
            raise ValueError("a class has no label")
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError) as error:
        raise CheckpointError(f"{run.path / file}: damaged: {error}") from error
    return LabelledTexts(texts, classes, labels)
