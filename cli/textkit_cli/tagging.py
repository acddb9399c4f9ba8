"""What `textkit train-tagger` and `textkit tag` print: reports by span, and tagged lines in three forms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from textkit_cli.columns import aligned

if TYPE_CHECKING:
    from textkit.data.spans import SpanCount, SpanReport
    from textkit.tasks.tagging.saved import Tagged

FORMS = ("jsonl", "conll", "inline")


def summary(reports: Mapping[str, SpanReport]) -> str:
    """Measures by name as aligned columns, without a line end.

    >>> from textkit.data.spans import span_report
    >>> print(summary({"dev": span_report([["B-city", "O"]], [["B-city", "B-city"]])}))
         precision  recall      F1  macro F1  spans  sentences
    dev     50.00%  100.00%  66.67%    66.67%      1          1
    """
    heads = ["", "precision", "recall", "F1", "macro F1", "spans", "sentences"]
    rows = [
        [name, *_shares(each.micro), f"{each.macro_f1:.2%}", str(each.micro.wanted), str(each.sentences)]
        for name, each in reports.items()
    ]
    return aligned([heads, *rows])


def by_label(report: SpanReport) -> str:
    """Measures of each label, and of all spans together (micro), as aligned columns."""
    rows = [*report.labels.items(), ("all", report.micro)]
    table = [[name, *_shares(count), str(count.wanted), str(count.found)] for name, count in rows]
    return aligned([["", "precision", "recall", "F1", "wanted", "found"], *table])


def _shares(count: SpanCount) -> list[str]:
    return [f"{share:.2%}" for share in (count.precision, count.recall, count.f1)]


def render(tagged: Tagged, form: str, *, line: str) -> str:
    """A sentence in one of FORMS, with its line end: `line` is what it came from.

    jsonl:  {"tokens", "tags", "spans": [{"label", "text", "start", "end", "probability"}]}, with "offsets"
            of the tokens in the line where it was text.
    conll:  a token and its tag a line, and a blank line.
    inline: the line, with each span as [text](label).
    """
    if form == "conll":
        pairs = zip(tagged.tokens, tagged.tags, strict=True)
        return "".join(f"{' '.join(token.split())}\t{tag}\n" for token, tag in pairs) + "\n"
    if form == "inline":
        return _inline(tagged, line) + "\n"
    record: dict[str, object] = {"tokens": tagged.tokens, "tags": tagged.tags}
    if tagged.places is not None:
        record["offsets"] = tagged.places
    record["spans"] = [
        {
            "label": span.label,
            "text": span.text,
            "start": span.start,
            "end": span.end,
            "probability": round(span.probability, 4),
        }
        for span in tagged.spans
    ]
    return json.dumps(record, ensure_ascii=False) + "\n"


def _inline(tagged: Tagged, line: str) -> str:
    places = tagged.places
    if places is None:
        begins = [0]
        for token in tagged.tokens:
            begins.append(begins[-1] + len(token) + 1)
        places = tuple(
            (begin, begin + len(token)) for begin, token in zip(begins, tagged.tokens, strict=False)
        )
    pieces, done = [], 0
    for span in tagged.spans:
        start, end = places[span.start][0], places[span.end - 1][1]
        pieces += [line[done:start], f"[{line[start:end]}]({span.label})"]
        done = end
    return "".join([*pieces, line[done:]])
