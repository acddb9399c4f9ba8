"""In which script a language is written, and how much of a text is."""

from __future__ import annotations

import functools
from typing import Any

from textkit.errors import UsageError, unknown_name

# By ISO 639-1 code; a script that several languages share does not tell them apart.
_BY_SCRIPT = {
    r"\p{Latin}": "af az bs ca cs cy da de en eo es et eu fi fr ga gl hr hu id is it la lb lt lv ms mt nl no "
    "pl pt ro sk sl sq sv sw tl tr vi",
    r"\p{Cyrillic}": "be bg kk ky mk mn ru tg tt uk",
    r"\p{Cyrillic}\p{Latin}": "sr uz",
    r"\p{Arabic}": "ar fa ps ug ur",
    r"\p{Devanagari}": "hi mr ne",
    r"\p{Bengali}": "as bn",
    r"\p{Han}": "zh",
    r"\p{Han}\p{Hiragana}\p{Katakana}": "ja",
    r"\p{Hangul}": "ko",
    r"\p{Greek}": "el",
    r"\p{Hebrew}": "he",
    r"\p{Armenian}": "hy",
    r"\p{Georgian}": "ka",
    r"\p{Gujarati}": "gu",
    r"\p{Gurmukhi}": "pa",
    r"\p{Tamil}": "ta",
    r"\p{Telugu}": "te",
    r"\p{Kannada}": "kn",
    r"\p{Malayalam}": "ml",
    r"\p{Sinhala}": "si",
    r"\p{Thai}": "th",
    r"\p{Lao}": "lo",
    r"\p{Myanmar}": "my",
    r"\p{Khmer}": "km",
    r"\p{Ethiopic}": "am",
}
_SCRIPTS = {language: script for script, languages in _BY_SCRIPT.items() for language in languages.split()}
LANGUAGES = tuple(_SCRIPTS)

_KANA = 10  # characters: a Japanese text of so many has kana among them


def check_language(language: str) -> None:
    """Raise UsageError, with the nearest, for a language whose script is not known here."""
    if language not in _SCRIPTS:
        if language.split("-")[0].split("_")[0] in _SCRIPTS:
            raise UsageError(f"languages go by two letters: '{language[:2]}', not '{language}'")
        raise unknown_name("language", language, _SCRIPTS)


def alone_in_its_script(language: str) -> bool:
    """Whether no other language known here is written so, and the script says all.

    >>> alone_in_its_script("zh"), alone_in_its_script("de")
    (True, False)
    """
    return len(_BY_SCRIPT[_SCRIPTS[language]].split()) == 1


def in_another_script(text: str, language: str) -> bool:
    """Whether less than a third of a text is written as `language` is.

    A Chinese character or kana counts as much as a whole word of other scripts, so a few foreign names do
    no harm; nor do one or two words alone. Kana make a text Japanese, which a long one without is not.

    >>> in_another_script("很好，IBM 和 Apple", "zh"), in_another_script("it is not translated", "zh")
    (False, True)
    """
    if text.isascii() and _SCRIPTS[language].endswith(r"\p{Latin}"):
        return False
    units, own, kana = _patterns(language)
    found = units.findall(text)
    count = len(found)
    if 3 * sum(1 for unit in found if own.match(unit)) < count:
        return count > 2
    japanese = 0 if kana is None else len(kana.findall(text))
    if language == "ja":
        return count >= _KANA and not japanese
    return language == "zh" and 5 * japanese > count > 2


@functools.lru_cache(maxsize=16)
def _patterns(language: str) -> tuple[Any, Any, Any]:
    """What counts as a word, which of those are the language's own, and kana where they matter."""
    import regex

    single = r"[\p{Han}\p{Hiragana}\p{Katakana}]"
    units = regex.compile(rf"(?V1){single}|[[\p{{L}}\p{{M}}]--{single}]+")
    kana = regex.compile(r"[\p{Hiragana}\p{Katakana}]") if language in ("ja", "zh") else None
    return units, regex.compile(rf"[{_SCRIPTS[language]}]"), kana
