"""Tokenizers of words and characters, numbered by a vocabulary."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from textkit.errors import UsageError
from textkit.text.tokenizers.characters import CharacterTokenizer
from textkit.text.tokenizers.regular_expression import WORDS_AND_PUNCTUATION, RegexTokenizer
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

if TYPE_CHECKING:
    from textkit.text.vocab import Vocab

_ASCII_SPACE = "\t\n\v\f\r "
_LAST = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


def word_tokenizer(tokenizer: Callable[[str], list[str]], vocab: Vocab) -> Any:
    """A `tokenizers.Tokenizer` of the same words with the vocabulary's ids.

    Its classes of characters are Python's, written out: Oniguruma, which reads them there, knows another
    Unicode. Raises UsageError for a tokenizer that is none of textkit's simple ones, a pattern that
    Oniguruma does not read, and a vocabulary that cannot be told there.
    """
    from tokenizers import Tokenizer, decoders, models
    from tokenizers.normalizers import Replace

    if vocab.unknown is None:
        raise UsageError("a vocabulary without an unknown word cannot be exported: unseen tokens need an id")
    ids = {token: number for number, token in enumerate(vocab.tokens)}
    made = Tokenizer(models.WordLevel(ids, unk_token=vocab.unknown))
    made.pre_tokenizer = _splitting(tokenizer)
    specials = [token for token in vocab.tokens[: vocab.specials] if token != vocab.unknown]
    if isinstance(tokenizer, WhitespaceTokenizer) and specials:
        # A text that spells a special means an unknown word; there, every token of the model can be named.
        space = _space(unicode=tokenizer.unicode)
        spelled = "|".join(map(_escaped, specials))
        made.normalizer = Replace(_pattern(f"(?<![^{space}])(?:{spelled})(?![^{space}])"), vocab.unknown)
    elif named := [special for special in specials if special in tokenizer(special)]:
        raise UsageError(f"the special {named[0]!r} is also a token of text; name it otherwise")
    if isinstance(tokenizer, CharacterTokenizer):
        made.decoder = decoders.Fuse()
    return made


def _splitting(tokenizer: Callable[[str], list[str]]) -> Any:
    from tokenizers.pre_tokenizers import Sequence, Split

    match tokenizer:
        case WhitespaceTokenizer():
            return Split(_pattern(f"[{_space(unicode=tokenizer.unicode)}]+"), "removed")
        case CharacterTokenizer(keep_space=True):
            return Split(_pattern(r"[\s\S]"), "isolated")
        case CharacterTokenizer():
            spaces = Split(_pattern(f"[{_space()}]+"), "removed")
            return Sequence([spaces, Split(_pattern(r"[\s\S]"), "isolated")])
        case RegexTokenizer(pattern):
            written = _words_and_punctuation() if pattern == WORDS_AND_PUNCTUATION else pattern
            return Split(_pattern(written), "removed", invert=True)
    raise UsageError(f"{type(tokenizer).__name__} cannot be exported: it is none of textkit's own tokenizers")


def _pattern(pattern: str) -> Any:
    from tokenizers import Regex

    try:
        return Regex(pattern)
    except Exception as error:  # the library raises nothing narrower
        raise UsageError(f"the pattern {pattern[:80]!r} cannot be read there: {error}") from error


@functools.lru_cache(maxsize=1)
def _words_and_punctuation() -> str:
    """WORDS_AND_PUNCTUATION with its classes as the regex package has them."""
    import regex

    everything = "".join(chr(code) for code in range(_LAST + 1) if code not in _SURROGATES)

    def members(pattern: str) -> str:
        return _class(map(ord, regex.findall(pattern, everything)))

    han, digit, word = members(r"\p{Han}"), members(r"\d"), members(r"[^\W\p{Han}]")
    neither = members(r"[\w\s\x1c-\x1f]")
    return (
        f"[{han}]|[{digit}]+(?:[.,][{digit}]+)*|[{word}]+(?:['’][{word}]+)*|[^{neither}]"  # its four branches
    )


@functools.lru_cache(maxsize=2)
def _space(*, unicode: bool = True) -> str:
    """The inside of a class: what str.isspace says, or ASCII's."""
    if not unicode:
        return _class(map(ord, _ASCII_SPACE))
    return _class(code for code in range(_LAST + 1) if chr(code).isspace())


def _class(codes: Iterable[int]) -> str:
    r"""Ranges of code points as the inside of a class.

    >>> _class([97, 98, 99, 120])
    '\\x{61}-\\x{63}\\x{78}'
    """
    ranges: list[list[int]] = []
    for code in sorted(codes):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(
        f"\\x{{{first:x}}}" if first == last else f"\\x{{{first:x}}}-\\x{{{last:x}}}"
        for first, last in ranges
    )


def _escaped(text: str) -> str:
    """Text that stands for itself in a pattern."""
    return "".join(f"\\x{{{ord(character):x}}}" for character in text)
