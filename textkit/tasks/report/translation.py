"""The report of a translator: BLEU, also by length, translations, and where it looked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import torch

from textkit.tasks.report.figures import count, number, reading
from textkit.tasks.report.markup import Html, data
from textkit.tasks.report.page import Section, bars, folded, listed, matrix, paragraph, sample, table
from textkit.tasks.report.record import RunRecord
from textkit.tasks.report.wanted import Wanted
from textkit.tasks.translation.decoding import TranslationDecoding
from textkit.tasks.translation.prepare import load_held_out
from textkit.tasks.translation.results import Result
from textkit.tasks.translation.saved import SavedTranslator, load_translator
from textkit.tasks.translation.scoring import Scorer
from textkit.tasks.translation.translating import Translation
from textkit.tasks.translation.validation import Validation
from textkit.text.pairs import Pair

KEPT = 200  # pairs of the run's own that are translated where none are given
PARTS = 4  # of the sentences, by length
MAPS = 3  # translations whose attention is shown
MOST = 40  # tokens of a side of such a map

Pairs: TypeAlias = Sequence[Pair]


class _Translated(NamedTuple):
    """Pairs with a translation of each."""

    pairs: Pairs
    found: Sequence[Translation]


def summary(measured: Mapping[str, Mapping[str, Any]]) -> Html:
    """The measures as `textkit train-nmt` prints them."""
    rows, signatures = [["", "pairs", "perplexity", "BLEU"]], list[str]()
    for name, each in measured.items():
        pairs, translated = count(each, "pairs"), count(each, "translated")
        bleu = "" if each["bleu"] is None else f"{number(each, 'bleu'):.2f}"
        if 0 < translated < pairs:
            bleu += f" (first {translated:,})"
        rows.append([name, f"{pairs:,}", f"{number(each, 'perplexity'):.2f}", bleu])
        signatures.append(str(each["signature"]))
    told = (paragraph(f"BLEU: {each}", kind="soft") for each in dict.fromkeys(filter(None, signatures)))
    return Html(table(rows) + "".join(told))


def results(record: RunRecord, tests: Mapping[str, Mapping[str, Any]]) -> Section:
    """What was recorded and what is measured now."""
    measured = record.results | dict(tests)
    with reading(record):
        return Section("Results", (summary(measured),) if measured else ())


def sections(record: RunRecord, tests: Mapping[str, Pairs], wanted: Wanted) -> list[Section]:
    """All that asks the translator itself; without `tests` some pairs that the run keeps are shown."""
    saved = load_translator(record.run)
    scorer = Scorer(("bleu",), language=saved.config.target_language, resamples=0)
    measured: dict[str, dict[str, Any]] = {}
    parts: list[Html] = []
    examples: list[Html] = []
    for name, pairs in (tests or _kept(record, saved)).items():
        translated = _translate(saved, pairs)
        if name in tests:
            measured[name] = _measure(saved, translated, scorer).as_dict()
        parts += _by_length(name, translated, scorer)
        examples += _examples(name, translated, wanted)
    return [
        results(record, measured),
        Section("BLEU by length", tuple(parts)),
        Section("Translations", tuple(examples)),
    ]


def _kept(record: RunRecord, saved: SavedTranslator) -> dict[str, Pairs]:
    held = load_held_out(record.run, saved.sides)
    name = next((each for each in ("test", "valid") if each in held), None)
    return {} if name is None else {name: held[name].pairs[:KEPT]}


def _translate(saved: SavedTranslator, pairs: Pairs) -> _Translated:
    """As `textkit translate` does when nothing else is asked for."""
    decoding = TranslationDecoding(attention=True)
    found = saved.translate((pair.source for pair in pairs), decoding)
    return _Translated(pairs, [best[0] for best in found])


def _measure(saved: SavedTranslator, translated: _Translated, scorer: Scorer) -> Result:
    """As `textkit train-nmt` measures its test pairs."""
    pairs, found = translated
    held = Validation.of(pairs, saved.sides)
    loss = held.loss(saved.network, torch.device("cpu"))
    score = scorer.measure([each.text for each in found], [[pair.target for pair in pairs]])[0]
    return Result(loss, len(held.target.ids), len(pairs), len(pairs), score.score, score.signature)


def _by_length(name: str, translated: _Translated, scorer: Scorer) -> list[Html]:
    """BLEU of as many shorter as longer sentences, by the tokens of the source."""
    pairs, found = translated
    order = sorted(range(len(pairs)), key=lambda place: len(found[place].source_tokens))
    size = max(1, -(-len(order) // PARTS))
    rows = []
    for begin in range(0, len(order), size):
        part = order[begin : begin + size]
        lengths = [len(found[place].source_tokens) for place in part]
        texts, right = [found[place].text for place in part], [pairs[place].target for place in part]
        score = scorer.measure(texts, [right])[0].score
        what = f"{lengths[0]} to {lengths[-1]} tokens, {len(part)} sentences"
        rows.append((what, score, f"{score:.2f}"))
    whole = scorer.measure([each.text for each in found], [[pair.target for pair in pairs]])[0]
    rows.append((f"all {len(pairs)}", whole.score, f"{whole.score:.2f}"))
    told = f"{name}: {len(pairs)} pairs, by the length of the source. {whole.name}: {whole.signature}"
    return [paragraph(told, kind="soft"), bars(rows, heads=("source", "BLEU"), most=100.0)]


def _examples(name: str, translated: _Translated, wanted: Wanted) -> list[Html]:
    """Pairs at equal distances in their text, so that nothing is chosen."""
    count_ = min(wanted.samples, len(translated.pairs))
    places = [number * len(translated.pairs) // count_ for number in range(count_)]
    parts = []
    for number_, place in enumerate(places):
        pair, found = translated.pairs[place], translated.found[place]
        facts = [
            ("source", data(pair.source)),
            ("translation", data(found.text)),
            ("reference", data(pair.target)),
        ]
        score = f"log probability {found.log_prob:.2f} in {len(found.tokens)} tokens"
        looked = [_looked(found)] if number_ < MAPS and found.attention is not None and found.tokens else []
        parts.append(sample(f"{name}, pair {place + 1}: {score}", listed(facts), *looked))
    return parts


def _looked(translation: Translation) -> Html:
    """Where each token of a translation looked, a row each; the last column is the end of the source."""
    assert translation.attention is not None
    columns = [*translation.source_tokens, "</s>"][:MOST]
    rows = translation.tokens[:MOST]
    weights = translation.attention[: len(rows), : len(columns)].astype(float).tolist()
    told = "Attention: a row for each token of the translation, dark where it looked in the source."
    return folded(
        "Where it looked", matrix(weights, sides=(rows, columns), corner="", caption=told, written=False)
    )
