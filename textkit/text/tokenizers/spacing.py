"""The usual spaces between words and punctuation, for tokenizers that do not record them."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

_CLITICS = frozenset(
    {"n't", "'s", "'re", "'ve", "'ll", "'d", "'m", "n’t", "’s", "’re", "’ve", "’ll", "’d", "’m"}
)
_CLOSING = frozenset({*",.;:!?%)]}»”’…", "..."})
_OPENING = frozenset("([{«“‘$£¥€#")
_QUOTES = frozenset("\"'")


@functools.lru_cache(maxsize=1)
def _unspaced() -> Any:
    """Characters of scripts written without spaces, and their punctuation."""
    import regex

    return regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\u3000-\u303f\uff00-\uff65]")


def join_words(tokens: Iterable[str]) -> str:
    """Tokens as text: spaces between words, none before a comma, after a bracket, or beside Han characters.

    Straight quotes open and close in turn.

    >>> join_words(["He", "does", "n't", "say", '"', "no", '"', "(", "yet", ")", "."])
    'He doesn\\'t say "no" (yet).'
    >>> join_words(["我", "用", "Python", "写", "，", "真", "的", "。"])
    '我用Python写，真的。'
    """
    unspaced = _unspaced()
    parts: list[str] = []
    attached = True  # whether the next token follows without a space
    open_quotes: set[str] = set()
    for token in filter(None, tokens):
        closes = token in _CLOSING or token.lower() in _CLITICS or token in open_quotes
        if not (attached or closes or unspaced.match(token)):
            parts.append(" ")
        parts.append(token)
        opens = token in _OPENING or (token in _QUOTES and token not in open_quotes)
        attached = opens or bool(unspaced.match(token[-1]))
        if token in _QUOTES:
            open_quotes ^= {token}
    return "".join(parts)
