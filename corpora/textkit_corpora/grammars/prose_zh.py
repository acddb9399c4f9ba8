"""The Chinese of the prose corpus."""

from __future__ import annotations

import re
from collections.abc import Mapping

from textkit.errors import InputError
from textkit_corpora.grammars import chinese
from textkit_corpora.grammars.people import Person
from textkit_corpora.grammars.prose import Style
from textkit_corpora.grammars.prose_corpus import prose_corpus
from textkit_corpora.grammars.scene import Language


def _person_forms(someone: Person) -> Mapping[str, str]:
    pronoun = "她" if someone.woman else "他"
    return {
        "first": someone.first,
        "last": someone.last,
        "full": someone.last + someone.first,
        "title": f"{someone.last}师傅",
        "he": pronoun,
        "him": pronoun,
        "his": f"{pronoun}的",
    }


def _inflect(text: str, form: str) -> str:
    """A noun alone (base), behind "一" and its measure word (a), or its measure word (m)."""
    name, _, measure = text.partition("/")
    if form == "base":
        return name
    if form == "a":
        return chinese.count(1, text)
    if form == "m":
        return measure or "个"
    raise InputError(f"Chinese has no form '{form}' for '{text}'; use a or m")


def _polish(text: str) -> str:
    # A quotation that ends a sentence keeps its full stop inside; none follows outside.
    text = re.sub(r'([。？！])"。', r'\1"', text)
    text = re.sub(r'"([^"]*)"', r"“\1”", text)
    return re.sub(r"，，+", "，", text)


CHINESE = Style(
    Language(
        name="chinese",
        number=chinese.number,
        ordinal=chinese.number,
        date=lambda day, month: f"{month}{chinese.number(day)}日",
        inflect=_inflect,
        person_forms=_person_forms,
    ),
    polish=_polish,
    joint="",
)

CORPUS = prose_corpus(
    CHINESE,
    name="prose-zh",
    title="Chinese short prose",
    description="Short passages of simple Chinese prose (simplified), one short paragraph a line.",
    language="zh",
)
