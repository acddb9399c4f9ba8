"""Which training pairs are left out before anything is learnt from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from textkit.tasks.translation.config import TranslatorConfig
from textkit.text.pairs import (
    CopiedSource,
    Duplicates,
    EmptySide,
    LengthRatio,
    Pair,
    PairFilter,
    PairReport,
    WrongLanguage,
    clean_pairs,
)
from textkit.text.pairs.cleaning import TwoTexts


def make_filters(config: TranslatorConfig) -> list[PairFilter]:
    """What `config` asks for; languages are looked at where both are named. Raises UsageError for one that is
    not known.
    """
    filters: list[PairFilter] = [EmptySide(), CopiedSource(), LengthRatio(config.max_ratio)]
    if config.source_language and config.target_language:
        filters.append(WrongLanguage(config.source_language, config.target_language, config.script_only))
    return [*filters, Duplicates()] if config.duplicates == "drop" else filters


def cleaned(
    pairs: Iterable[TwoTexts], config: TranslatorConfig, say: Callable[[str], None]
) -> Iterator[Pair]:
    """The pairs that no filter leaves out, one at a time; at the end it is said how many were left out."""
    report = PairReport()
    yield from clean_pairs(pairs, make_filters(config), report)
    for line in report.lines():
        say(line)
