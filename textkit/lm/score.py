"""The measures of a language model, defined once for every model and unit.

Perplexity is per token and so depends on the tokens; bits per character and per byte are per unit of
the text as it was before cleaning, and so compare any two models on the same text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from textkit.data.array_file import read_array
from textkit.data.encoded import EncodedCorpus
from textkit.data.interned import InternedText
from textkit.errors import InputError
from textkit.lm.language_model import END, LanguageModel
from textkit.text.lines import Lines
from textkit.text.vocab import UNKNOWN, Vocab

if TYPE_CHECKING:
    from textkit.text.token_batch import TokenBatch

BITS = 1 / math.log(2)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Score:
    """Sums over a text, and the measures they give.

    `log_prob` (nats) sums over all tokens, `log_prob_known` over all but the unknown words. `tokens`
    counts each line's end; `characters` and `bytes` (UTF-8) count the line ends of the text too.
    `spelling_bits` is what it costs to spell out the unknown words: eight bits for each byte and eight
    for the end. A model pays that on top of its own unknown word's probability wherever bits are
    counted, or else the smallest vocabulary would look best.
    """

    log_prob: float
    log_prob_known: float
    tokens: int
    unknown: int
    lines: int
    characters: int
    bytes: int
    spelling_bits: float
    impossible: int = 0  # tokens of probability zero

    @staticmethod
    def sum(scores: Iterable[Score]) -> Score:
        """The score of several texts as one."""
        columns = zip(*([getattr(score, f.name) for f in fields(Score)] for score in scores), strict=True)
        return Score(*map(sum, columns))

    @property
    def perplexity(self) -> float:
        """exp of the mean negative log probability; unknown words at the unknown word's probability."""
        return _exp(-self.log_prob / self.tokens)

    @property
    def perplexity_known(self) -> float:
        """The same over known tokens alone."""
        known = self.tokens - self.unknown
        return _exp(-self.log_prob_known / known) if known else math.nan

    @property
    def bits(self) -> float:
        """What the whole text costs to write down, unknown words spelled out."""
        return -self.log_prob * BITS + self.spelling_bits

    @property
    def bits_per_character(self) -> float:
        """Bits for each character of the text as it was read."""
        return self.bits / self.characters

    @property
    def bits_per_byte(self) -> float:
        """Bits for each byte of the text as it was read, in UTF-8."""
        return self.bits / self.bytes

    @property
    def unknown_rate(self) -> float:
        """Unknown words among the words (line ends are not words)."""
        words = self.tokens - self.lines
        return self.unknown / words if words else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Every measure and sum, for JSON: numbers that are not finite become None."""
        values: dict[str, Any] = {
            "perplexity": self.perplexity,
            "perplexity_known": self.perplexity_known,
            "bits_per_character": self.bits_per_character,
            "bits_per_byte": self.bits_per_byte,
            "tokens": self.tokens,
            "unknown": self.unknown,
            "unknown_rate": self.unknown_rate,
            "lines": self.lines,
            "characters": self.characters,
            "bytes": self.bytes,
            "log_prob": self.log_prob,
            "spelling_bits": self.spelling_bits,
            "impossible": self.impossible,
        }
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}


@dataclass(frozen=True, eq=False)
class MeasuredText:
    """A text ready to be scored: its ids, each line with its end, and what the measures divide by.

    `characters`, `bytes` and `spelling_bits` are (S,) int64, one entry a line.
    """

    corpus: EncodedCorpus
    characters: Ints
    bytes: Ints
    spelling_bits: Ints

    @staticmethod
    def of(text: InternedText, vocab: Vocab) -> MeasuredText:
        """Encode with a language model's vocabulary."""
        ids_of_types = np.array(vocab.encode(text.types), dtype=np.int32)
        sizes = np.array([len(token.encode()) for token in text.types], dtype=np.int64)
        ids, offsets = ids_of_types[text.corpus.ids], text.corpus.offsets
        unknown = np.flatnonzero(ids == vocab.id(UNKNOWN))
        bits = _spelling(unknown, sizes[text.corpus.ids[unknown]], offsets)
        return MeasuredText(_with_ends(ids, offsets, vocab), text.characters, text.bytes, bits)

    @staticmethod
    def of_tokens(tokens: Sequence[Sequence[str]], lines: Lines, vocab: Vocab) -> MeasuredText:
        """Encode the tokens of each of `lines`, which are the text before it was cleaned.

        >>> vocab = Vocab(("<unk>", "</s>", "a"), (0, 0, 1), specials=2)
        >>> MeasuredText.of_tokens([["a", "b"], []], Lines.of(["a b", ""]), vocab).corpus.ids.tolist()
        [2, 0, 1, 1]
        """
        flat = list(chain.from_iterable(tokens))
        offsets = np.cumsum([0, *map(len, tokens)], dtype=np.int64)
        ids = np.array(vocab.encode(flat), dtype=np.int32)
        unknown = np.flatnonzero(ids == vocab.id(UNKNOWN))
        sizes = np.array([len(flat[place].encode()) for place in unknown], dtype=np.int64)
        bits = _spelling(unknown, sizes, offsets)
        return MeasuredText(_with_ends(ids, offsets, vocab), *_line_sizes(lines), bits)

    @staticmethod
    def of_batch(batch: TokenBatch, lines: Lines, vocab: Vocab) -> MeasuredText:
        """The same for a batch of tokens, by compiled code."""
        ids = vocab.encode_flat(batch)
        unknown = np.flatnonzero(ids == vocab.id(UNKNOWN))
        sizes = (batch.ends[unknown] - batch.starts[unknown]).astype(np.int64)
        bits = _spelling(unknown, sizes, batch.offsets)
        return MeasuredText(_with_ends(ids, batch.offsets, vocab), *_line_sizes(lines), bits)

    @staticmethod
    def joined(texts: Sequence[MeasuredText]) -> MeasuredText:
        """Several texts as one, in order."""
        lengths = np.concatenate([[0], *(text.corpus.lengths for text in texts)])
        ids = np.concatenate([text.corpus.ids for text in texts])
        names = ("characters", "bytes", "spelling_bits")
        sizes = (np.concatenate([getattr(text, name) for text in texts]) for name in names)
        return MeasuredText(EncodedCorpus(ids, np.cumsum(lengths, dtype=np.int64)), *sizes)

    def save(self, folder: Path) -> None:
        """Write into a new folder; the ids can be mapped afterwards."""
        self.corpus.save(folder)
        np.save(folder / "sizes.npy", np.stack([self.characters, self.bytes, self.spelling_bits]))

    @staticmethod
    def load(folder: Path, *, ids_below: int | None = None) -> MeasuredText:
        """Read what `save` wrote; raises CheckpointError when it is missing or damaged."""
        corpus = EncodedCorpus.load(folder, ids_below=ids_below)
        sizes = read_array(folder / "sizes.npy", shape=(3, len(corpus)), kinds="fiu")
        return MeasuredText(corpus, *sizes)


