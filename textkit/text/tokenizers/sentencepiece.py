"""Subwords by sentencepiece: a trained tokenizer is a value, training is a function that returns one."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any, ClassVar

from textkit.errors import CheckpointError, InputError, UsageError, unknown_name
from textkit.text.tokenizer import Token
from textkit.text.tokenizers import sentencepiece_trainer

if TYPE_CHECKING:
    from textkit.text.lines import Lines
    from textkit.text.token_batch import TokenBatch

SPACE = "\u2581"  # how sentencepiece writes a space
MODEL_TYPES = ("unigram", "bpe")
_BYTE = re.compile("<0x([0-9A-F]{2})>")


@dataclass(frozen=True)
class _Loaded:
    """A model ready for use: its processor, its pieces, and where it adds a space to every text.

    `unknown` is the id that unknown characters get; the processor's own `unk_id` looks for a piece of
    the usual name, which another model need not have.
    """

    processor: Any
    unknown: int
    pieces: tuple[str, ...]
    bytes_of: dict[str, bytes]
    prefix: bool
    suffix: bool


@functools.lru_cache(maxsize=8)
def _loaded(model: bytes) -> _Loaded:
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor()
    try:
        processor.LoadFromSerializedProto(model)
        return _load(processor)
    except (RuntimeError, OSError, ValueError, LookupError) as error:  # ValueError: a piece is not UTF-8
        raise CheckpointError(
            "not a sentencepiece model, or a damaged one; train or download it again"
        ) from error


def _load(processor: Any) -> _Loaded:
    ids = range(processor.get_piece_size())
    spelled = [processor.id_to_piece(i) for i in ids]
    pieces = [spelled[i] for i in ids if not (processor.is_unknown(i) or processor.is_control(i))]
    matches = (_BYTE.fullmatch(spelled[i]) for i in ids if processor.is_byte(i))
    sample = processor.normalize("a")
    return _Loaded(
        processor,
        next(filter(processor.is_unknown, ids), -1),
        tuple(pieces),
        {match.group(): bytes.fromhex(match[1]) for match in matches if match},
        sample.startswith(SPACE),
        sample.endswith(SPACE),
    )


@functools.lru_cache(maxsize=8)
def _spelled(model: bytes) -> TokenBatch:
    """How the piece of each id is written, a batch of one line."""
    from textkit.text.token_batch import TokenBatch

    processor = _loaded(model).processor
    return TokenBatch.of([[processor.id_to_piece(i) for i in range(processor.get_piece_size())]])


@dataclass(frozen=True)
class SentencePieceTokenizer:
    """A trained sentencepiece model; `model` is the content of its file.

    Tokens are pieces, with ▁ for a space. Characters that the model does not know are tokens as they
    stand, runs of them as one token, or bytes such as <0xE4> if it was trained with byte fallback.
    A text that holds ▁ itself comes back with a space there. Raises CheckpointError for content that
    is not a model.
    """

    model: bytes
    batch_pays: ClassVar[int] = 1 << 22  # half a second
    unlocked: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _loaded(self.model)

    def __repr__(self) -> str:
        return f"SentencePieceTokenizer(model=#{hashlib.sha256(self.model).hexdigest()[:12]})"

    @property
    def pieces(self) -> tuple[str, ...]:
        """Every piece that the model can yield, in its own order, without unknown and control symbols."""
        return _loaded(self.model).pieces

    def __call__(self, text: str) -> list[str]:
        pieces: list[str] = _loaded(self.model).processor.encode(text, out_type=str)
        return pieces

    def offsets(self, text: str) -> list[Token]:
        """The pieces with their places in `text`; each byte of a character has the character's place."""
        loaded = _loaded(self.model)
        normal, places = loaded.processor.normalize(text, with_offsets=True)
        placed = []
        position = 0  # in the normal form, which the pieces spell in turn
        bytes_left = 0
        for piece in self(text):
            if piece in loaded.bytes_of:
                bytes_left = bytes_left or len(normal[position].encode())
                placed.append(Token(piece, places[position], places[position + 1]))
                bytes_left -= 1
                position += bytes_left == 0
                continue
            end = position + len(piece)
            placed.append(Token(piece, places[position], places[end]))
            position = end
        return placed

    def batch(self, texts: Sequence[str] | Lines) -> TokenBatch:
        """The pieces of each line, taken from a table by their ids: no string a piece.

        Lines with unknown characters are encoded once more, for their strings.
        """
        import numpy as np

        from textkit.text.lines import Lines
        from textkit.text.token_batch import TokenBatch

        lines = Lines.of(texts)
        loaded, table = _loaded(self.model), _spelled(self.model)
        processor = loaded.processor
        data = lines.buffer.tobytes()
        spans = zip(lines.starts.tolist(), lines.ends.tolist(), strict=True)
        encoded = [data[start:end] for start, end in spans]
        found = processor.encode(encoded, num_threads=1)
        sizes = np.fromiter(map(len, found), np.int64, len(found))
        offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes)))
        ids = np.fromiter(chain.from_iterable(found), np.int32, int(offsets[-1]))
        starts, ends = table.starts[ids], table.ends[ids]
        strange = np.unique(np.repeat(np.arange(len(lines)), sizes)[ids == loaded.unknown])
        if not len(strange):
            return TokenBatch(table.buffer, starts, ends, offsets)
        other = TokenBatch.of(processor.encode([encoded[i] for i in strange], out_type=str, num_threads=1))
        concerned = np.zeros(len(lines), np.bool_)
        concerned[strange] = True
        places = np.repeat(concerned, sizes)
        starts[places] = other.starts + len(table.buffer)
        ends[places] = other.ends + len(table.buffer)
        return TokenBatch(np.concatenate((table.buffer, other.buffer)), starts, ends, offsets)

    def detokenize(self, tokens: list[str]) -> str:
        """The text: exact for text in the model's normal form, which for models trained here is any text."""
        loaded = _loaded(self.model)
        parts = []
        for is_bytes, run in groupby(tokens, loaded.bytes_of.__contains__):
            if is_bytes:
                parts.append(b"".join(loaded.bytes_of[token] for token in run).decode("utf-8", "replace"))
            else:
                parts.append("".join(run))
        text = "".join(parts).replace(SPACE, " ")
        if loaded.prefix:
            return text.removeprefix(" ")
        return text.removesuffix(" ") if loaded.suffix else text


