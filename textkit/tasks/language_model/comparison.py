"""Language models of any kind side by side on the same text, and what they give together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from textkit.data.interned import InternedText
from textkit.errors import InputError, UsageError
from textkit.lm.mixing.weights import tune_weights
from textkit.lm.ngram import NgramModel
from textkit.lm.ngram.model import Floats
from textkit.lm.score import MeasuredText, Score, total
from textkit.tasks.language_model.saved import SavedModel, load_model
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.characters import CharacterTokenizer
from textkit.text.tokenizers.sentencepiece import SentencePieceTokenizer
from textkit.text.vocab import UNKNOWN, Vocab
from textkit.train.checkpoint import MANIFEST, RunFolder

_RESUMING = ("last-", "data/", "tensorboard/", "log.jsonl", "curve.png")  # what using a model does not take


@dataclass(frozen=True)
class Compared:
    """A model and its measures on the test text.

    `kind` is rnn, gru, lstm, transformer or, for n-grams, their order: 5-gram. `parameters` are those
    of a network, or the n-grams of all orders. `bytes` is its size on disk without what only training
    needs.
    """

    name: str
    kind: str
    unit: str
    parameters: int
    bytes: int
    vocabulary: int
    score: Score

    @property
    def neural(self) -> bool:
        """Whether it is a network."""
        return not self.kind.endswith("-gram")

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        size = {"parameters" if self.neural else "ngrams": self.parameters, "bytes_on_disk": self.bytes}
        named = {"model": self.name, "kind": self.kind, "unit": self.unit, "vocabulary": self.vocabulary}
        return named | size | self.score.as_dict()


@dataclass(frozen=True)
class Interpolated:
    """The weighted sum of models' probabilities, token by token, and its measures on the test text."""

    models: tuple[str, ...]
    weights: tuple[float, ...]
    score: Score

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {"models": list(self.models), "weights": list(self.weights)} | self.score.as_dict()


@dataclass(frozen=True)
class Comparison:
    """Models and interpolations, each in order of bits per character; `notes` are for the reader."""

    models: tuple[Compared, ...]
    mixtures: tuple[Interpolated, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "models": [row.as_dict() for row in self.models],
            "mixtures": [row.as_dict() for row in self.mixtures],
            "notes": list(self.notes),
        }


def compare(
    runs: Sequence[Path | str], *, test: Iterable[str], valid: Iterable[str] | None = None
) -> Comparison:
    """Score the models of run folders (or model folders, or ARPA files) on the lines of `test`.

    Each with its own cleaning, tokens and vocabulary, so that bits per character compare. With `valid`,
    models that see the same tokens and know the same words are interpolated too: the best n-gram model
    with each network, and all of them; weights by expectation maximisation on `valid`, on which the
    best n-gram model is chosen too.

    Raises UsageError without a model or for one that is named twice, InputError for an empty text, and
    what `load_model` raises.
    """
    names = [str(run) for run in runs]
    if not names:
        raise UsageError("there is no model to compare")
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{name}: named twice; compare different models")
    texts = {"test": list(test)} | ({} if valid is None else {"valid": list(valid)})
    for which, lines in texts.items():
        if not lines:
            raise InputError(f"the {which} text is empty: there is nothing to score")
    reader = _Reader(texts)
    entries = [_scored(name, reader) for name in names]
    order = sorted(range(len(entries)), key=lambda i: _sortable(entries[i].row.score))
    entries = [entries[i] for i in order]
    mixtures = [mixture for group in _groups(entries) for mixture in _interpolated(group)]
    mixtures.sort(key=lambda mixture: _sortable(mixture.score))
    notes = tuple(_notes(entries, tuned=valid is not None))
    return Comparison(tuple(entry.row for entry in entries), tuple(mixtures), notes)


@dataclass(frozen=True, eq=False)
class _Entry:
    """A model's measures, and what mixing needs: its log probabilities of both texts, (N,) each.

    `tokens` numbers the ways to cut the texts into tokens; `words` is the vocabulary.
    """

    row: Compared
    tokens: int
    words: frozenset[str]
    text: MeasuredText
    unknown: int
    log_probs: dict[str, Floats]


class _Reader:
    """The texts as each pipeline cuts them; cut once, however many models share a pipeline."""

    def __init__(self, texts: dict[str, list[str]]) -> None:
        self._texts = texts
        self._by_digest: dict[str, int] = {}
        self._cut: list[dict[str, InternedText]] = []

    def read(self, pipeline: Pipeline[str, list[str]], vocab: Vocab) -> tuple[int, dict[str, MeasuredText]]:
        """The number of this way to cut the texts, and the texts for a model."""
        digest = pipeline.digest()
        if digest not in self._by_digest:
            cut = {name: InternedText.of(lines, pipeline) for name, lines in self._texts.items()}
            same = (i for i, other in enumerate(self._cut) if _same_tokens(cut, other))
            number = self._by_digest[digest] = next(same, len(self._cut))
            if number == len(self._cut):
                self._cut.append(cut)
        number = self._by_digest[digest]
        return number, {name: MeasuredText.of(text, vocab) for name, text in self._cut[number].items()}


