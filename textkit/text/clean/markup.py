"""HTML: tags, comments, scripts and character references."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textkit.text.alignment import Alignment, substituted

# Elements that stand inside a word or a line; any other known element separates words.
_INLINE_NAMES = """
a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark mi mn mo mrow msub msup
nobr output q rb rp rt rtc ruby s samp slot small span strike strong sub sup time tt u var wbr
"""
_SEPARATING_NAMES = """
address applet area article aside audio base basefont blockquote body br button canvas caption center col
colgroup datalist dd details dialog dir div dl dt embed fieldset figcaption figure footer form frame h1
h2 h3 h4 h5 h6 head header hgroup hr html img input legend li link main map marquee math menu meta meter
nav noscript object ol optgroup option p param picture pre progress search section select source summary
table tbody td textarea tfoot th thead title tr track ul video
"""
# Elements that go with their content.
_DROPPED_NAMES = "iframe noframes script style svg template"
_INLINE = frozenset(_INLINE_NAMES.split())
_SEPARATING = frozenset(_SEPARATING_NAMES.split())
_DROPPED = _DROPPED_NAMES.split()

_REFERENCE = r"(?:#[0-9]+|#[xX][0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]*);"
# What the parser may take for markup. A tag has a name, an end of the name, and a '>' before the next '<'.
_MARKUP = re.compile(
    r"(?P<open></?)(?P<name>[A-Za-z][A-Za-z0-9]*(?:[-:][A-Za-z0-9]+)*)(?=[\s/>])(?=[^<>]*>)"
    r"|(?P<comment><!--)"
    r"|(?P<declaration><(?i:!doctype|\?xml)(?=\s[^<>]*>))"
    r"|<"
    rf"|(?P<twice>&(?:amp;)+(?={_REFERENCE}))"
    rf"|&(?!{_REFERENCE})"
)
# There is no HTML without one of these.
_HTML = re.compile(
    r"[<&](?i:/?(?:[a-z][a-z0-9]*[-:]|(?:"
    rf"{'|'.join((_INLINE_NAMES + _SEPARATING_NAMES + _DROPPED_NAMES).split())})[\s/>])"
    r"|!--|!doctype|\?xml|[#a-z0-9]+;)"
)
# What the parser takes out or rewrites of text that `_MARKUP` has made unambiguous. A '>' within a quoted
# value ends no tag; what is never closed reaches to the end.
_PART = r"(?>=\s*(?:\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z))|[^>])"
_REST = rf"{_PART}*+(?:>|\Z)"
_PARSED = re.compile(
    rf"(?P<gone><svg(?=[\s/>]){_PART}*?/>"
    rf"|<(?P<dropped>{'|'.join(_DROPPED)})(?=[\s/>]){_REST}(?s:.*?)(?:</(?P=dropped)(?=[\s/>]){_REST}|\Z)"
    rf"|</?[A-Za-z]{_REST}|<!--(?s:-?>|.*?--!?>)|<[!?][^>]*>)"
    rf"|&{_REFERENCE}|\x00|\r\n?|[\ud800-\udfff]+",
    re.IGNORECASE,
)
_LINE_BREAKS = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True)
class StripHtml:
    """The text of HTML, or plain text unharmed.

    Tags and comments go; scripts, styles and drawings go with their content; character references
    become characters. Tags of blocks, <br>, table cells and images leave a space, so that words are
    never joined; tags within a line (<b>, <a>, <span>) leave nothing, so that words are never cut.

    Only what is HTML beyond doubt is taken for it: a known element, or a custom one with a hyphen or
    colon in its name, and references that end in a semicolon. So "a < b", "<3", "<unk>",
    "<someone@example.org>" and "?a=1&copy=2" survive. References that were escaped again (&amp;hellip;)
    are resolved to the end, as crawled text has many. Parsing is lexbor's, by selectolax.

    >>> StripHtml()("<p>Good &amp; <b>cheap</b>er<br/>than <i>A</i>!</p><script>x<y</script>")
    ' Good & cheaper than A! '
    >>> StripHtml()("I <3 AT&T: a < b, <unk>")
    'I <3 AT&T: a < b, <unk>'
    """

    def __call__(self, text: str) -> str:
        if "<" not in text and "&" not in text:
            return text
        if text.isprintable() and not _HTML.search(text):
            return text  # the parser would change nothing
        # References such as &#10; may stand for a line break, and no stage may make one.
        return _LINE_BREAKS.sub(" ", _parsed(_MARKUP.sub(_unambiguous(text), text)))

    def batch(self, lines: Sequence[str]) -> list[str]:
        """Each line cleaned."""
        return [self(line) if "<" in line or "&" in line else line for line in lines]

    def aligned(self, text: str) -> tuple[str, Alignment]:
        """The cleaned text and its alignment.

        Exact: a character stands for itself, one that a reference gave for the reference, a space for the
        beginning of the tag that left it. Only where the parser keeps other text than is thus expected
        (a drawing within a drawing, say) is the whole mapped by comparison.
        """
        cleaned = self(text)
        if cleaned == text:
            return text, Alignment.identity(len(text))
        escaped, escaping = substituted(_MARKUP, _unambiguous(text), text)
        stripped, stripping = substituted(
            _PARSED, lambda match: "" if match["gone"] else _resolved(match.group()), escaped
        )
        if _LINE_BREAKS.sub(" ", stripped) == cleaned:
            return cleaned, escaping.then(stripping)
        return cleaned, Alignment.compared(text, cleaned)


def _parsed(markup: str) -> str:
    """The text of unambiguous markup."""
    from selectolax.lexbor import LexborHTMLParser

    # An opened body keeps leading white space, which the parser would skip before <body>.
    tree = LexborHTMLParser("<body>" + markup)
    root = tree.root
    if root is None:
        return markup
    tree.strip_tags(_DROPPED)
    return root.text()


_resolved = functools.lru_cache(maxsize=4096)(_parsed)  # a reference costs a parser


def _unambiguous(text: str) -> Callable[[re.Match[str]], str]:
    """What `_MARKUP` is replaced by in `text`: what is not markup escaped, a space before separating tags.

    The known tags themselves are all renamed to <wbr>, an element without content. A tree of the real
    ones would move the text of broken tables and take time quadratic in its depth.
    """
    last_comment_end = text.rfind("-->")

    def replace(match: re.Match[str]) -> str:
        markup = match.group()
        if match["twice"]:
            return "&"
        if markup == "&":
            return "&amp;"
        if match["name"]:
            name = match["name"].lower()
            if name in _DROPPED:
                return " " + markup
            if name in _INLINE:
                return match["open"] + "wbr"
            if name in _SEPARATING or "-" in name or ":" in name:
                return " " + match["open"] + "wbr"
        elif match["declaration"] or (match["comment"] and match.start() < last_comment_end):
            return markup
        return "&lt;" + markup[1:]

    return replace
