"""A classifier of any preset out of labelled texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from textkit import atomic
from textkit.data.splits import split
from textkit.errors import InputError, Interrupted, UsageError
from textkit.tasks.classification.classifier import Classifier, Floats, LabelledTexts
from textkit.tasks.classification.config import ClassifierConfig
from textkit.text.pipeline import Pipeline
from textkit.train.checkpoint import RunFolder

if TYPE_CHECKING:
    from textkit.tasks.classification.linear import LinearClassifier
    from textkit.tasks.classification.prepared_texts import PreparedTexts

Watch = Callable[[Any, int], None]
Say = Callable[[str], None]


def make_pipeline(config: ClassifierConfig) -> Pipeline[str, list[str]]:
    """Cleaning and tokenizing."""
    from textkit.text.catalog import make_tokenizer
    from textkit.text.clean import preset

    clean: Pipeline[str, str] = preset(config.clean)
    return clean.then(make_tokenizer(config.tokenizer, config.tokenizer_options))


def check_texts(train: LabelledTexts, config: ClassifierConfig, *, unlabelled: Sequence[str] = ()) -> None:
    """Raise InputError for texts that nothing can be learnt from, UsageError for settings without theirs."""
    counts = np.bincount(train.classes, minlength=len(train.labels))
    found = np.flatnonzero(counts)
    if len(found) < 2:
        raise InputError(
            f"all {len(train)} texts have the label '{train.labels[found[0]]}'; give texts of two at least"
        )
    if len(train) >= 20 and len(found) > len(train) / 2:
        raise InputError(
            f"{len(found)} labels for {len(train)} texts: is the text where the label should be? a TSV "
            "without a header is label, then text; say which columns by --label-column and --text-column"
        )
    if unlabelled and config.semi == "none":
        raise UsageError(
            "unlabelled texts are learnt from by the setting semi: self-training, entropy, consistency"
        )
    if config.semi != "none" and not unlabelled:
        raise UsageError(f"semi = {config.semi} learns from texts without labels; give some (--unlabelled)")


def hold_out(texts: LabelledTexts, config: ClassifierConfig) -> tuple[LabelledTexts, LabelledTexts]:
    """Training and development texts by `dev_fraction`: as many of each class, copies on one side.

    A class that would be left without a text to learn from keeps those it has. Raises InputError when there
    are too few for that.
    """
    shares = {"train": 1 - config.dev_fraction, "dev": config.dev_fraction}
    labels = texts.classes.tolist()
    parts = split(len(texts), shares, seed=config.seed, labels=labels, groups=texts.texts)
    learnt = {labels[row] for row in parts["train"].tolist()}
    kept = {texts.texts[row] for row in parts["dev"].tolist() if labels[row] not in learnt}
    held = np.array([row for row in parts["dev"].tolist() if texts.texts[row] not in kept], np.int64)
    train, dev = texts.select(np.setdiff1d(np.arange(len(texts)), held)), texts.select(held)
    if not len(dev) or len(np.unique(train.classes)) < 2:
        raise InputError(
            f"{len(texts)} texts are too few to hold out a part of {config.dev_fraction:g}; give more, or a "
            "file for --dev"
        )
    return train, dev


def fit_linear_classifier(
    train: LabelledTexts,
    config: ClassifierConfig,
    *,
    pipeline: Pipeline[str, list[str]],
    unlabelled: Sequence[str] = (),
) -> LinearClassifier:
    """A classifier of n-grams, learning from unlabelled texts too where the settings say so."""
    from textkit.tasks.classification.linear import fit_linear

    if config.semi == "none":
        return fit_linear(train, config, pipeline=pipeline)
    from textkit.tasks.classification.self_training import self_train

    def fit(texts: LabelledTexts, weights: Floats) -> LinearClassifier:
        trusted = np.arange(len(texts)) < len(train)  # the others' labels are guesses
        return fit_linear(texts, config, pipeline=pipeline, weights=weights, trusted=trusted)

    return self_train(fit, train, unlabelled, settings=config, seed=config.seed)


def prepare_network(
    train: LabelledTexts,
    config: ClassifierConfig,
    *,
    dev: LabelledTexts,
    pipeline: Pipeline[str, list[str]],
    unlabelled: Sequence[str] = (),
) -> PreparedTexts:
    """Texts as a network reads them."""
    from textkit.tasks.classification.prepared_texts import PreparedTexts

    return PreparedTexts.of(config, pipeline=pipeline, train=train, dev=dev, unlabelled=unlabelled)


def fit_network_classifier(
    config: ClassifierConfig, run: RunFolder, prepared: PreparedTexts, *, watch: Watch | None, say: Say
) -> Classifier:
    """Train a network to its end in its run, from where the run stands."""
    from textkit.tasks.classification.network_training import class_weights, fit_network
    from textkit.tasks.classification.penalties import penalties_of

    weights = class_weights(config, prepared.train, classes=len(prepared.labels))
    penalties = penalties_of(config, class_weights=weights)
    return fit_network(config, run, prepared, penalties=penalties, watch=watch, say=say)


def fit_aside(
    train: LabelledTexts,
    config: ClassifierConfig,
    *,
    unlabelled: Sequence[str] = (),
    watch: Watch | None = None,
    say: Say | None = None,
) -> Classifier:
    """A classifier of any preset that leaves no run; a network holds out `dev_fraction` of the texts."""
    pipeline = make_pipeline(config)
    if config.linear:
        return fit_linear_classifier(train, config, pipeline=pipeline, unlabelled=unlabelled)
    shown, dev = hold_out(train, config)
    prepared = prepare_network(shown, config, dev=dev, pipeline=pipeline, unlabelled=unlabelled)
    with atomic.temporary_folder("folds") as folder:
        run = RunFolder.create(
            folder / "run",
            kind="classifier",
            config=config.toml(),
            pipeline=pipeline,
            vocab=prepared.vocab,
            fill=prepared.fill,
        )
        try:
            return fit_network_classifier(
                config, run, prepared, watch=watch, say=say or (lambda _message: None)
            )
        except Interrupted as interruption:
            number = interruption.status - 128
            raise Interrupted("interrupted; nothing is kept of a cross-validation", number) from None
