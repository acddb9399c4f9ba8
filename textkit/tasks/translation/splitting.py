"""How BLEU splits text into words, by the target language."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable, Iterable, Sequence

from textkit.errors import UsageError, unknown_name

SPLITTINGS = ("13a", "intl", "zh", "char", "ja-mecab", "ko-mecab", "none")
_SUITS = {"zh": ("zh", "char"), "ja": ("ja-mecab", "char"), "ko": ("ko-mecab", "char")}
_NEEDS = {"ja-mecab": ("MeCab", "sacrebleu[ja]"), "ko-mecab": ("mecab_ko", "sacrebleu[ko]")}
_LOOKED_AT = 1000  # lines
_SHARE = 0.2  # of the letters that are Han, from which on a text is Chinese and does not just name someone


def choose_splitting(
    wanted: str | None,
    language: str,
    references: Sequence[Iterable[str]],
    *,
    say: Callable[[str], None],
) -> str:
    """One of SPLITTINGS: `wanted`, or what suits `language`, or the one that the references show.

    `say` is told in a line when `wanted` does not suit, and when a splitter is not installed and
    characters are counted in its stead. Raises UsageError for an unknown one, and for what is no code.

    >>> choose_splitting(None, "", [["我们在北京学习 Python。"]], say=print)
    'zh'
    >>> choose_splitting("13a", "zh-CN", [["我们在北京学习。"]], say=print)
    13a takes whole Chinese sentences for one word: the score says little; leave out the tokenizer, or take zh
    '13a'
    """
    code = language.lower().replace("_", "-").partition("-")[0]
    if code and not (len(code) in (2, 3) and code.isascii() and code.isalpha()):
        raise UsageError(f"languages go by their codes, such as zh, ja or de, not '{language}'")
    code = {"cmn": "zh", "yue": "zh", "jpn": "ja", "kor": "ko", "zho": "zh"}.get(code, code)
    seen = look_for_language(itertools.chain.from_iterable(references))
    code = code or seen
    if wanted is None:
        chosen = _SUITS.get(code, ("13a",))[0]
        if chosen == "13a" and seen:
            say(f"the references are in the letters of '{seen}', not '{code}': the score says little")
        module, package = _NEEDS.get(chosen, ("", ""))
        if module and importlib.util.find_spec(module) is None:
            say(f"{chosen} is not installed: BLEU counts characters (char); pip install '{package}'")
            return "char"
        return chosen
    if wanted not in SPLITTINGS:
        raise unknown_name("tokenizer", wanted, SPLITTINGS)
    module, package = _NEEDS.get(wanted, ("", ""))
    if module and importlib.util.find_spec(module) is None:
        raise UsageError(f"the tokenizer {wanted} is not installed: pip install '{package}', or take char")
    suits = _SUITS.get(code)
    if suits is not None and wanted not in suits:
        name = {"zh": "Chinese", "ja": "Japanese", "ko": "Korean"}[code]
        effect = (
            "splits Korean at blanks only" if code == "ko" else f"takes whole {name} sentences for one word"
        )
        say(f"{wanted} {effect}: the score says little; leave out the tokenizer, or take {suits[0]}")
    elif code and suits is None and wanted in ("zh", "ja-mecab", "ko-mecab"):
        say(f"{wanted} is not meant for the language '{code}': others will measure it with 13a")
    return wanted


def look_for_language(lines: Iterable[str]) -> str:
    """zh, ja or ko when the first lines are mostly in their letters; else nothing.

    >>> look_for_language(["彼は東京に住んでいます。"]), look_for_language(["He lives in Beijing (北京)."])
    ('ja', '')
    """
    text = "".join(itertools.islice(lines, _LOOKED_AT))
    letters = sum(map(str.isalpha, text))
    han = sum("\u3400" <= letter <= "\u9fff" or "\U00020000" <= letter <= "\U0003ffff" for letter in text)
    kana = sum("\u3041" <= letter <= "\u30ff" and letter.isalpha() for letter in text)
    hangul = sum("\uac00" <= letter <= "\ud7a3" for letter in text)
    if hangul > max(_SHARE * letters, han + kana):
        return "ko"
    if han + kana <= _SHARE * letters:
        return ""
    return "ja" if kana > (han + kana) / 10 else "zh"
