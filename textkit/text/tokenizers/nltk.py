"""NLTK's word tokenizer for English, the Penn Treebank conventions improved."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textkit.text.tokenizer import Token

if TYPE_CHECKING:
    from textkit.text.lines import Lines
    from textkit.text.token_batch import TokenBatch

# NLTK's rules, by the pattern: a text without any of these strings has no match. A rule that is not here,
# of another version say, is always tried. Pairs of letters are in either case, and have no third as s has.
_NEEDED: Mapping[str, Sequence[str]] = {
    "([«“‘„]|[`]+)": "«“‘„`",
    r"^\"": '"',
    r"(``)": ("``",),
    r"([ \(\[{<])(\"|\'{2})": ('"', "''"),
    r"(?i)(?<!\w)(\')(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)": "'",
    r"""([^\.])(\.)([\]\)}>"\'»”’ ]*+)\s*$""": ".",
    r"([:,])([^\d])": ":,",
    r"([:,])$": ":,",
    r"\.{2,}": ("..",),
    r"[;@#$%&]": ";@#$%&",
    r"[\u2012-\u2015]": "\u2012\u2013\u2014\u2015",
    r'([^\.])(\.)([\]\)}>"\']*)\s*$': ".",
    r"[?!]": "?!",
    r"([^'])' ": ("' ",),
    r"[*]": "*",
    r"[\]\[\(\)\{\}\<\>]": "[](){}<>",
    r"--": ("--",),
    "([»”’])": "»”’",
    r"''": ("''",),
    r'"': '"',
    r"([^' ])('[sS]|'[mM]|'[dD]|') ": "'",
    r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ": "'",
    r"(?i)\b(can)(?#X)(not)\b": ("nn", "nN", "Nn", "NN"),
    r"(?i)\b(d)(?#X)('ye)\b": "'",
    r"(?i)\b(gim)(?#X)(me)\b": ("mm", "mM", "Mm", "MM"),
    r"(?i)\b(gon)(?#X)(na)\b": ("nn", "nN", "Nn", "NN"),
    r"(?i)\b(got)(?#X)(ta)\b": ("tt", "tT", "Tt", "TT"),
    r"(?i)\b(lem)(?#X)(me)\b": ("mm", "mM", "Mm", "MM"),
    r"(?i)\b(more)(?#X)('n)\b": "'",
    r"(?i)\b(wan)(?#X)(na)(?=\s)": ("nn", "nN", "Nn", "NN"),
    r"(?i) ('t)(?#X)(is)\b": "'",
    r"(?i) ('t)(?#X)(was)\b": "'",
}


class _Rule:
    """A pattern of NLTK's that is tried only where it can match: most rules concern few lines."""

    __slots__ = ("_needed", "_pattern")

    def __init__(self, pattern: Any, needed: Sequence[str]) -> None:
        self._pattern = pattern
        self._needed = needed

    def sub(self, replacement: str, text: str) -> str:
        for needed in self._needed:
            if needed in text:
                substituted: str = self._pattern.sub(replacement, text)
                return substituted
        return text


def _rule(pattern: Any) -> Any:
    needed = _NEEDED.get(pattern.pattern)
    return _Rule(pattern, needed) if needed else pattern


@functools.lru_cache(maxsize=1)
def _tokenizer() -> Any:
    from nltk.tokenize.destructive import NLTKWordTokenizer

    tokenizer: Any = NLTKWordTokenizer()
    for name in ("STARTING_QUOTES", "PUNCTUATION", "ENDING_QUOTES"):
        rules = [(_rule(pattern), replacement) for pattern, replacement in getattr(tokenizer, name)]
        setattr(tokenizer, name, rules)
    for name in ("PARENS_BRACKETS", "DOUBLE_DASHES"):
        pattern, replacement = getattr(tokenizer, name)
        setattr(tokenizer, name, (_rule(pattern), replacement))
    for name in ("CONTRACTIONS2", "CONTRACTIONS3"):
        setattr(tokenizer, name, [_rule(pattern) for pattern in getattr(tokenizer, name)])
    return tokenizer


@functools.lru_cache(maxsize=1)
def _detokenizer() -> Any:
    from nltk.tokenize.treebank import TreebankWordDetokenizer

    return TreebankWordDetokenizer()


@dataclass(frozen=True)
class NltkTokenizer:
    """NLTK's NLTKWordTokenizer, which needs no downloaded data.

    Straight double quotes become `` and '' by whether they open or close. Only the last full stop of
    the text is split from its word, since NLTK expects one sentence at a time.

    >>> NltkTokenizer()("Mr. Chen doesn't agree.")
    ['Mr.', 'Chen', 'does', "n't", 'agree', '.']
    """

    batch_pays: ClassVar[int] = 1 << 23  # only what is done with the tokens is quicker
    unlocked: ClassVar[bool] = False

    def __call__(self, text: str) -> list[str]:
        tokens: list[str] = _tokenizer().tokenize(text)
        return tokens

    def offsets(self, text: str) -> list[Token]:
        """The tokens with their places in `text`; the place of a rewritten quote is the original's."""
        placed = []
        end = 0
        # NLTK only adds spaces and rewrites quotes: the text less its white space spells the tokens in turn.
        for token in self(text):
            start = end
            while text[start].isspace():
                start += 1
            if text[start] == '"':
                end = start + 1
            elif token == "``" and text.startswith("''", start):
                end = start + 2
            else:
                end = start + len(token)
            placed.append(Token(token, start, end))
        return placed

    def batch(self, texts: Sequence[str] | Lines) -> TokenBatch:
        """The tokens of each line, one by one: NLTK's rules look at a whole line."""
        from textkit.text.lines import Lines
        from textkit.text.token_batch import TokenBatch

        return TokenBatch.of([self(text) for text in Lines.of(texts)])

    def detokenize(self, tokens: list[str]) -> str:
        """The tokens with the usual spaces and straight quotes, by NLTK's TreebankWordDetokenizer."""
        text: str = _detokenizer().detokenize(tokens)
        return text
