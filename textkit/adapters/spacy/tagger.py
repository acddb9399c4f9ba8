"""A tagger's run as a component: `doc.ents`, or a group of spans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from spacy.tokens import SpanGroup

from textkit.adapters.spacy.component import RunComponent


class TaggerComponent(RunComponent):
    """Finds the spans that `textkit tag` finds in `doc.text`, and puts them on the Doc's own words.

    The tagger has words of its own; a span that begins or ends within a word of the Doc takes the whole
    word. With `spans_key` they go to `doc.spans[spans_key]`, their probabilities to its attribute "scores";
    else to `doc.ents`, where earlier entities stay that share no word with them, and of two that now
    share a word the longer one stays.
    """

    kind = "tagger"

    def __init__(
        self, run: Path | str, *, spans_key: str | None = None, name: str = "textkit_tagger"
    ) -> None:
        super().__init__(run, name=name)
        self.spans_key = spans_key

    def annotate(self, docs: list[Any]) -> None:
        """Tag the texts of all Docs at once."""
        from spacy.util import filter_spans

        for doc, tagged in zip(docs, self.run.model.tag_lines([doc.text for doc in docs]), strict=True):
            spans, scores = [], []
            for found in tagged.spans:
                start, end = tagged.places[found.start][0], tagged.places[found.end - 1][1]
                span = doc.char_span(start, end, label=found.label, alignment_mode="expand")
                if span is not None:
                    spans.append(span)
                    scores.append(found.probability)
            if self.spans_key is not None:
                group = SpanGroup(doc, name=self.spans_key, spans=spans, attrs={"scores": scores})
                doc.spans[self.spans_key] = group
                continue
            chosen = filter_spans(spans)
            taken = {place for span in chosen for place in range(span.start, span.end)}
            earlier = [each for each in doc.ents if taken.isdisjoint(range(each.start, each.end))]
            doc.ents = [*earlier, *chosen]
