"""A page as a browser reads it: elements, tables and text."""

from __future__ import annotations

from html.parser import HTMLParser

_TEXT = "main nav section article h1 h2 h3 p ul ol li a dl dt dd div span code bdi details summary"
_OTHERS = "html head meta title style body header table thead tbody tr th td figure figcaption"
_PICTURES = "svg text line polyline circle"
ALLOWED = frozenset(f"{_TEXT} {_OTHERS} {_PICTURES}".split())
VOID = ("meta",)


class Page(HTMLParser):
    """What a page holds: `tables` as rows of cells by the heading above them, `text`, `attributes`."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html, self.text = html, ""
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.tables: list[list[list[str]]] = []
        self.sections: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, f"an element <{tag}>"
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        elif tag == "h2":
            self.sections.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.text += data
        if self.open and {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data
        if "h2" in self.open:
            self.sections[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def rows(self) -> list[list[str]]:
        """Those of all tables, without the empty cells."""
        return [[cell for cell in row if cell] for table in self.tables for row in table]

    def check_safe(self) -> None:
        """Fail for what could fetch or run anything, and for letters that turn or hide text."""
        for tag, name, value in self.attributes:
            assert not name.startswith("on"), f"{tag} {name}"
            assert name not in ("src", "srcset", "background", "action", "data", "xlink:href"), (
                f"{tag} {name}"
            )
            if name == "href":
                assert value.startswith("#")
            if name == "style":
                assert "url" not in value
        style = self.html.partition("<style>")[2].partition("</style>")[0]
        assert "url(" not in style
        assert "@import" not in style
        policies = [value for _, name, value in self.attributes if name == "content"]
        assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in policies
        hidden = [*range(9), 11, 12, *range(14, 32), 127, *range(0x200E, 0x2010), *range(0x202A, 0x202F)]
        assert not set(self.html) & set(map(chr, [*hidden, *range(0x2066, 0x206A)]))
