"""French conjugation: the present, imperfect and future of regular verbs and of a list of irregular ones."""

from __future__ import annotations

import re

from textkit_corpora.grammars.lexicon import words

_ER = ("e", "es", "e", "ons", "ez", "ent")
_IR = ("is", "is", "it", "issons", "issez", "issent")
_RE = ("s", "s", "", "ons", "ez", "ent")
_IMPERFECT = ("ais", "ais", "ait", "ions", "iez", "aient")
_FUTURE = ("ai", "as", "a", "ons", "ez", "ont")
# Verbs of movement and change, whose compound past is made with être; reflexive ones come on top.
_ETRE = ("aller", "venir", "devenir", "partir", "sortir", "arriver", "rester", "tomber", "rentrer")


def _irregular(verb: str) -> tuple[str, ...]:
    return words("pairs_french_verbs.txt")["verbs"].get(verb, ())


def _mute(stem: str) -> str:
    """The stem of an -er verb before a mute e: acheter -> achèt, appeler -> appell, nettoyer -> nettoi."""
    if stem.endswith(("appel", "jet")):
        return stem + stem[-1]
    if stem.endswith("y"):
        return stem[:-1] + "i"
    return re.sub(r"[eé]([^aeiouyèéê]|tr)$", r"è\1", stem)


def _er_form(stem: str, ending: str) -> str:
    if ending in ("e", "es", "ent"):
        return _mute(stem) + ending
    if ending[0] in "ao":
        stem = re.sub("g$", "ge", re.sub("c$", "ç", stem))
    return stem + ending


def present(verb: str, person: int) -> str:
    """The present, `person` from 0 to 5.

    >>> present("acheter", 0), present("manger", 3), present("finir", 5), present("vendre", 2)
    ('achète', 'mangeons', 'finissent', 'vend')
    """
    if _irregular(verb):
        return _irregular(verb)[0].split()[person]
    stem, kind = verb[:-2], verb[-2:]
    if kind == "er":
        return _er_form(stem, _ER[person])
    return stem + (_IR if kind == "ir" else _RE)[person]


def imperfect(verb: str, person: int) -> str:
    """The imperfect: the stem of `nous` in the present, but for être.

    >>> imperfect("manger", 2), imperfect("boire", 3), imperfect("être", 0)
    ('mangeait', 'buvions', 'étais')
    """
    if verb == "être":
        return "ét" + _IMPERFECT[person]
    ending = _IMPERFECT[person]
    if verb.endswith("er") and not _irregular(verb):
        return _er_form(verb[:-2], ending)
    return present(verb, 3).removesuffix("ons") + ending


def future(verb: str, person: int) -> str:
    """The simple future.

    >>> future("acheter", 2), future("vendre", 0), future("voir", 3), future("préférer", 2)
    ('achètera', 'vendrai', 'verrons', 'préférera')
    """
    if verb == "envoyer":
        return "enverr" + _FUTURE[person]
    if _irregular(verb):
        return _irregular(verb)[1] + _FUTURE[person]
    if verb.endswith("er"):
        stem = verb[:-2]
        return (stem if re.search("é[^aeiouy]+$", stem) else _mute(stem)) + "er" + _FUTURE[person]
    return verb.removesuffix("e") + _FUTURE[person]


def participle(verb: str) -> str:
    """The past participle, masculine singular."""
    if _irregular(verb):
        return _irregular(verb)[2]
    return verb[:-2] + {"er": "é", "ir": "i", "re": "u"}[verb[-2:]]


def with_etre(verb: str) -> bool:
    """Whether the compound past takes être (reflexive verbs aside)."""
    return verb in _ETRE
