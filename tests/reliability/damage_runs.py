"""Small folders of every kind, twice each, and what is asked of them, undamaged or not."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import textkit
from textkit.data.spans import TaggedSentence
from textkit.tasks import classification, language_model, tagging, translation
from textkit.tasks.classification.classifier import LabelledTexts
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.configuration import make_settings
from textkit.tasks.language_model.ngram_file import read_ngram_file, write_ngram_file
from textkit.tasks.tagging.config import TaggerConfig
from textkit.tasks.translation.config import TranslatorConfig
from textkit.tasks.verification.probe import Probe
from textkit.text.pairs import Pair
from textkit.train.checkpoint import RunFolder

Make = Callable[[Path, int], None]
Use = Callable[[Path], Any]

_NOUNS = ("cat", "dog", "mat", "log", "tree", "house")
_LINES = [f"the {one} sat on a {two} ." for one in _NOUNS for two in _NOUNS]
_NETWORK = {"epochs": 1, "batch_size": 4, "embedding": 8, "min_count": 1, "device": "cpu"}


@dataclass(frozen=True)
class Kind:
    """How a folder of a kind is made, with a seed, and what is asked of it."""

    name: str
    make: Make
    uses: Sequence[Use]


def opened(path: Path) -> Any:
    """What a run's model says, and what its manifest records."""
    run = RunFolder.open(path)
    probe = Probe.of(run.kind, textkit.load(path)).as_dict()
    return json.dumps([probe, run.document.get("results"), run.document.get("signature")])


def _language_model(path: Path, seed: int, **settings: Any) -> None:
    lines = _LINES[seed:] + _LINES[:seed]
    config = language_model.make_config({"tokenizer": "whitespace", **settings})
    language_model.train(lines[4:], config, valid=lines[:4], out=path)


def _ngram(path: Path, seed: int) -> None:
    _language_model(path, seed, model="ngram", order=3, smoothing="witten-bell")


def _ngram_folder(path: Path, seed: int) -> None:
    run = path.with_name(f"{path.name}-run")
    _ngram(run, seed)
    write_ngram_file(read_ngram_file(run), path, quantise=True)


def _lstm(path: Path, seed: int) -> None:
    _language_model(path, seed, model="lstm", **_NETWORK, hidden=8, steps=8)


def _transformer(path: Path, seed: int) -> None:
    small = {"layers": 1, "heads": 2, "feed_forward": 16, "steps": 8}
    _language_model(path, seed, model="transformer", **_NETWORK, **small)


def _classifier(path: Path, seed: int, **settings: Any) -> None:
    signs = (("good", "+"), ("bad", "-"))
    texts = [(f"{line} {word}", label) for line in _LINES[seed:] for word, label in signs]
    config = make_settings(ClassifierConfig, {"tokenizer": "whitespace", **settings})
    labelled = LabelledTexts.of(texts, labels=("-", "+"))
    classification.train(labelled, config, out=path, dev=labelled, tune_threshold=True)


def _linear(path: Path, seed: int) -> None:
    _classifier(path, seed)


def _textcnn(path: Path, seed: int) -> None:
    _classifier(path, seed, preset="textcnn", **_NETWORK, hidden=4)


def _tagger(path: Path, seed: int) -> None:
    tags = ("O", "B-a", "O", "O", "O", "B-b", "O")
    sentences = [TaggedSentence(tuple(line.split()), tags) for line in _LINES[seed:]]
    small = {"embedding": 8, "letters": 4, "hidden": 8, "epochs": 1, "min_count": 1}
    tagging.train(sentences, make_settings(TaggerConfig, small), out=path, dev=sentences[:9])


def _translator(path: Path, seed: int) -> None:
    pairs = [Pair(line, line.upper()) for line in _LINES[seed:]]
    small = {"preset": "rnn", "width": 8, "tokenizer": "whitespace", "joint": False, "max_steps": 2}
    config = make_settings(TranslatorConfig, {**small, "valid_bleu": 2})
    translation.train(pairs, config, out=path, valid=pairs[:3])


def _model_folder(path: Path) -> Any:
    saved = language_model.load_model(path)
    return json.dumps([Probe.of("ngram", saved).as_dict(), read_ngram_file(path).signature()])


def _resumed(resume: Callable[..., Any], **longer: int) -> Use:
    def use(path: Path) -> Any:
        resume(path, **longer)
        return opened(path)

    return use


KINDS = (
    Kind("ngram", _ngram, (opened,)),
    Kind("ngram-folder", _ngram_folder, (_model_folder,)),
    Kind("linear", _linear, (opened,)),
    Kind("lstm", _lstm, (opened, _resumed(language_model.resume, epochs=2))),
    Kind("transformer", _transformer, (opened, _resumed(language_model.resume, epochs=2))),
    Kind("textcnn", _textcnn, (opened, _resumed(classification.resume, epochs=2))),
    Kind("tagger", _tagger, (opened, _resumed(tagging.resume, epochs=2))),
    Kind("translator", _translator, (opened, _resumed(translation.resume, max_steps=3))),
)
