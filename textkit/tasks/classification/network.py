"""A network as a classifier: from texts to ids, through the network, to calibrated probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from textkit.data.encoded import EncodedCorpus
from textkit.data.text_batches import pad
from textkit.errors import CheckpointError, UsageError
from textkit.models.calibration import Calibration
from textkit.models.text_classifiers.bag import HiddenBag, MeanBag
from textkit.models.text_classifiers.recurrent import RecurrentClassifier
from textkit.models.text_classifiers.text_cnn import TextCNN
from textkit.models.text_classifiers.word_network import WordNetwork
from textkit.models.text_network import TextNetwork
from textkit.tasks.classification.classifier import Floats
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.classification.prepared_texts import labels_of
from textkit.tasks.classification.reading import ReadTexts, words_of
from textkit.text.pipeline import Pipeline
from textkit.text.vocab import Vocab
from textkit.train.checkpoint import RunFolder
from textkit.train.device import choose_device
from textkit.train.weights import load_arrays

_WORDS = 1 << 14  # of texts judged together, padding counted


@dataclass(frozen=True, eq=False)
class NetworkClassifier:
    """A trained network with all that it takes to judge texts; a `Classifier`.

    `max_length` words of a text are read; blank ones do not count.
    """

    network: TextNetwork
    pipeline: Pipeline[str, list[str]]
    vocab: Vocab
    labels: tuple[str, ...]
    calibration: Calibration
    max_length: int
    device: torch.device

    def encode(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Ids (B, T) int64 of the texts' words, 0 beyond their ends, and their lengths (B,), 1 at least.

        A text without a word is one unknown word. Both are on the network's device.
        """
        corpus = self._read(texts)
        ids, lengths = pad(corpus, np.arange(len(corpus)))
        return torch.from_numpy(ids).to(self.device), torch.from_numpy(lengths).to(self.device)

    def tokens(self, texts: Sequence[str]) -> list[list[str]]:
        """The words that `encode` gives the ids of; of a text without one, the unknown word's name."""
        unknown = self.vocab.decode(self.vocab.encode([""]))
        return [words_of(text, self.pipeline)[: self.max_length] or unknown for text in texts]

    @property
    def shift(self) -> Floats:
        """What calibration adds to the logits (K,), so that the largest score is the likeliest class."""
        return self.calibration.biases / self.calibration.slope

    def scores(self, texts: Sequence[str], /) -> Floats:
        """Logits and the shift, (B, K) float64."""
        return self._logits(texts) + self.shift

    def probabilities(self, texts: Sequence[str], /) -> Floats:
        """Calibrated probabilities (B, K); rows sum to one."""
        return self.calibration.probabilities(self._logits(texts))

    def _logits(self, texts: Sequence[str]) -> Floats:
        return network_scores(self.network, self._read(texts), classes=len(self.labels), device=self.device)

    def _read(self, texts: Sequence[str]) -> EncodedCorpus:
        return ReadTexts.of(texts, self.pipeline).encode(self.vocab, max_length=self.max_length)


def network_scores(
    network: TextNetwork, corpus: EncodedCorpus, *, classes: int, device: torch.device
) -> Floats:
    """Logits (B, K) float64 of encoded texts, without dropout; texts of like length go through together."""
    scores = np.empty((len(corpus), classes))
    order = np.argsort(corpus.lengths, kind="stable")
    with evaluating(network), torch.inference_mode():
        begin = 0
        while begin < len(order):
            # As many as fit, if all were as long as the longest of them.
            ends = np.arange(1, len(order) - begin + 1) * corpus.lengths[order[begin:]]
            texts = order[begin : begin + max(int(np.searchsorted(ends, _WORDS, side="right")), 1)]
            ids, lengths = (torch.from_numpy(each).to(device) for each in pad(corpus, texts))
            scores[texts] = network(ids, lengths).double().cpu().numpy()
            begin += len(texts)
    return scores


@contextmanager
def evaluating(network: TextNetwork) -> Iterator[None]:
    """Dropout is off within, and as it was after it."""
    module = cast(nn.Module, network)
    was_training = module.training
    module.eval()
    try:
        yield
    finally:
        module.train(was_training)


def make_network(config: ClassifierConfig, vocab: Vocab, *, classes: int) -> WordNetwork:
    """An untrained network; its weights come from torch's generator, which the caller seeds.

    The unknown word's vector starts at zero: where no text of the training has one, it stays there.
    """
    network = _make(config, len(vocab), classes)
    with torch.no_grad():
        network.words.weight[vocab.encode([""])[0]] = 0
    return network


def _make(config: ClassifierConfig, size: int, classes: int) -> WordNetwork:
    dropout, dropout_words = config.dropout, config.dropout_words
    match config.preset:
        case "textcnn":
            return TextCNN(
                size,
                config.embedding,
                classes=classes,
                filters=config.hidden,
                dropout=dropout,
                dropout_words=dropout_words,
            )
        case "bigru" | "lstm":
            return RecurrentClassifier(
                size,
                config.embedding,
                classes=classes,
                hidden=config.hidden,
                cell="gru" if config.preset == "bigru" else "lstm",
                pooling="attention" if config.preset == "bigru" else "last",
                layers=config.layers,
                dropout=dropout,
                dropout_words=dropout_words,
            )
        case "embedding-bag":
            return MeanBag(
                size, config.embedding, classes=classes, dropout=dropout, dropout_words=dropout_words
            )
        case "book":
            return HiddenBag(
                size, config.hidden, classes=classes, dropout=dropout, dropout_words=dropout_words
            )
    raise UsageError(f"the preset '{config.preset}' is no network")


def load_network_classifier(run: RunFolder, config: ClassifierConfig) -> NetworkClassifier:
    """The best network of a run; raises CheckpointError when it is missing or damaged."""
    vocab, labels = run.vocab(), labels_of(run)
    network = make_network(config, vocab, classes=len(labels))
    load_arrays(network, run, "best")
    device = choose_device("cpu" if config.device == "cpu" else "auto")  # it may have been trained elsewhere
    network.to(device).eval()
    return NetworkClassifier(
        network, run.pipeline(), vocab, labels, _calibration(run, len(labels)), config.max_length, device
    )


def _calibration(run: RunFolder, classes: int) -> Calibration:
    """What the run's probabilities are made with: of a training that never ended, the scores as they are."""
    if "calibration" not in run.document:
        return Calibration(1.0, np.zeros(classes))
    try:
        saved = run.document["calibration"]
        slope, noise = float(saved["slope"]), float(saved["noise"])
        biases = np.array(saved["biases"], np.float64)
        if biases.shape != (classes,) or not (np.isfinite([slope, noise, *biases]).all() and slope > 0):
            raise ValueError(f"a slope above 0, {classes} biases and a noise are due, not {saved}")
    except (LookupError, TypeError, ValueError) as error:
        raise CheckpointError(f"{run.path}: damaged: calibration: {error}") from error
    return Calibration(slope, biases, noise)
