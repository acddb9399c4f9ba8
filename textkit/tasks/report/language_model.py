"""The report of a language model: what it scores, what it writes, and what surprises it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from textkit.errors import InputError
from textkit.lm.line_scores import LineScores
from textkit.lm.ngram import NgramModel
from textkit.lm.score import BITS, MeasuredText
from textkit.tasks.language_model.ngram_info import describe_ngram
from textkit.tasks.language_model.saved import SavedModel, load_model
from textkit.tasks.report.figures import count, number, reading
from textkit.tasks.report.markup import Html, data, tag, words
from textkit.tasks.report.page import Section, bars, heading, listed, paragraph, sample, table
from textkit.tasks.report.record import RunRecord
from textkit.tasks.report.wanted import Wanted
from textkit.text.vocab import UNKNOWN

LENGTH = 60  # tokens of a continuation
_STRONGEST = 16.0  # bits, from which a token has the full colour


def summary(measured: Mapping[str, Mapping[str, Any]]) -> Html:
    """The scores as `textkit train-lm` and `textkit score` print them."""
    rows = [["", "perplexity", "of known", "bits/char", "bits/byte", "tokens", "unknown"]]
    for name, each in measured.items():
        bits = (f"{number(each, key):.4f}" for key in ("bits_per_character", "bits_per_byte"))
        unknown = f"{count(each, 'unknown')} ({number(each, 'unknown_rate'):.1%})"
        perplexities = (_short(number(each, key)) for key in ("perplexity", "perplexity_known"))
        rows.append([name, *perplexities, *bits, str(count(each, "tokens")), unknown])
    return table(rows)


def results(record: RunRecord, tests: Mapping[str, Mapping[str, Any]]) -> Section:
    """What was recorded and what is measured now."""
    measured = record.results | dict(tests)
    told = "Every token and each line's end counts, unknown words too. Bits are for the text as it was read."
    with reading(record):
        return Section("Results", (summary(measured), paragraph(told, kind="soft")) if measured else ())


def sections(record: RunRecord, tests: Mapping[str, Sequence[str]], wanted: Wanted) -> list[Section]:
    """All that asks the model itself."""
    saved = load_model(record.run)
    measured = {name: _measured(saved, name, lines) for name, lines in tests.items()}
    scores = {name: text.scores.total().as_dict() for name, text in measured.items()}
    found = [results(record, scores)]
    if isinstance(saved.model, NgramModel):
        found.append(_ngrams(record, saved.model, measured))
    found.append(_continuations(saved, wanted))
    if measured:
        parts = [part for name, text in measured.items() for part in _surprising(saved, name, text, wanted)]
        found.append(Section("What surprises it", tuple(parts)))
    return found


class _Measured:
    """A text with the score of each line and each token."""

    def __init__(self, saved: SavedModel, lines: Sequence[str]) -> None:
        self.lines = lines
        self.text: MeasuredText = saved.measure(lines)
        self.log_probs = saved.model.log_probs(self.text.corpus)
        self.scores = LineScores.of(self.log_probs, self.text, unknown=saved.model.vocab.id(UNKNOWN))


def _measured(saved: SavedModel, name: str, lines: Sequence[str]) -> _Measured:
    if not lines:
        raise InputError(f"{name}: is empty; there is no text to score")
    return _Measured(saved, lines)


def _continuations(saved: SavedModel, wanted: Wanted) -> Section:
    texts = saved.generate(length=LENGTH, seed=wanted.seed, samples=wanted.samples) if wanted.samples else []
    told = f"Drawn one token after the other, {LENGTH} tokens, seed {wanted.seed}; nothing is chosen."
    parts = [sample("", tag("p", data(text, lines=True), class_="text")) for text in texts]
    return Section("What it writes", (paragraph(told, kind="soft"), *parts) if parts else ())


def _surprising(saved: SavedModel, name: str, text: _Measured, wanted: Wanted) -> list[Html]:
    """The lines that cost most bits a character, token by token."""
    columns = text.scores.columns()
    bits = [math.inf if each is None else float(each) for each in columns["bits_per_character"]]
    full = [
        place
        for place in np.argsort([-each for each in bits], kind="stable")
        if text.scores.tokens[place] > 1
    ]
    different = {text.lines[place]: int(place) for place in reversed(full)}  # the first of equal lines
    worst = sorted(different.values(), key=lambda place: (-bits[place], place))[: wanted.samples]
    if not worst:
        return []
    told = (
        f"{name}: the lines that cost most bits a character. The stronger the colour, the less was a token "
        f"expected: full at {_STRONGEST:g} bits, one chance in {2**_STRONGEST:,.0f}."
    )
    return [paragraph(told), *(_line(saved, text, place, bits[place]) for place in worst)]


def _line(saved: SavedModel, text: _Measured, place: int, bits: float) -> Html:
    begin, end = text.text.corpus.offsets[place : place + 2].tolist()
    tokens = [*saved.pipeline(text.lines[place]), "⏎"]
    costs = [-each * BITS for each in text.log_probs[begin:end].tolist()]
    between = "" if all(len(token) == 1 for token in tokens) else " "
    spans = [
        tag(
            "span",
            data(token),
            style=f"background:rgba(var(--amber),{0.8 * min(max(cost, 0) / _STRONGEST, 1.0):.2f})",
            title=f"{cost:.1f} bits",
        )
        for token, cost in zip(tokens, costs, strict=True)
    ]
    shown = Html(between.join(spans))
    return sample(f"line {place + 1}: {bits:.2f} bits a character", tag("p", shown, class_="text"))


def _ngrams(record: RunRecord, model: NgramModel, tests: Mapping[str, _Measured]) -> Section:
    info = describe_ngram(record.run.path)
    sums = f"{info.least_sum:.6f} to {info.greatest_sum:.6f} over {info.histories} histories"
    facts = [
        ("smoothing", data(info.smoothing)),
        ("vocabulary", words(f"{info.vocabulary:,} words")),
        ("sums to one", words(f"{'yes' if info.proper else 'no'}: {sums}")),
        *(("note", data(note)) for note in info.notes),
    ]
    sizes = [(f"{k}-grams", float(size), f"{size:,}") for k, size in enumerate(info.ngrams, 1)]
    parts = [listed(facts), bars(sizes, heads=("order", "n-grams"))]
    for name, text in tests.items():
        lengths = model.ngram_lengths(text.text.corpus)
        found = np.bincount(lengths, minlength=model.order + 1)[1:].tolist()
        rows = [
            (f"{k}-grams", n / len(lengths), f"{n:,} ({n / len(lengths):.1%})")
            for k, n in enumerate(found, 1)
        ]
        parts += [
            heading(f"{name}: the longest n-gram of the model that ends at each token"),
            bars(rows, heads=("order", "tokens"), most=1.0),
        ]
    return Section("n-grams", tuple(parts))


def _short(value: float) -> str:
    """As the tables of the command line have it."""
    return f"{value:.2f}" if value < 1e6 else f"{value:.3g}"
