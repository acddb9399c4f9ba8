"""The report of a tagger: which spans it finds, what it takes them for, and some sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from textkit.data.spans import TaggedSentence, parse_tag, spans_of
from textkit.tasks.report.figures import count, number, reading
from textkit.tasks.report.held_out import kept_sentences
from textkit.tasks.report.markup import EMPTY, Html, data, joined, tag, words
from textkit.tasks.report.page import Section, bars, heading, matrix, paragraph, sample, table
from textkit.tasks.report.record import RunRecord
from textkit.tasks.report.wanted import Wanted
from textkit.tasks.tagging.saved import Tagged, load_tagger

OUTSIDE = "no span"
MANY = 25  # labels; of more there is no confusion matrix

Sentences: TypeAlias = Sequence[TaggedSentence]


def summary(measured: Mapping[str, Mapping[str, Any]]) -> Html:
    """The measures of spans as `textkit train-tagger` and `textkit tag --evaluate` print them."""
    rows = [["", "precision", "recall", "F1", "macro F1", "spans", "sentences"]]
    for name, each in measured.items():
        shares = [*_shares(each), f"{number(each, 'macro_f1'):.2%}"]
        rows.append([name, *shares, str(count(each, "wanted")), str(count(each, "sentences"))])
    return table(rows)


def results(record: RunRecord, tests: Mapping[str, Mapping[str, Any]]) -> Section:
    """What was recorded and what is measured now, also for each label."""
    measured = record.results | dict(tests)
    with reading(record):
        parts = [summary(measured)] if measured else []
        for name, each in measured.items():
            kinds = [*each["labels"].items(), ("all", each)]
            rows = [["", "precision", "recall", "F1", "wanted", "found"]]
            for label, of in kinds:
                rows.append([label, *_shares(of), str(count(of, "wanted")), str(count(of, "found"))])
            f1 = [(label, number(of, "f1"), f"{number(of, 'f1'):.2%}") for label, of in kinds]
            pair = tag("div", table(rows)), tag("div", bars(f1, heads=("", "F1"), most=1.0))
            parts += [heading(name), tag("div", *pair, class_="charts")]
    return Section("Results", tuple(parts))


def _shares(measures: Mapping[str, Any]) -> list[str]:
    return [f"{number(measures, name):.2%}" for name in ("precision", "recall", "f1")]


def sections(record: RunRecord, tests: Mapping[str, Sentences], wanted: Wanted) -> list[Section]:
    """All that asks the tagger itself; its examples are of the run's own sentences where none are given."""
    tagger = load_tagger(record.run)
    measured = {name: tagger.evaluate(each).as_dict() for name, each in tests.items()}
    confusions: list[Html] = []
    examples: list[Html] = []
    for name, sentences in (tests or kept_sentences(record)).items():
        found = list(tagger.tag_tokens(sentence.tokens for sentence in sentences))
        confusions += _confusion(name, sentences, found)
        examples += _examples(name, sentences, found, wanted)
    return [
        results(record, measured),
        Section("What is taken for what", tuple(confusions)),
        Section("Sentences", tuple(examples)),
    ]


def _confusion(name: str, sentences: Sentences, found: Sequence[Tagged]) -> list[Html]:
    pairs = Counter[tuple[str, str]]()
    for sentence, tagged in zip(sentences, found, strict=True):
        pairs.update(zip(map(_label, sentence.tags), map(_label, tagged.tags), strict=True))
    labels = sorted({label for pair in pairs for label in pair if label})
    if not labels or len(labels) > MANY:
        return []
    counts = [[float(pairs[true, answer]) for answer in (*labels, "")] for true in (*labels, "")]
    sides = [*labels, OUTSIDE]
    told = f"{name}: tokens by their true label, a row each, and the label they were given."
    return [matrix(counts, sides=(sides, sides), corner="true \\ found", caption=told)]


def _label(each: str) -> str:
    return parse_tag(each)[1]  # none of what is outside of all spans


def _examples(name: str, sentences: Sentences, found: Sequence[Tagged], wanted: Wanted) -> list[Html]:
    """Sentences in which most spans are wrong, then others, as they come."""
    wrong = [
        len(set(spans_of(sentence.tags)) ^ set(spans_of(tagged.tags)))
        for sentence, tagged in zip(sentences, found, strict=True)
    ]
    order = sorted(range(len(wrong)), key=lambda place: -wrong[place])[: wanted.samples]
    if not order:
        return []
    parts = [
        paragraph(
            f"{name}: those with most mistakes first; what should be found is underlined in red.", kind="soft"
        )
    ]
    for place in order:
        sentence, tagged = sentences[place], found[place]
        lines = [tag("p", _inline(tagged.tokens, tagged.tags, "span"), class_="text")]
        if wrong[place]:
            due = tag(
                "p",
                words("should be: "),
                _inline(sentence.tokens, sentence.tags, "span missed"),
                class_="text",
            )
            lines.append(due)
        told = "all right" if not wrong[place] else f"{wrong[place]} wrong or missed"
        parts.append(sample(f"sentence {place + 1}: {told}", *lines))
    return parts


def _inline(tokens: Sequence[str], tags: Sequence[str], kind: str) -> Html:
    """The tokens with blanks between, as `textkit tag` writes them, and each span within its colour."""
    pieces, done = [], 0
    for start, end, label in spans_of(tags):
        pieces += list(map(data, tokens[done:start]))
        inside = _blanked(tokens[start:end])
        pieces.append(tag("span", inside, tag("span", data(label), class_="type"), class_=kind))
        done = end
    return joined([*pieces, *map(data, tokens[done:])], " ") if tokens else EMPTY


def _blanked(tokens: Iterable[str]) -> Html:
    return joined(map(data, tokens), " ")
