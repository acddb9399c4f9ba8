"""Spans of tokens and the BIO tags that spell them; precision, recall and F1 by span.

B-x begins a span of the label x, I-x goes on with it, O is outside (IOB2; Tjong Kim Sang and Veenstra
1999, cs/9907006). K tags.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from textkit.errors import InputError, UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

OUTSIDE = "O"


class Span(NamedTuple):
    """Tokens `start` to `end` - 1 are one thing of the kind `label`."""

    start: int
    end: int
    label: str


class TaggedSentence(NamedTuple):
    """Tokens and a tag for each."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]


class Rules(NamedTuple):
    """Which tags may begin a sentence, `starts` (K,), and which may follow which, `follows` (K, K)."""

    starts: npt.NDArray[np.bool_]
    follows: npt.NDArray[np.bool_]


def parse_tag(tag: str) -> tuple[str, str]:
    """A tag as its letter and its label; raises InputError for what is no BIO tag.

    >>> parse_tag("B-arrival-time"), parse_tag("O")
    (('B', 'arrival-time'), ('O', ''))
    """
    letter, dash, label = tag.partition("-")
    if tag != OUTSIDE and not (letter in ("B", "I") and dash and label):
        raise InputError(f"a tag is O, or B- or I- and a label, not {tag!r}; convert the tags to BIO")
    return letter, label


def spans_of(tags: Sequence[str]) -> list[Span]:
    """The spans that `tags` spell, read as seqeval reads them by default.

    An I- that does not go on with a span of its label begins one. Raises InputError for what is no BIO tag.

    >>> spans_of(["B-city", "I-city", "I-date"])
    [Span(start=0, end=2, label='city'), Span(start=2, end=3, label='date')]
    """
    spans: list[Span] = []
    begin, open_label = 0, ""  # no label is empty: none is open
    for place, tag in enumerate((*tags, OUTSIDE)):
        letter, label = parse_tag(tag)
        if letter == "I" and label == open_label:
            continue
        if open_label:
            spans.append(Span(begin, place, open_label))
        begin, open_label = place, label
    return spans


def tags_of(spans: Iterable[Span], length: int) -> list[str]:
    """BIO tags of `length` tokens; raises UsageError for spans that overlap, are empty or lie outside.

    >>> tags_of([Span(1, 3, "city")], 4)
    ['O', 'B-city', 'I-city', 'O']
    """
    tags = [OUTSIDE] * length
    for start, end, label in spans:
        if not 0 <= start < end <= length:
            raise UsageError(f"a span must lie within the {length} tokens, not from {start} to {end}")
        if any(tag != OUTSIDE for tag in tags[start:end]):
            raise UsageError(f"spans must not overlap: another one has tokens of {start} to {end} ({label})")
        tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
    return tags


def well_formed(tags: Sequence[str]) -> list[str]:
    """Tags of the same spans in which each span begins with B-.

    >>> well_formed(["I-city", "I-city", "O"])
    ['B-city', 'I-city', 'O']
    """
    return tags_of(spans_of(tags), len(tags))


def bio_rules(tags: Sequence[str]) -> Rules:
    """What may follow what among K `tags`: I-x only after B-x or I-x, and never at the beginning.

    >>> bio_rules(["O", "B-x", "I-x"]).follows.tolist()
    [[True, True, False], [True, True, True], [True, True, True]]
    """
    import numpy as np  # not for readers and reports

    parsed = [parse_tag(tag) for tag in tags]
    starts = np.array([letter != "I" for letter, _ in parsed], dtype=np.bool_)
    follows = [[to != "I" or label == before for to, label in parsed] for _, before in parsed]
    return Rules(starts, np.array(follows, dtype=np.bool_).reshape(len(tags), len(tags)))


class SpanCount(NamedTuple):
    """How many spans were found as they should be, found at all, and to be found.

    A measure that would divide by zero is zero, as in seqeval.

    >>> SpanCount(correct=1, found=2, wanted=4).f1  # precision 1/2, recall 1/4
    0.333...
    """

    correct: int = 0
    found: int = 0
    wanted: int = 0

    @property
    def precision(self) -> float:
        """The share of the found ones that are correct."""
        return self.correct / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """The share of the wanted ones that were found."""
        return self.correct / self.wanted if self.wanted else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.found + self.wanted
        return 2 * self.correct / both if both else 0.0


@dataclass(frozen=True)
class SpanReport:
    """Counts by label, in alphabetical order; how many sentences and tokens, and `right` tags, there are."""

    labels: Mapping[str, SpanCount]
    sentences: int
    tokens: int
    right: int

    @property
    def micro(self) -> SpanCount:
        """All labels together."""
        counts = list(self.labels.values())
        return SpanCount(*(sum(column) for column in zip(*counts, strict=True))) if counts else SpanCount()

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the labels that were wanted or found."""
        return sum(count.f1 for count in self.labels.values()) / max(len(self.labels), 1)

    @property
    def accuracy(self) -> float:
        """The share of tokens with the right tag; O counts, so it is high for any tagger."""
        return self.right / self.tokens if self.tokens else 0.0

    def as_dict(self) -> dict[str, object]:
        """Plain numbers, for JSON."""

        def row(count: SpanCount) -> dict[str, float]:
            return {
                "precision": count.precision,
                "recall": count.recall,
                "f1": count.f1,
                "wanted": count.wanted,
                "found": count.found,
            }

        return {
            **row(self.micro),
            "macro_f1": self.macro_f1,
            "accuracy": self.accuracy,
            "sentences": self.sentences,
            "tokens": self.tokens,
            "labels": {label: row(count) for label, count in self.labels.items()},
        }


def span_report(wanted: Iterable[Sequence[str]], found: Iterable[Sequence[str]]) -> SpanReport:
    """Compare the tags of sentences, span by span: a span is correct when start, end and label are.

    Raises InputError when they differ in number, or for what is no BIO tag.

    >>> span_report([["B-city", "I-city", "O"]], [["B-city", "O", "B-date"]]).micro
    SpanCount(correct=0, found=2, wanted=1)
    """
    correct, all_found, all_wanted = Counter[str](), Counter[str](), Counter[str]()
    sentences = tokens = right = 0
    try:
        for ours, theirs in zip(wanted, found, strict=True):
            right += sum(one == other for one, other in zip(ours, theirs, strict=True))
            due, there = set(spans_of(ours)), set(spans_of(theirs))
            for counter, spans in ((correct, due & there), (all_found, there), (all_wanted, due)):
                counter.update(span.label for span in spans)
            sentences += 1
            tokens += len(ours)
    except ValueError as error:
        raise InputError(f"sentence {sentences + 1}: as many tags must be found as are wanted") from error
    labels = sorted(all_found | all_wanted)
    counts = {label: SpanCount(correct[label], all_found[label], all_wanted[label]) for label in labels}
    return SpanReport(counts, sentences, tokens, right)
