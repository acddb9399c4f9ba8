"""A trained tagger out of its run folder: tags and spans of text, and how good they are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from textkit.data.spans import Span, SpanReport, TaggedSentence, span_report, spans_of
from textkit.errors import CheckpointError, InputError, UsageError
from textkit.models.crf import Posterior
from textkit.models.tagger import TaggerNetwork
from textkit.tasks.configuration import make_settings, parse_settings
from textkit.tasks.kinds import check_kind
from textkit.tasks.tagging.config import TaggerConfig
from textkit.tasks.tagging.network import Inventory, load_network
from textkit.tasks.tagging.spellings import Spellings
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizer import Token
from textkit.train.checkpoint import RunFolder

KIND = "tagger"
TOGETHER = 64  # rows of a batch
_READ_AHEAD = 1024  # sentences that are sorted by length together


class FoundSpan(NamedTuple):
    """A span, the text of its tokens, and how probable it is that it is just this one."""

    start: int
    end: int
    label: str
    text: str
    probability: float


@dataclass(frozen=True)
class Tagged:
    """A sentence's tokens, a tag for each, and the spans that they spell.

    `places` says where each token stands in the line it came from, as (start, end) in characters.
    """

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    spans: tuple[FoundSpan, ...]
    places: tuple[tuple[int, int], ...] | None = None


class _Words(NamedTuple):
    tokens: tuple[str, ...]
    places: tuple[tuple[int, int], ...] | None = None
    line: str = ""

    def text(self, span: Span) -> str:
        if self.places is None:
            return " ".join(self.tokens[span.start : span.end])
        return self.line[self.places[span.start][0] : self.places[span.end - 1][1]]


@dataclass(frozen=True, eq=False)
class SavedTagger:
    """A network with what it speaks of, and the pipeline that finds words in text."""

    network: TaggerNetwork
    inventory: Inventory
    pipeline: Pipeline[str, list[str]]

    def __repr__(self) -> str:
        return f"SavedTagger(tags={tuple(self.inventory.tags.tokens)!r})"

    def tag_lines(self, lines: Iterable[str]) -> Iterator[Tagged]:
        """Clean, tokenize and tag lines of text, one result each; white space is no token.

        Raises what the pipeline raises for a line that it cannot read, InputError for a single string.
        """
        if isinstance(lines, str):  # whose characters would be tagged one by one
            raise InputError("lines must be a list of strings, not one string: put it into a list")
        return self._tag(map(self._words, lines))

    def tag_tokens(self, sentences: Iterable[Sequence[str]]) -> Iterator[Tagged]:
        """Tag sentences whose tokens are known."""
        return self._tag(_Words(tuple(tokens)) for tokens in sentences)

    def evaluate(self, sentences: Iterable[TaggedSentence]) -> SpanReport:
        """Compare the spans found in sentences with those of their tags, as seqeval does."""
        known = list(sentences)
        found: list[tuple[str, ...]] = []
        for block in _blocks(_Words(sentence.tokens) for sentence in known):
            found += (tags for tags, _ in self._decode(block, sure=False))
        return span_report((sentence.tags for sentence in known), found)

    @torch.no_grad()
    def path_scores(self, sentences: Iterable[Sequence[str]]) -> list[float]:
        """How good the best path of tags is for each sentence of tokens: the sum of its scores."""
        found = []
        for tokens in sentences:
            spellings = Spellings.of([tokens], vocab=self.inventory.words, letters=self.inventory.letters)
            places = spellings.encode([tokens]).ids.astype(np.int64)[None]
            rows = spellings.tensors(places, np.array([len(tokens)], dtype=np.int64))
            found.append(float(self.network.chain.decode(self.network(rows), rows.lengths)[1][0]))
        return found

    def _words(self, line: str) -> _Words:
        clean = Pipeline[str, str](self.pipeline.stages[:-1])
        text, alignment = clean.aligned(line)
        tokens: list[Token] = self.pipeline.stages[-1].offsets(text)  # type: ignore[attr-defined]
        real = [token for token in tokens if token.text.strip()]
        places = tuple(alignment.span(token.start, token.end) for token in real)
        return _Words(tuple(token.text for token in real), places, line)

    def _tag(self, sentences: Iterable[_Words]) -> Iterator[Tagged]:
        for block in _blocks(sentences):
            for words, (tags, sureness) in zip(block, self._decode(block, sure=True), strict=True):
                spans = tuple(
                    FoundSpan(*span, words.text(span), probability)
                    for span, probability in zip(spans_of(tags), sureness, strict=True)
                )
                yield Tagged(words.tokens, tags, spans, words.places)

    def _decode(
        self, block: Sequence[_Words], *, sure: bool
    ) -> list[tuple[tuple[str, ...], tuple[float, ...]]]:
        """Tags of each sentence, and with `sure` the probability of each of their spans."""
        spellings = Spellings.of(
            (words.tokens for words in block), vocab=self.inventory.words, letters=self.inventory.letters
        )
        found: list[tuple[tuple[str, ...], tuple[float, ...]]] = [((), ())] * len(block)
        order = sorted(
            (n for n, words in enumerate(block) if words.tokens), key=lambda n: len(block[n].tokens)
        )
        for begin in range(0, len(order), TOGETHER):
            numbers = order[begin : begin + TOGETHER]
            rows = self._decode_rows([block[number].tokens for number in numbers], spellings, sure=sure)
            for number, row in zip(numbers, rows, strict=True):
                found[number] = row
        return found

    @torch.no_grad()
    def _decode_rows(
        self, rows: Sequence[tuple[str, ...]], spellings: Spellings, *, sure: bool
    ) -> Iterator[tuple[tuple[str, ...], tuple[float, ...]]]:
        lengths = np.array([len(tokens) for tokens in rows], dtype=np.int64)
        places = np.zeros((len(rows), lengths.max()), dtype=np.int64)
        for place, tokens in zip(places, rows, strict=True):
            place[: len(tokens)] = [spellings.numbers[token] for token in tokens]
        sentences = spellings.tensors(places, lengths)
        scores = self.network(sentences)
        best, quality = self.network.chain.decode(scores, sentences.lengths)
        if not torch.isfinite(quality).all():
            raise CheckpointError(
                "the tagger's scores are no numbers (NaN): its weights are damaged; train again"
            )
        posterior = self.network.chain.posterior(scores, sentences.lengths) if sure else None
        for row, (ids, length) in enumerate(zip(best.tolist(), lengths.tolist(), strict=True)):
            tags = tuple(self.inventory.tags.decode(ids[:length]))
            probabilities = () if posterior is None else self._sureness(posterior, row, tags)
            yield tags, probabilities

    def _sureness(self, posterior: Posterior, row: int, tags: tuple[str, ...]) -> tuple[float, ...]:
        """How probable it is that each span has just these tags and ends where it does."""
        ids, names = self.inventory.tags.encode(tags), self.inventory.tags
        found = []
        for start, end, label in spans_of(tags):
            probability = math.exp(posterior.log_prob(row, start, ids[start:end]))
            if end < len(tags) and f"I-{label}" in names:
                longer = [*ids[start:end], names.id(f"I-{label}")]
                probability -= math.exp(posterior.log_prob(row, start, longer))
            found.append(min(max(probability, 0.0), 1.0))
        return tuple(found)


def _blocks(sentences: Iterable[_Words]) -> Iterator[list[_Words]]:
    rest = iter(sentences)
    while block := list(islice(rest, _READ_AHEAD)):
        yield block


def load_config(run: RunFolder) -> TaggerConfig:
    """The settings of a run, longer training included; raises CheckpointError when it is no tagger's."""
    check_kind(run, KIND)
    source = str(run.path / "config.toml")
    longer = {name: run.document[name] for name in ("epochs",) if name in run.document}
    try:
        return make_settings(
            TaggerConfig, parse_settings(run.config(), source=source) | longer, source=source
        )
    except UsageError as error:
        reason = str(error).removeprefix(f"{source}: ")
        raise CheckpointError(f"{source}: damaged, or of another version of textkit: {reason}") from error


def load_tagger(source: RunFolder | Path | str) -> SavedTagger:
    """The best tagger of a run folder; raises CheckpointError for what is missing, damaged or no tagger."""
    run = source if isinstance(source, RunFolder) else RunFolder.open(source)
    config, inventory = load_config(run), Inventory.load(run)
    return SavedTagger(load_network(run, config, inventory), inventory, run.pipeline())