def train_sentencepiece(
    lines: Iterable[str],
    *,
    vocab_size: int = 8000,
    model_type: str = "unigram",
    character_coverage: float = 0.9995,
    byte_fallback: bool = False,
    add_dummy_prefix: bool = True,
) -> SentencePieceTokenizer:
    """Train a unigram (Kudo 2018) or BPE (Sennrich et al. 2016) model on `lines`, in a process of its own.

    The text is taken as it is (no Unicode normalisation, no space dropped), so that tokens give it
    back exactly; clean it before. Characters outside `character_coverage` of the text are unknown, or
    bytes with `byte_fallback`. `add_dummy_prefix` sets a space before each text, so that a word is the
    same piece at the start of a line as inside it. Equal lines and settings give equal models.

    Raises InputError for text that is empty, and UsageError for a model type that is not known, or a
    vocabulary too large or too small for the text, saying how large it may be.

    >>> tokenizer = train_sentencepiece(["low lower lowest", "new newer newest"] * 20, vocab_size=16)
    >>> tokenizer.detokenize(tokenizer("newer  lows"))
    'newer  lows'
    """
    if model_type not in MODEL_TYPES:
        raise unknown_name("sentencepiece model type", model_type, MODEL_TYPES)
    if not 0.98 <= character_coverage <= 1:
        raise UsageError(f"character_coverage must lie between 0.98 and 1, not {character_coverage}")
    if vocab_size < 1:
        raise UsageError(f"vocab_size must be at least 1, not {vocab_size}")
    lines = iter(lines)
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise InputError("sentencepiece cannot be trained: the text is empty")
    settings = {
        "vocab_size": vocab_size,
        "model_type": model_type,
        "character_coverage": character_coverage,
        "byte_fallback": byte_fallback,
        "add_dummy_prefix": add_dummy_prefix,
        "required_chars": SPACE,  # a space is always known, even where spaces are rare
        "normalization_rule_name": "identity",
        "remove_extra_whitespaces": False,
        "max_sentence_length": 2**30,  # the usual 4192 bytes would silently leave out longer lines
        "bos_id": -1,  # the vocabulary has its own marks of beginning and end
        "eos_id": -1,
    }
    try:
        return SentencePieceTokenizer(sentencepiece_trainer.train(chain([first], lines), settings))
    except sentencepiece_trainer.TrainingFailed as error:
        raise _training_error(str(error), vocab_size) from error


def _training_error(reason: str, vocab_size: int) -> InputError | UsageError:
    if match := re.search(r"Vocabulary size too high.*<= (\d+)", reason):
        return UsageError(f"vocab_size {vocab_size} is too large for this text: give at most {match[1]}")
    if match := re.search(r"smaller than required_chars. \d+ vs (\d+)", reason):
        return UsageError(
            f"vocab_size {vocab_size} is too small for this text: its characters alone need {match[1]}; "
            "give more, or a lower character_coverage"
        )
    return InputError(f"sentencepiece cannot be trained on this text: {' '.join(reason.split())}")
