"""Sentencepiece models, unigram and BPE, with their own ids."""

from __future__ import annotations

from typing import Any

from textkit.adapters.huggingface.model_file import (
    BPE,
    BYTE,
    CONTROL,
    NORMAL,
    UNIGRAM,
    UNKNOWN,
    ModelFile,
    Piece,
    read_model,
)
from textkit.errors import UsageError
from textkit.text.tokenizers.sentencepiece import SPACE, SentencePieceTokenizer


def subword_tokenizer(tokenizer: SentencePieceTokenizer) -> Any:
    """A `tokenizers.Tokenizer` of the same pieces; raises UsageError for a model of another kind."""
    from tokenizers import Tokenizer, decoders, models
    from tokenizers.normalizers import Sequence

    file = read_model(tokenizer.model)
    unknown = _check(file)
    if file.kind == UNIGRAM:
        scores = [(piece.text, piece.score) for piece in file.pieces]
        made = Tokenizer(models.Unigram(scores, unk_id=unknown, byte_fallback=file.byte_fallback))
        _keep_unspellable(made, file)
    else:
        made = Tokenizer(
            models.BPE(
                {piece.text: number for number, piece in enumerate(file.pieces)},
                _merges(file.pieces),
                unk_token=file.pieces[unknown].text,
                fuse_unk=True,
                byte_fallback=file.byte_fallback,
            )
        )
    made.normalizer = Sequence(_normalizers(file))
    steps: list[Any] = [decoders.ByteFallback()] if file.byte_fallback else []
    steps += [decoders.Fuse(), decoders.Replace(SPACE, " ")]
    if file.prefix:
        steps.append(decoders.Strip(" ", 1, 0))
    made.decoder = decoders.Sequence(steps)
    return made


def _check(file: ModelFile) -> int:
    """The id of the unknown piece; raises UsageError for what the other library has nothing for."""
    if file.kind not in (UNIGRAM, BPE):
        raise UsageError("only unigram and BPE models of sentencepiece can be exported")
    if file.space_as_suffix or not file.written_spaces:
        raise UsageError("a sentencepiece model that writes spaces at the end of words cannot be exported")
    strange = [piece.text for piece in file.pieces if piece.kind not in (NORMAL, UNKNOWN, CONTROL, BYTE)]
    if strange:
        raise UsageError(
            f"a sentencepiece model with user-defined or unused pieces ({strange[0]!r}) cannot be exported: "
            "they are looked for before all others there"
        )
    unknown = [number for number, piece in enumerate(file.pieces) if piece.kind == UNKNOWN]
    if len(unknown) != 1:
        raise UsageError("a sentencepiece model must have one unknown piece")
    return unknown[0]


def _normalizers(file: ModelFile) -> list[Any]:
    from tokenizers import Regex
    from tokenizers.normalizers import Precompiled, Prepend, Replace

    steps: list[Any] = [Precompiled(file.characters)] if file.characters else []
    if file.single_spaces:
        steps += [Replace(Regex("^ +| +$"), ""), Replace(Regex(" {2,}"), " ")]
    steps.append(Replace(" ", SPACE))
    return [*steps, Prepend(SPACE)] if file.prefix else steps


def _keep_unspellable(made: Any, file: ModelFile) -> None:
    """See that text cannot name <unk>, <s> or <0xE4>, which sentencepiece does not find in text.

    Text is cut within them wherever they are spelled, where that changes nothing else.
    """
    from tokenizers import Regex
    from tokenizers.pre_tokenizers import Split

    known = "\n".join(piece.text for piece in file.pieces if piece.kind == NORMAL)
    cuts = [
        (piece.text, place)
        for piece in file.pieces
        if piece.kind != NORMAL and (place := _cut(piece, known, fused=not file.byte_fallback)) is not None
    ]
    spelled = "|".join(f"{_escaped(text[:place])}(?={_escaped(text[place:])})" for text, place in cuts)
    if spelled:
        made.pre_tokenizer = Split(Regex(spelled), "merged_with_previous")


def _cut(hidden: Piece, known: str, *, fused: bool) -> int | None:
    """Where to cut a text that spells a symbol: no piece goes across, nor, if `fused`, a run of unknowns.

    `known` are the pieces of text, each on a line. None for the unknown symbol where all its characters are
    unknown. Raises UsageError if there is no place.
    """
    text = hidden.text
    seen = [f"\n{character}\n" in f"\n{known}\n" for character in text]
    for place in range(1, len(text)):
        pair = text[place - 1 : place + 1]
        apart = seen[place - 1] or seen[place] or not fused
        if apart and pair not in known:
            return place
    if hidden.kind == UNKNOWN and fused and not any(seen):
        return None
    raise UsageError(
        f"the symbol {text!r} cannot be told from text that spells it; train the model again with its "
        "symbols named otherwise"
    )


def _merges(pieces: tuple[Piece, ...]) -> list[tuple[str, str]]:
    """Every way to make a piece of two, best pieces first."""
    known = {piece.text for piece in pieces if piece.kind == NORMAL}
    ranked = sorted((piece for piece in pieces if piece.kind == NORMAL), key=lambda piece: -piece.score)
    return [
        (piece.text[:cut], piece.text[cut:])
        for piece in ranked
        for cut in range(1, len(piece.text))
        if piece.text[:cut] in known and piece.text[cut:] in known
    ]


def _escaped(text: str) -> str:
    return "".join(f"\\x{{{ord(character):x}}}" for character in text)
