"""The English of the prose corpus."""

from __future__ import annotations

from collections.abc import Mapping

from textkit.errors import InputError
from textkit_corpora.grammars import english
from textkit_corpora.grammars.people import Person
from textkit_corpora.grammars.prose import Style
from textkit_corpora.grammars.prose_corpus import prose_corpus
from textkit_corpora.grammars.scene import Language

_PRONOUNS = {
    "he": ("he", "she"),
    "him": ("him", "her"),
    "his": ("his", "her"),
    "himself": ("himself", "herself"),
    "man": ("man", "woman"),
    "boy": ("boy", "girl"),
    "father": ("father", "mother"),
}


def _person_forms(someone: Person) -> Mapping[str, str]:
    # Whether a woman is Miss or Mrs. hangs on her surname, so that it is the same in every passage.
    title = ("Mrs." if len(someone.last) % 2 else "Miss") if someone.woman else "Mr."
    return {
        "first": someone.first,
        "last": someone.last,
        "full": f"{someone.first} {someone.last}",
        "title": f"{title} {someone.last}",
        **{name: both[someone.woman] for name, both in _PRONOUNS.items()},
    }


def _inflect(text: str, form: str) -> str:
    if form in ("base", "past", "pp", "ing", "s"):
        return english.phrase(text, form)
    if form == "pl":
        return english.plural(text)
    if form == "a":
        return english.with_article(text)
    if form == "cap":
        base = english.phrase(text, "base")
        return base[:1].upper() + base[1:]
    if form == "title":
        return text.title()
    raise InputError(f"English has no form '{form}' for '{text}'; use pl, a, cap, title, past, pp, ing or s")


ENGLISH = Style(
    Language(
        name="english",
        number=english.number,
        ordinal=english.ordinal,
        date=lambda day, month: f"{day} {month}",
        inflect=_inflect,
        person_forms=_person_forms,
    ),
    polish=english.polish,
    joint=" ",
)

CORPUS = prose_corpus(
    ENGLISH,
    name="prose-en",
    title="English short prose",
    description="Short passages of simple English prose, one short paragraph a line.",
    language="en",
)
