"""The tokens of each line with their probabilities, as `textkit score --per-token` prints them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textkit.data.encoded import EncodedCorpus
    from textkit.lm.language_model import LanguageModel

Tokens = Sequence[Sequence[str]]
Line = tuple[list[str], list[int], list[int], list[float]]

_ESCAPED = {ord("\t"): "\\t", ord("\r"): "\\r", ord("\n"): "\\n"}


def text_rows(model: LanguageModel[Any], corpus: EncodedCorpus, tokens: Tokens) -> Iterator[str]:
    r"""As KenLM's query: "word=id length log10" a token, tabs between, then "Total: log10 OOV: count".

    Of a model without n-grams the length is left out and logarithms are natural. A tab in a token is
    written \t.
    """
    for words, ids, lengths, logs in _lines(model, corpus, tokens):
        if lengths:
            fields = zip(words, ids, lengths, logs, strict=True)
            parts = ["%s=%d %d %.8g" % field for field in fields]  # noqa: UP031 (twice as quick)
        else:
            parts = ["%s=%d %.8g" % field for field in zip(words, ids, logs, strict=True)]  # noqa: UP031
        row = "\t".join(parts)
        if row.count("\t") >= len(parts) or "\r" in row or "\n" in row:
            row = "\t".join(part.translate(_ESCAPED) for part in parts)
        yield f"{row}\tTotal: {sum(logs):.8g} OOV: {ids.count(0)}\n"


def json_rows(model: LanguageModel[Any], corpus: EncodedCorpus, tokens: Tokens) -> Iterator[str]:
    """An object a line: lists of tokens, ids, lengths and log probabilities, and their sum.

    Probability zero is null.
    """
    for words, ids, lengths, logs in _lines(model, corpus, tokens):
        kind = "log10_prob" if lengths else "log_prob"
        row = {"tokens": words, "ids": ids} | ({"lengths": lengths} if lengths else {})
        row[f"{kind}s"] = [_rounded(value) for value in logs]
        row |= {kind: _rounded(sum(logs)), "unknown": ids.count(0)}
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _lines(model: LanguageModel[Any], corpus: EncodedCorpus, tokens: Tokens) -> Iterator[Line]:
    """Words, ids, lengths of n-grams (none of other models) and logarithms of each line."""
    from textkit.lm.language_model import END
    from textkit.lm.ngram import NgramModel

    lengths: list[int] = []
    if isinstance(model, NgramModel):
        logs, lengths = (column.tolist() for column in model.scores(corpus))
    else:
        logs = model.log_probs(corpus).tolist()
    ids = corpus.ids.tolist()
    for words, (begin, end) in zip(tokens, pairwise(corpus.offsets.tolist()), strict=True):
        yield [*words, END], ids[begin:end], lengths[begin:end], logs[begin:end]


def _rounded(value: float) -> float | None:
    """As many digits as the tables of n-gram models hold."""
    return float(f"{value:.8g}") if math.isfinite(value) else None
