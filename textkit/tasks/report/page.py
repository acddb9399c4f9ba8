"""The frame of a report, and the pieces that all sections are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from textkit.tasks.report.markup import EMPTY, Html, data, joined, tag, words
from textkit.tasks.report.style import STYLE

# Whatever a page should hold by a mistake of ours: it may fetch nothing, and run nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


LETTERS = 60  # of the names above a matrix; of more they stand upright


@dataclass(frozen=True)
class Section:
    """A part of a page under a heading of its own."""

    title: str
    parts: tuple[Html, ...]


def page(title: str, head: Sequence[Html], sections: Iterable[Section]) -> str:
    """A whole page; the same contents give the same bytes."""
    given = [section for section in sections if section.parts]
    links = (
        tag("li", tag("a", words(each.title), href=f"#s{number}")) for number, each in enumerate(given, 1)
    )
    body = [
        tag("header", tag("h1", data(title)), *head, tag("nav", tag("ul", *links), aria_label="Sections")),
        tag("main", *(_section(number, each) for number, each in enumerate(given, 1))),
    ]
    meta = [
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", words(title)),
        tag("style", Html(f"\n{STYLE}\n")),
    ]
    document = tag("html", tag("head", *meta), tag("body", *body), lang="en")
    return f"<!DOCTYPE html>\n{document}\n"


def _section(number: int, section: Section) -> Html:
    return tag("section", tag("h2", words(section.title)), *section.parts, id=f"s{number}")


def paragraph(text: str, *, kind: str | None = None) -> Html:
    """A paragraph of our own words, or with `kind` "note" a warning, "soft" an explanation."""
    return tag("p", data(text), class_=kind)


def heading(text: str) -> Html:
    """A heading within a section."""
    return tag("h3", data(text))


def folded(title: str, *parts: Html) -> Html:
    """What few people want to see: a line to click at."""
    return tag("details", tag("summary", words(title)), *parts)


def table(
    rows: Sequence[Sequence[str]],
    *,
    caption: str = "",
    best: Collection[int] = (),
    text: Collection[int] = (),
) -> Html:
    """Rows of cells, of which the first holds the names of the columns; the first column names the rows.

    Columns are numbers, to the right, but the first and those in `text`. `best` are rows, from 1, to mark.
    """

    def kind(column: int) -> str | None:
        return None if column == 0 or column in text else "n"

    head = (tag("th", data(cell), scope="col", class_=kind(n)) for n, cell in enumerate(rows[0]))
    body = []
    for number, row in enumerate(rows[1:], 1):
        cells = [tag("th", data(cell), scope="row") for cell in row[:1]]
        cells += [tag("td", data(cell), class_=kind(n)) for n, cell in enumerate(row[1:], 1)]
        body.append(tag("tr", *cells, class_="best" if number in best else None))
    return wide(
        tag(
            "table",
            tag("caption", data(caption)) if caption else EMPTY,
            tag("thead", tag("tr", *head)),
            tag("tbody", *body),
        )
    )


def bars(
    rows: Sequence[tuple[str, float, str]], *, heads: tuple[str, str], most: float | None = None
) -> Html:
    """A name, a bar as long as its number is beside `most`, and what to write for it, a row each."""
    most = most or max((value for _, value, _ in rows), default=0.0) or 1.0
    body = [
        tag(
            "tr",
            tag("th", data(name), scope="row"),
            tag(
                "td",
                tag("span", class_="bar", style=f"width:{100 * min(value / most, 1.0):.1f}%"),
                class_="bars",
            ),
            tag("td", data(written), class_="n"),
        )
        for name, value, written in rows
    ]
    head = tag(
        "tr",
        tag("th", words(heads[0]), scope="col"),
        tag("td"),
        tag("th", words(heads[1]), scope="col", class_="n"),
    )
    return wide(tag("table", tag("thead", head), tag("tbody", *body)))


def matrix(
    rows: Sequence[Sequence[float]], *, sides: tuple[Sequence[str], Sequence[str]], corner: str,
    caption: str, written: bool = True,
) -> Html:  # fmt: skip
    """Numbers as cells that are the darker the larger they are, each row beside its own sum where they are
    counts (`written`), and beside 1 where they are weights."""
    left, above = sides
    tall = not written or sum(map(len, above)) > LETTERS
    head = tag(
        "tr", tag("th", words(corner), scope="col"), *(tag("th", data(name), scope="col") for name in above)
    )
    body = []
    for name, row in zip(left, rows, strict=True):
        whole = (sum(row) or 1.0) if written else 1.0
        cells = [
            tag(
                "td",
                words(f"{value:,.0f}") if written else EMPTY,
                style=f"background:rgba(var(--shade),{0.75 * min(max(value / whole, 0.0), 1.0):.2f})",
                title=None if written else f"{value:.3f}",
            )
            for value in row
        ]
        body.append(tag("tr", tag("th", data(name), scope="row"), *cells))
    kind = f"matrix{'' if written else ' attention'}{' tall' if tall else ''}"
    drawn = wide(tag("table", tag("thead", head), tag("tbody", *body), class_=kind))
    return Html(paragraph(caption, kind="soft") + drawn)


def wide(content: Html) -> Html:
    """What may be wider than the screen, and is then moved within its own frame."""
    return tag("div", content, class_="wide")


def sample(title: str, *parts: Html) -> Html:
    """One of several examples."""
    return tag("article", *([tag("h3", data(title))] if title else []), *parts, class_="sample")


def listed(pairs: Iterable[tuple[str, Html]]) -> Html:
    """Names and what they stand for, below each other."""
    return tag("dl", joined(Html(tag("dt", words(name)) + tag("dd", each)) for name, each in pairs))
