"""Every stage and tokenizer by name: what a saved pipeline may hold, and what a user may ask for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textkit.errors import InputError, TextkitError, UsageError, reason_of, unknown_name
from textkit.text import clean
from textkit.text.tokenizer import Tokenizer
from textkit.text.tokenizers.characters import CharacterTokenizer
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.nltk import NltkTokenizer
from textkit.text.tokenizers.regular_expression import RegexTokenizer
from textkit.text.tokenizers.sentencepiece import SentencePieceTokenizer
from textkit.text.tokenizers.spacy import SpacyTokenizer
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

# Classes that are both dataclasses and Tokenizers, which no one type says.
TOKENIZERS: Mapping[str, type[Any]] = {
    "characters": CharacterTokenizer,
    "jieba": JiebaTokenizer,
    "nltk": NltkTokenizer,
    "regex": RegexTokenizer,
    "sentencepiece": SentencePieceTokenizer,
    "spacy": SpacyTokenizer,
    "whitespace": WhitespaceTokenizer,
}

STAGES: tuple[type, ...] = (
    clean.CollapseWhitespace,
    clean.FilterPunctuation,
    clean.FoldWidth,
    clean.Lowercase,
    clean.RemoveControls,
    clean.RemoveEmails,
    clean.RemoveUrls,
    clean.RepairEncoding,
    clean.Simplify,
    clean.StripHtml,
    clean.UnicodeNormalize,
    CharacterTokenizer,
    JiebaTokenizer,
    NltkTokenizer,
    RegexTokenizer,
    SentencePieceTokenizer,
    SpacyTokenizer,
    WhitespaceTokenizer,
)

_TYPES: Mapping[str, tuple[type, str]] = {
    "bool": (bool, "true or false"),
    "str": (str, "text"),
    "bytes": (bytes, "a file"),
}


def make_tokenizer(name: str, options: Mapping[str, Any] | None = None) -> Tokenizer:
    """The named tokenizer with its options, loaded and ready.

    The options are the fields of the tokenizer's class; a field of bytes (jieba's user_dictionary,
    sentencepiece's model) may be given as a path, and the file is read.

    Raises UsageError for a name or an option that is not known, or an option of another tokenizer, of
    the wrong type, or missing; InputError for a file that cannot be read; and what the tokenizer
    itself raises (a language, a model, a pattern that it does not have).

    >>> make_tokenizer("regex", {"pattern": "[a-z]+"})("to be")
    ['to', 'be']
    >>> make_tokenizer("spacy", {"pattern": "[a-z]+"})
    Traceback (most recent call last):
    textkit.errors.UsageError: tokenizer 'spacy' takes no option 'pattern' (its options: language, model)
    """
    if name not in TOKENIZERS:
        raise unknown_name("tokenizer", name, TOKENIZERS)
    fields = {field.name: field for field in dataclasses.fields(TOKENIZERS[name])}
    values = {}
    files = []
    for option, value in (options or {}).items():
        if option not in fields:
            takes = f"its options: {', '.join(fields)}" if fields else "it has none"
            raise UsageError(f"tokenizer '{name}' takes no option '{option}' ({takes})")
        kind, description = _TYPES[str(fields[option].type)]
        if kind is bytes and isinstance(value, str | Path):
            files.append(value)
            value = _content(Path(value))
        if not isinstance(value, kind):
            raise UsageError(f"tokenizer '{name}': option '{option}' must be {description}, not {value!r}")
        values[option] = value
    for option, field in fields.items():
        if field.default is dataclasses.MISSING and option not in values:
            raise UsageError(f"tokenizer '{name}' needs the option '{option}'")
    try:
        tokenizer: Tokenizer = TOKENIZERS[name](**values)
        tokenizer(
            ""
        )  # loads what it needs, so that what is missing shows now and not at the first line of text
    except TextkitError as error:
        if files:
            raise type(error)(f"{files[0]}: {error}") from error
        raise
    return tokenizer


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {reason_of(error)}") from error
