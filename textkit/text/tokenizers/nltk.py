"""NLTK's word tokenizer for English, the Penn Treebank conventions improved."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from textkit.text.tokenizer import Token


@functools.lru_cache(maxsize=1)
def _tokenizer() -> Any:
    from nltk.tokenize.destructive import NLTKWordTokenizer

    return NLTKWordTokenizer()


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

    def detokenize(self, tokens: list[str]) -> str:
        """The tokens with the usual spaces and straight quotes, by NLTK's TreebankWordDetokenizer."""
        text: str = _detokenizer().detokenize(tokens)
        return text
