"""Web and e-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from textkit.errors import UsageError
from textkit.text.alignment import Alignment, substituted

# Only ASCII, as in RFC 3986: Chinese text follows an address without a space. The last character is one
# that does not end a sentence.
_URL = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:https?|ftp)://|www\.(?=[A-Za-z0-9]))"
    r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*[A-Za-z0-9\-_~/#@$&*+=%]",
    re.IGNORECASE,
)
# The usual form of RFC 5322's addresses; lengths are bounded by RFC 5321, which also bounds the search.
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])(?:mailto:)?[A-Za-z0-9_%+-][A-Za-z0-9._%+-]{0,63}"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,8}[A-Za-z]{2,63}(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_AT = re.compile("@[A-Za-z0-9]")


def _check(replacement: str) -> None:
    if replacement.splitlines() not in ([], [replacement]):
        raise UsageError(f"a replacement must not hold a line break: {replacement!r}")


@dataclass(frozen=True)
class RemoveUrls:
    """Web addresses (http, https, ftp, www.) replaced by `replacement`.

    An address ends at the first character that is not ASCII, so the Chinese text that follows it
    without a space stays; an address whose path is itself written in Chinese is cut there. Punctuation
    that ends the sentence stays. Raises UsageError for a replacement with a line break.

    >>> RemoveUrls("<url>")("见http://a.cn/x?y=1很好, or www.example.org.")
    '见<url>很好, or <url>.'
    """

    replacement: str = " "

    def __post_init__(self) -> None:
        _check(self.replacement)

    def __call__(self, text: str) -> str:
        if "://" not in text and "www." not in text.lower():
            return text
        return _URL.sub(lambda _: self.replacement, text)

    def batch(self, lines: Sequence[str]) -> list[str]:
        """Each line cleaned."""
        text = "\n".join(lines)
        if "://" not in text and "www." not in text.lower():
            return list(lines)
        return [self(line) if "." in line or "://" in line else line for line in lines]

    def aligned(self, text: str) -> tuple[str, Alignment]:
        """The cleaned text and its exact alignment: a replacement stands for the address."""
        return substituted(_URL, lambda _: self.replacement, text)


@dataclass(frozen=True)
class RemoveEmails:
    """E-mail addresses replaced by `replacement`. Raises UsageError for one with a line break.

    >>> RemoveEmails()("write to a.b@example.org!")
    'write to  !'
    """

    replacement: str = " "

    def __post_init__(self) -> None:
        _check(self.replacement)

    def __call__(self, text: str) -> str:
        return _EMAIL.sub(lambda _: self.replacement, text) if _AT.search(text) else text

    def batch(self, lines: Sequence[str]) -> list[str]:
        """Each line cleaned."""
        found = _AT.search
        return [self(line) if found(line) else line for line in lines]

    def aligned(self, text: str) -> tuple[str, Alignment]:
        """The cleaned text and its exact alignment: a replacement stands for the address."""
        return substituted(_EMAIL, lambda _: self.replacement, text)
