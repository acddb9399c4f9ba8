"""English word forms: plurals, verb forms, articles, numbers, capitals."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from textkit_corpora.grammars.lexicon import words

_VOWELS = "aeiou"
# Verbs of several syllables double their last consonant only when that syllable is stressed.
_STRESSED_LAST = ("admit", "begin", "forget", "prefer", "refer", "regret")


@functools.cache
def _irregular(kind: str) -> Mapping[str, str]:
    return {base: form[0] for base, form in words("english_forms.txt")[kind].items()}


def plural(noun: str) -> str:
    """The plural of a noun, or of "noun of something".

    >>> [plural(noun) for noun in ("loaf", "cup of tea", "cherry", "box", "day", "fisherman")]
    ['loaves', 'cups of tea', 'cherries', 'boxes', 'days', 'fishermen']
    """
    head, of, rest = noun.partition(" of ")
    if of:
        return plural(head) + of + rest
    irregular = _irregular("plural")
    if noun in irregular:
        return irregular[noun]
    if " " in noun:
        first, _, last = noun.rpartition(" ")
        return f"{first} {plural(last)}"
    if noun.endswith("man"):
        return noun[:-3] + "men"
    return _with_s(noun)


def _with_s(word: str) -> str:
    if word.endswith("y") and word[-2] not in _VOWELS:
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(s|x|z|ch|sh)$", word) else "s")


def _doubles(verb: str) -> bool:
    short = len(re.findall(r"[aeiouy]+", verb.replace("qu", "q"))) == 1
    return verb in _STRESSED_LAST or (
        short and bool(re.search(r"[^aeiou][aeiou][bdgklmnprt]$", verb.replace("qu", "q")))
    )


def inflect(verb: str, form: str) -> str:
    """A verb's form: `base`, `s` (third person), `ing`, `past` or `pp` (past participle).

    >>> [inflect("stop", form) for form in ("s", "ing", "past")], inflect("write", "pp")
    (['stops', 'stopping', 'stopped'], 'written')
    """
    if form == "base":
        return verb
    if form == "s":
        return _irregular("third person").get(verb) or _with_s(verb)
    if form == "ing":
        return _ing(verb)
    if form == "pp" and verb in _irregular("participle"):
        return _irregular("participle")[verb]
    if verb in _irregular("past"):
        return _irregular("past")[verb]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return verb[:-1] + "ied"
    return verb + (verb[-1] if _doubles(verb) else "") + "ed"


def _ing(verb: str) -> str:
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if re.search(r"[^eoy]e$", verb) and verb != "be":
        return verb[:-1] + "ing"
    return verb + (verb[-1] if _doubles(verb) else "") + "ing"


def phrase(text: str, form: str) -> str:
    """A verb phrase with its first word, and every word marked with a star, in one form.

    >>> phrase("wash and *dry the cups", "past")
    'washed and dried the cups'
    """
    first, space, rest = text.removeprefix("*").partition(" ")
    return inflect(first, form) + space + re.sub(r"\*(\w+)", lambda match: inflect(match[1], form), rest)


def number(value: int) -> str:
    """A number as books print it: words up to one hundred, then figures.

    >>> number(7), number(42), number(340)
    ('seven', 'forty-two', '340')
    """
    if value > 100:
        return f"{value:,}"
    if value == 100:
        return "a hundred"
    if value < 20:
        return words("english_forms.txt")["number"]["ones"][value]
    tens, ones = divmod(value, 10)
    return words("english_forms.txt")["number"]["tens"][tens - 2] + (f"-{number(ones)}" if ones else "")


def ordinal(value: int) -> str:
    """First, second, third...

    >>> ordinal(3), ordinal(20), ordinal(42)
    ('third', 'twentieth', 'forty-second')
    """
    stem, dash, last = number(value).rpartition("-")
    if last in _irregular("ordinal"):
        return stem + dash + _irregular("ordinal")[last]
    return stem + dash + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def with_article(noun: str) -> str:
    """The noun behind "a" or "an".

    >>> with_article("owl"), with_article("hour"), with_article("uniform")
    ('an owl', 'an hour', 'a uniform')
    """
    vowel = re.match(r"[aeiou]", noun, re.IGNORECASE) and not re.match(r"(uni|use|one\b|eu)", noun)
    return f"{'an' if vowel or re.match(r'(hour|honest|heir)', noun) else 'a'} {noun}"


def polish(text: str) -> str:
    """Spaces, articles and capitals put right.

    >>> polish("a owl  sat there. it said: nothing .")
    'An owl sat there. It said: nothing.'
    """
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" ([,.;:?!])", r"\1", text)
    text = re.sub(r"\b([Aa])n? (?=(\w+))", lambda m: m[1] + with_article(m[2]).split()[0][1:] + " ", text)
    text = re.sub(r"\.(\"?)\.", r".\1", text)
    # After a question in quotation marks the sentence goes on: "Why?" asked Ada.
    start = r"(^\"?|\.\"? \"?|[?!] \"?|[?!]\" \"|: \")([a-z])"
    return re.sub(start, lambda match: match[1] + match[2].upper(), text)
