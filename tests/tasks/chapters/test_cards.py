"""Every chapter has a card that is complete, and whose facts can be told apart."""

from __future__ import annotations

import math

import pytest

import textkit_corpora
from textkit.tasks.chapters import CHAPTERS, load_chapter


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_card_is_complete(name: str) -> None:
    card = load_chapter(name).CARD
    assert all(text.strip() for text in (card.title, card.claim, card.source, card.data_text))
    assert any("\u4e00" <= letter <= "\u9fff" for letter in card.title_zh)
    assert card.facts
    assert len({fact.name for fact in card.facts}) == len(card.facts)
    for fact in card.facts:
        assert math.isfinite(fact.expected)
        assert fact.tolerance >= 0
        assert fact.relation == "=" or fact.tolerance == 0, f"{fact.name}: a bound has no tolerance"
    assert card.seconds > 0
    assert not card.corpus or (card.data == "table" and card.corpus in textkit_corpora.available())
