"""What a network learns from: texts as ids with their classes, in memory and in a run folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from textkit.data.array_file import read_array
from textkit.data.encoded import EncodedCorpus
from textkit.errors import CheckpointError, InputError, UsageError
from textkit.tasks.classification.classifier import Integers, LabelledTexts
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.classification.reading import ReadTexts
from textkit.text.pipeline import Pipeline
from textkit.text.vocab import Vocab
from textkit.train.checkpoint import RunFolder

Weights = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LabelledIds:
    """Encoded texts, the number of each one's class (B,), and what each counts (B,)."""

    corpus: EncodedCorpus
    classes: Integers
    weights: Weights

    def save(self, folder: Path) -> None:
        """Write them to a new folder."""
        self.corpus.save(folder)
        np.save(folder / "classes.npy", self.classes)
        np.save(folder / "weights.npy", self.weights)

    @staticmethod
    def load(folder: Path, *, ids_below: int | None = None, labels: int | None = None) -> LabelledIds:
        """What `save` wrote; raises CheckpointError when files are missing or do not fit each other.

        Nor may an id, or a class, be larger than there are words or `labels`, if they are given.
        """
        corpus = EncodedCorpus.load(folder, ids_below=ids_below)
        shape = (len(corpus),)  # one for each text
        classes = read_array(folder / "classes.npy", shape=shape, kinds="iu")
        weights = read_array(folder / "weights.npy", shape=shape, kinds="f")
        if labels is not None and not (classes.min(initial=0) >= 0 and classes.max(initial=0) < labels):
            raise CheckpointError(f"{folder / 'classes.npy'}: damaged: a class is not one of {labels} labels")
        return LabelledIds(corpus, classes, weights)


@dataclass(frozen=True, eq=False)
class PreparedTexts:
    """Training and development texts, and unlabelled ones, if any, all encoded alike."""

    pipeline: Pipeline[str, list[str]]
    vocab: Vocab
    labels: tuple[str, ...]
    train: LabelledIds
    dev: LabelledIds
    unlabelled: EncodedCorpus

    @staticmethod
    def of(
        config: ClassifierConfig,
        *,
        pipeline: Pipeline[str, list[str]],
        train: LabelledTexts,
        dev: LabelledTexts,
        unlabelled: Sequence[str] = (),
        weights: Weights | None = None,
        vocab: Vocab | None = None,
    ) -> PreparedTexts:
        """Clean, tokenize and encode; a `vocab` that is not given is of the training and unlabelled texts.

        `weights` (B,) are what training texts count, if not one each. Raises InputError when the
        training texts are all of one class, UsageError when `dev` has other labels than `train`.
        """
        _check(train, dev)
        read = ReadTexts.of([*train.texts, *unlabelled], pipeline)
        if vocab is None:
            vocab = read.vocab(min_count=config.min_count, max_size=config.max_vocab)
        both = read.encode(vocab, max_length=config.max_length)
        held_out = ReadTexts.of(dev.texts, pipeline).encode(vocab, max_length=config.max_length)
        ones = np.ones(len(dev), np.float32)
        weights = np.ones(len(train), np.float32) if weights is None else np.asarray(weights, np.float32)
        return PreparedTexts(
            pipeline,
            vocab,
            train.labels,
            LabelledIds(_part(both, 0, len(train)), train.classes, weights),
            LabelledIds(held_out, dev.classes, ones),
            _part(both, len(train), len(both)),
        )

    def fill(self, run: RunFolder) -> None:
        """Put what resuming needs into a run being made, so that it never depends on the original files.

        For `RunFolder.create(fill=...)`; the manifest then has "labels" too.
        """
        run.document["labels"] = list(self.labels)
        self.train.save(run.path / "data" / "train")
        self.dev.save(run.path / "data" / "dev")
        if len(self.unlabelled):
            self.unlabelled.save(run.path / "data" / "unlabelled")

    @staticmethod
    def load(run: RunFolder) -> PreparedTexts:
        """What `fill` put there; raises CheckpointError when it is gone or damaged."""
        run.check("data")
        folder = run.path / "data"
        if not all((folder / name).exists() for name in ("train", "dev")):
            raise CheckpointError(f"{folder}: the encoded training texts are gone; train again")
        more, vocab, labels = folder / "unlabelled", run.vocab(), labels_of(run)
        size, count = len(vocab), len(labels)
        return PreparedTexts(
            run.pipeline(),
            vocab,
            labels,
            LabelledIds.load(folder / "train", ids_below=size, labels=count),
            LabelledIds.load(folder / "dev", ids_below=size, labels=count),
            EncodedCorpus.load(more, ids_below=size) if more.exists() else EncodedCorpus.from_sequences([]),
        )


def labels_of(run: RunFolder) -> tuple[str, ...]:
    """The classes that a run tells apart; raises CheckpointError when the manifest does not say."""
    labels = run.document.get("labels")
    if (
        not isinstance(labels, list)
        or not all(isinstance(each, str) for each in labels)
        or not 1 < len(labels) == len(set(labels))
    ):
        raise CheckpointError(
            f"{run.path}: damaged: the manifest does not name two labels or more, each once; train again"
        )
    return tuple(labels)


def _check(train: LabelledTexts, dev: LabelledTexts) -> None:
    if train.labels != dev.labels:
        raise UsageError(
            f"training texts have the labels {', '.join(train.labels)}, the development texts "
            f"{', '.join(dev.labels)}: read the latter with the labels of the former"
        )
    found = np.unique(train.classes)
    if len(found) < 2:
        only = train.labels[found[0]] if len(found) else "none"
        raise InputError(
            f"all training texts have the label '{only}': there is nothing to tell apart; give texts of "
            "two classes at least"
        )
    if not len(dev):
        raise InputError("there is no development text, by which training knows when to stop; give some")


def _part(corpus: EncodedCorpus, begin: int, end: int) -> EncodedCorpus:
    offsets = corpus.offsets[begin : end + 1]
    return EncodedCorpus(corpus.ids[offsets[0] : offsets[-1]], offsets - offsets[0])
