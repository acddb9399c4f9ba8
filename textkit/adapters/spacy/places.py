"""Where tokens stand, as words and spaces that spell the text again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from textkit.errors import InputError


class Word(NamedTuple):
    """A word of a Doc, whether a blank follows, and the token if it differs from the text there."""

    text: str
    space: bool = False
    token: str = ""


def words_of(text: str, tokens: Iterable[tuple[str, int, int]], *, keep: bool) -> list[Word]:
    """Words that spell `text`: the tokens' slices, and what white space there is besides single blanks.

    Tokens of one place are one word, as sentencepiece's bytes of a character are. Raises InputError for
    tokens that overlap otherwise, and for text that is left out, which with `keep` becomes words.

    >>> [word.text for word in words_of("to  be", [("to", 0, 2), ("be", 4, 6)], keep=False)]
    ['to', ' ', 'be']
    >>> words_of("a-b", [("a", 0, 1), ("b", 2, 3)], keep=False)
    Traceback (most recent call last):
    textkit.errors.InputError: the tokenizer leaves out '-' at 1 to 2, which a Doc cannot; keep_rest keeps it
    """
    words: list[Word] = []
    done = last = 0  # up to where the text is spelled; where the last token began
    for token, start, end in tokens:
        while start < end and text[start].isspace():  # sentencepiece's tokens take their blank along
            start += 1
        while start < end and text[end - 1].isspace():
            end -= 1
        if start >= end or (words and (start, end) == (last, done)):
            continue
        if start < done:
            raise InputError(
                f"the tokens overlap at {start} to {done} ({text[start:done]!r}), and words of a Doc cannot; "
                "take a tokenizer or a mode without overlaps"
            )
        _fill(words, text, done, start, keep=keep)
        piece = text[start:end]
        words.append(Word(piece, token=token if token != piece else ""))
        done, last = end, start
    _fill(words, text, done, len(text), keep=keep)
    return words


def _fill(words: list[Word], text: str, start: int, end: int, *, keep: bool) -> None:
    """The words for what lies between tokens."""
    if words and start < end and text[start] == " " and not words[-1].space:
        words[-1] = words[-1]._replace(space=True)
        start += 1
    rest = text[start:end]
    if rest.strip() and not keep:
        raise InputError(
            f"the tokenizer leaves out {rest.strip()!r} at {start} to {end}, which a Doc cannot; "
            "keep_rest keeps it"
        )
    if not rest.strip():
        if rest:
            words.append(Word(rest))
        return
    begin = 0
    for place in range(1, len(rest) + 1):  # stretches of white space and of the rest
        if place == len(rest) or rest[place].isspace() != rest[begin].isspace():
            words.append(Word(rest[begin:place]))
            begin = place