def score(model: LanguageModel[Any], text: MeasuredText) -> Score:
    """The measures of `model` on `text`; raises InputError when the text is empty.

    >>> import numpy as np
    >>> class Uniform:
    ...     vocab = Vocab(("<unk>", "</s>", "a", "b"), (0, 0, 1, 1), specials=2)
    ...     def log_probs(self, corpus):
    ...         return np.full(len(corpus.ids), -np.log(len(self.vocab)))
    >>> text = MeasuredText.of(InternedText.of(["a b a", "b"], str.split), Uniform.vocab)
    >>> result = score(Uniform(), text)
    >>> round(result.perplexity, 9), result.tokens, round(result.bits_per_character, 9)
    (4.0, 6, 1.5)
    """
    if not len(text.corpus):
        raise InputError("there is no text to score")
    return total(model.log_probs(text.corpus), text, unknown=model.vocab.id(UNKNOWN))


def total(log_probs: Floats, text: MeasuredText, *, unknown: int) -> Score:
    """Sum log probabilities (N,) of all tokens of `text` into one score."""
    known = text.corpus.ids != unknown
    return Score(
        log_prob=float(log_probs.sum()),
        log_prob_known=float(log_probs[known].sum()),
        tokens=len(log_probs),
        unknown=int((~known).sum()),
        lines=len(text.corpus),
        characters=int(text.characters.sum()),
        bytes=int(text.bytes.sum()),
        spelling_bits=float(text.spelling_bits.sum()),
        impossible=int(np.isneginf(log_probs).sum()),
    )


def per_line(log_probs: Floats, text: MeasuredText, *, unknown: int) -> Iterator[Score]:
    """One score for each line, in order; `line_scores.LineScores` has them as arrays."""
    from textkit.lm.line_scores import LineScores

    return iter(LineScores.of(log_probs, text, unknown=unknown))


def _with_ends(ids: npt.NDArray[np.int32], offsets: Ints, vocab: Vocab) -> EncodedCorpus:
    """Sentences of ids, each with its end."""
    ends = np.arange(len(offsets))
    result = np.full(len(ids) + len(offsets) - 1, vocab.id(END), dtype=np.int32)
    result[np.arange(len(ids)) + np.repeat(ends[:-1], np.diff(offsets))] = ids
    return EncodedCorpus(result, offsets + ends)


def _spelling(unknown: Ints, sizes: Ints, offsets: Ints) -> Ints:
    """For each sentence what its unknown words cost to spell: the tokens at `unknown`, of `sizes` bytes.

    Eight bits a byte and eight for the end.
    """
    sentences = np.searchsorted(offsets, unknown, side="right") - 1
    return np.bincount(sentences, 8.0 * (sizes + 1), len(offsets) - 1).astype(np.int64)


def _line_sizes(lines: Lines) -> tuple[Ints, Ints]:
    """Characters and bytes of each line, its end included, (S,) each."""
    sizes = (lines.ends - lines.starts).astype(np.int64) + 1
    inside = (lines.buffer & 0xC0) == 0x80  # bytes of a character but its first, UTF-8
    if not inside.any():
        return sizes, sizes
    before = np.zeros(len(inside) + 1, dtype=np.int32)
    np.cumsum(inside, out=before[1:])
    return sizes - (before[lines.ends] - before[lines.starts]), sizes


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf
