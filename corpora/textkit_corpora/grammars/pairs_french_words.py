"""French nouns and adjectives: gender, plural, agreement, and which vowels call for elision."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Words whose h or first vowel does not elide.
_KEPT = r"(?!h(?:aut|ibou|éros|aricot|omard|uit|onte|all|ors)|onz|oui)"
VOWEL = _KEPT + r"[aeiouyhâàéèêëîïôùûœAEIOUYHÉ]"


@dataclass(frozen=True)
class Noun:
    """A noun: `gender` "m" or "f"; `always_plural` for échecs, mathématiques and the like."""

    singular: str
    plural: str
    gender: str
    always_plural: bool = False


def many(word: str) -> str:
    """The plural of a noun or adjective by the usual rule.

    >>> many("gâteau"), many("jus"), many("clé")
    ('gâteaux', 'jus', 'clés')
    """
    if word[-1] in "sxz":
        return word
    return word + ("x" if word.endswith(("eau", "eu")) and word != "bleu" else "s")


def noun(text: str) -> Noun:
    """Read "f clé", "m hôpital/hôpitaux" or "p échecs" (only plural).

    >>> noun("m cheval/chevaux").plural
    'chevaux'
    """
    gender, _, forms = text.partition(" ")
    if gender == "p":
        return Noun(forms, forms, "m", always_plural=True)
    singular, _, plural = forms.partition("/")
    return Noun(singular, plural or " ".join(many(word) for word in singular.split()), gender)


def starts_with_vowel(text: str) -> bool:
    """Whether le, ce, beau ... change before this text."""
    return re.match(VOWEL, text) is not None


def feminine(word: str) -> str:
    """The feminine of an adjective by rule.

    >>> [feminine(w) for w in ("grand", "rouge", "heureux", "cher", "neuf", "bon")]
    ['grande', 'rouge', 'heureuse', 'chère', 'neuve', 'bonne']
    """
    for ending, other in (
        ("e", "e"),
        ("eux", "euse"),
        ("er", "ère"),
        ("f", "ve"),
        ("on", "onne"),
        ("el", "elle"),
    ):
        if word.endswith(ending):
            return word.removesuffix(ending) + other
    return word + "e"


def is_before(adjective: str) -> bool:
    """Whether an adjective of the lexicon stands before its noun (marked `<`)."""
    return adjective[0] == "<"


def agree(adjective: str, *, gender: str, plural: bool, vowel: bool = False) -> str:
    """An adjective of the lexicon ("<beau belle") in agreement; `vowel`: before a masculine noun in a vowel.

    >>> agree("<beau belle", gender="m", plural=False, vowel=True)
    'bel'
    >>> agree("blanc blanche", gender="f", plural=True)
    'blanches'
    """
    masculine, _, other = adjective.lstrip("<").partition(" ")
    if gender == "f":
        word = other or feminine(masculine)
    elif vowel and not plural:
        word = {"beau": "bel", "nouveau": "nouvel", "vieux": "vieil"}.get(masculine, masculine)
    else:
        word = masculine
    return many(word) if plural else word


_ELIDED = re.compile(rf"\b(je|me|te|se|le|la|ne|de|que|jusque|lorsque|puisque) (?={VOWEL})", re.IGNORECASE)
_CONTRACTED = (("à~le ", "au "), ("à~les ", "aux "), ("de~le ", "du "), ("de~les ", "des "))


def contract(text: str) -> str:
    """Elide, then contract the prepositions marked `à~` and `de~`.

    >>> contract("je aime parler de~le chat à~la école , si il veut")
    "j'aime parler du chat à l'école , s'il veut"
    >>> contract("Si ils arrivent à~le onze")
    "S'ils arrivent au onze"
    """
    text = text.replace("à~la", "à la").replace("à~ ", "à ")
    text = re.sub(r"de~(?!les? )", "de ", re.sub(rf"([àe])~(le|la) (?={VOWEL})", r"\1 \2 ", text))
    text = _ELIDED.sub(lambda found: found[1][:-1] + "'", text)
    for apart, together in _CONTRACTED:
        text = text.replace(apart, together)
    return re.sub(r"\b([sS])i (?=ils?\b)", r"\1'", text).replace("~", " ")
