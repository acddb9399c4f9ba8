"""A filter for pairs of which a side is in another language than it should be."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textkit.text.pairs.pair import Test
from textkit.text.pairs.scripts import LANGUAGES, alone_in_its_script, check_language, in_another_script

_ENOUGH = 30  # characters: shorter texts are guessed wrong too often
_CLEARLY = 10.0  # times as probable as its own language is another, where a text is said to be in that one
_READ = 200  # characters of a text, which are plenty
# Too near to each other for a guess.
_NEAR = (frozenset(("bs", "hr", "sr")), frozenset(("id", "ms")), frozenset(("da", "no")))


@dataclass(frozen=True)
class WrongLanguage:
    """Pairs of which a side is not in its language (ISO 639-1: "de", "en", "zh"), by script and by words.

    Script comes first: a text of which less than a third is written as its language is, is wrong. Where
    languages share a script, py3langid guesses, unless told `script_only`, which is much quicker: a text of
    30 characters or more is wrong if another language is ten times as probable. Raises UsageError for an
    unknown language.

    >>> test = WrongLanguage("en", "zh", script_only=True).test()
    >>> test("Not at all.", "Not translated at all."), test("Not at all.", "一点也不。")
    (True, False)
    """

    source_language: str
    target_language: str
    script_only: bool = False

    def __post_init__(self) -> None:
        for language in (self.source_language, self.target_language):
            check_language(language)

    @property
    def reason(self) -> str:
        """Why a pair is left out."""
        return f"a side is not in its language ({self.source_language}, {self.target_language})"

    def test(self) -> Test:
        """The test, which remembers nothing."""
        source_wrong, target_wrong = (
            self._side(language) for language in (self.source_language, self.target_language)
        )
        return lambda source, target: source_wrong(source) or target_wrong(target)

    def _side(self, language: str) -> Callable[[str], bool]:
        if self.script_only or alone_in_its_script(language):
            return lambda text: in_another_script(text, language)
        probable = _otherwise(language)
        return lambda text: in_another_script(text, language) or probable(text)


def _otherwise(language: str) -> Callable[[str], bool]:
    """A test whether a text is clearly in another language, by its words."""
    identifier = _identifier()
    near = {other for group in _NEAR if language in group for other in group}

    def wrong(text: str) -> bool:
        if len(text) < _ENOUGH:
            return False
        ranked = identifier.rank(text[:_READ])
        own = next(probability for name, probability in ranked if name == language)
        other = next(probability for name, probability in ranked if name not in near and name != language)
        return bool(other > _CLEARLY * own)

    return wrong


@functools.lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([language for language in LANGUAGES if language in identifier.labels])
    return identifier
