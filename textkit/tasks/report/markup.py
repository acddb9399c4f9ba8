"""Making HTML in which nothing that comes from data can become markup.

`Html` is text that is markup already. It is made by `tag`, and out of other text by `data` and `words`, which
escape it; a type checker finds where a plain string is taken for markup.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from html import escape
from typing import NewType

Html = NewType("Html", str)

EMPTY = Html("")
# Letters that turn the direction of what stands after them, or cannot be seen at all.
_HIDDEN = frozenset(
    chr(code)
    for codes in (
        (0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF),
        (*range(0x2028, 0x202F), *range(0x2060, 0x2070), *range(0xFFF9, 0xFFFC)),
    )
    for code in codes
)
_FROM_RIGHT = ("R", "AL", "RLE", "RLO", "RLI")
_BREAKS = "\n\t"


def shown(text: str, *, lines: bool = False) -> str:
    r"""`text` with what cannot be seen, or would turn or break the text around it, spelled out.

    With `lines` line ends and tabs stay. Joiners stay, of which scripts and pictures of people are made.

    >>> print(shown("a\x00b\u202ec\ud800 d"))
    a\x00b\u202ec\ud800 d
    """
    return "".join(each if _is_seen(each, lines=lines) else _spelled(each) for each in text)


def _is_seen(letter: str, *, lines: bool) -> bool:
    if letter.isprintable():
        return True
    if letter in _BREAKS:
        return lines
    return unicodedata.category(letter) in ("Zs", "Cf", "Co") and letter not in _HIDDEN


def _spelled(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def words(text: str, *, lines: bool = False) -> Html:
    """Any text as text, for places where no element may stand, as in a title or a picture.

    >>> words("<b> & 'c'")
    '&lt;b&gt; &amp; &#x27;c&#x27;'
    """
    return Html(escape(shown(text, lines=lines)))


def data(text: str, *, lines: bool = False) -> Html:
    """What came out of a file, as text; written from right to left it does not turn what stands beside it.

    >>> data("<script>"), data("שלום")
    ('&lt;script&gt;', '<bdi>שלום</bdi>')
    """
    safe = words(text, lines=lines)
    turned = any(unicodedata.bidirectional(each) in _FROM_RIGHT for each in text)
    return Html(f"<bdi>{safe}</bdi>") if turned else safe


def tag(name: str, /, *children: Html, **attributes: object) -> Html:
    """An element. In names `_` stands for `-`, at the end for nothing; an attribute that is None is left out.

    >>> tag("a", words("x < y"), class_="b", data_n=3, id=None)
    '<a class="b" data-n="3">x &lt; y</a>'
    """
    given = (
        f' {key.rstrip("_").replace("_", "-")}="{escape(shown(str(value)))}"'
        for key, value in attributes.items()
        if value is not None
    )
    head = f"<{name}{''.join(given)}>"
    return Html(head if name in _VOID else f"{head}{''.join(children)}</{name}>")


_VOID = ("meta", "br", "hr")


def joined(parts: Iterable[Html], between: str = "") -> Html:
    """Pieces one after the other; `between` is text."""
    return Html(words(between, lines=True).join(parts))