def _same_tokens(one: dict[str, InternedText], other: dict[str, InternedText]) -> bool:
    return all(
        one[name].types == other[name].types
        and np.array_equal(one[name].corpus.ids, other[name].corpus.ids)
        and np.array_equal(one[name].corpus.offsets, other[name].corpus.offsets)
        for name in one
    )


def _scored(name: str, reader: _Reader) -> _Entry:
    saved = load_model(name)
    vocab, unknown = saved.model.vocab, saved.model.vocab.id(UNKNOWN)
    tokens, texts = reader.read(saved.pipeline, vocab)
    log_probs = {which: saved.model.log_probs(text.corpus) for which, text in texts.items()}
    score = total(log_probs["test"], texts["test"], unknown=unknown)
    kind, parameters = _kind(name, saved)
    row = Compared(name, kind, _unit(saved), parameters, _bytes_on_disk(Path(name)), len(vocab), score)
    return _Entry(row, tokens, frozenset(vocab.tokens), texts["test"], unknown, log_probs)


def _kind(name: str, saved: SavedModel) -> tuple[str, int]:
    """The kind of a model and how large it is."""
    model: Any = saved.model
    if isinstance(model, NgramModel):
        return f"{model.order}-gram", sum(model.trie.size(k) for k in range(1, model.order + 1))
    return RunFolder.open(name).kind, sum(weight.numel() for weight in model.network.parameters())


def _unit(saved: SavedModel) -> str:
    match saved.pipeline.stages[-1]:
        case CharacterTokenizer():
            return "char"
        case SentencePieceTokenizer():
            return "subword"
    return "word"


def _bytes_on_disk(path: Path) -> int:
    """The size of the files that using the model takes."""
    if path.is_file():
        return path.stat().st_size
    files = {file.relative_to(path).as_posix(): file for file in path.rglob("*") if file.is_file()}
    if (path / MANIFEST).exists():
        files = {name: file for name, file in files.items() if not name.startswith(_RESUMING)}
    return sum(file.stat().st_size for file in files.values())


def _groups(entries: Sequence[_Entry]) -> list[list[_Entry]]:
    """Models of the same tokens and words, which can be mixed token by token."""
    groups: dict[tuple[int, frozenset[str]], list[_Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.tokens, entry.words), []).append(entry)
    return list(groups.values())


def _interpolated(group: Sequence[_Entry]) -> list[Interpolated]:
    """The best n-gram model of a group with each of its networks, and all of the group."""
    ngrams = [entry for entry in group if not entry.row.neural]
    networks = [entry for entry in group if entry.row.neural]
    if not (ngrams and networks) or "valid" not in group[0].log_probs:
        return []
    best = max(ngrams, key=lambda entry: float(entry.log_probs["valid"].sum()))
    mixtures = [_mixture([best, network]) for network in networks]
    return [*mixtures, _mixture([*ngrams, *networks])] if len(group) > 2 else mixtures


def _mixture(parts: Sequence[_Entry]) -> Interpolated:
    weights = tune_weights([part.log_probs["valid"] for part in parts]).weights
    with np.errstate(divide="ignore"):  # a weight of 0 is meant
        logs = np.log(weights)
    mixed = np.full(len(parts[0].log_probs["test"]), -np.inf)
    for part, log_weight in zip(parts, logs, strict=True):
        mixed = np.logaddexp(mixed, part.log_probs["test"] + log_weight)
    score = total(mixed, parts[0].text, unknown=parts[0].unknown)
    return Interpolated(tuple(part.row.name for part in parts), weights, score)


def _notes(entries: Sequence[_Entry], *, tuned: bool) -> list[str]:
    """What the measures do not say by themselves."""
    notes = []
    cuts, vocabularies = {entry.tokens for entry in entries}, {entry.words for entry in entries}
    if len(cuts) > 1:
        notes.append("perplexities are per token, and tokens differ here: compare bits")
    elif len(vocabularies) > 1:
        notes.append("perplexities count unknown words by <unk>, and vocabularies differ here: compare bits")
    ngrams = [entry for entry in entries if not entry.row.neural]
    networks = [entry for entry in entries if entry.row.neural]
    if not (ngrams and networks):
        if tuned:
            notes.append("nothing is interpolated: that takes an n-gram model and a neural one")
        return notes
    apart = [_difference(network, ngrams) for network in networks]
    if not tuned and None in apart:
        notes.append("nothing is interpolated: the weights need a validation text (--valid)")
    return notes + [reason for reason in apart if reason is not None]


def _difference(network: _Entry, ngrams: Sequence[_Entry]) -> str | None:
    """Why a network is interpolated with none of the n-gram models, if it is so."""
    alike = [entry for entry in ngrams if entry.tokens == network.tokens]
    if not alike:
        return f"{network.row.name} is not interpolated: no n-gram model has its tokens"
    if any(entry.words == network.words for entry in alike):
        return None
    sizes = f"{alike[0].row.vocabulary:,} words of {alike[0].row.name}, {network.row.vocabulary:,} of its own"
    return (
        f"{network.row.name} is not interpolated: no n-gram model has its vocabulary ({sizes}); train both "
        "with the same min_count and max_vocab"
    )


def _sortable(score: Score) -> float:
    """Bits per character, with what is not a number last."""
    return math.inf if math.isnan(score.bits_per_character) else score.bits_per_character
