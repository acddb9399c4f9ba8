"""The Chinese side of the sentence pairs: measure words, aspect, negation, possessives, numbers."""

from __future__ import annotations

import re

from textkit.errors import InputError
from textkit_corpora.grammars.pairs_binding import Binding, Entry
from textkit_corpora.grammars.pairs_english import NEGATIVE

# Each tense: what stands before the verb and what clings to it.
_TENSES = {
    "pres": ("", ""), "npres": ("不", ""), "never": ("从来不", ""), "nomore": ("不再", ""),
    "past": ("", "了"), "npast": ("没", ""), "done": ("已经", "了"), "nexp": ("从来没", "过"),
    "prog": ("正在", ""), "fut": ("会", ""), "nfut": ("不会", ""), "going": ("要", ""),
    "want": ("想", ""), "nwant": ("不想", ""), "must": ("必须", ""), "can": ("可以", ""),
    "ncan": ("不能", ""), "used": ("以前常常", ""), "was": ("那时正在", ""), "state": ("", ""),
    "nstate": ("不", ""), "shi": ("", ""),
}  # fmt: skip
_DIGITS = "零一二三四五六七八九"


def number(value: int) -> str:
    """A number below a hundred, as it is counted.

    >>> number(2), number(12), number(20), number(35)
    ('二', '十二', '二十', '三十五')
    """
    tens, units = divmod(value, 10)
    if not tens:
        return _DIGITS[units]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[units] if units else "")


def quantity(value: int) -> str:
    """A number before a measure word: two is 两.

    >>> quantity(2), quantity(12)
    ('两', '十二')
    """
    return "两" if value == 2 else number(value)


def measured(word: Entry) -> tuple[str, str]:
    """The measure word of a noun ("" where it needs none) and the noun."""
    measure, _, noun = word.chinese.partition(" ")
    return ("" if measure == "-" else measure), noun


def attribute(adjective: str) -> str:
    """An adjective before a noun: but for a few of one character it takes 的.

    >>> attribute("大"), attribute("漂亮")
    ('大', '漂亮的')
    """
    return adjective if adjective in "大小新旧长短高" else adjective + "的"


def predicate(adjective: str, tense: str) -> str:
    """An adjective as predicate: 很大, 不大, 是红色的; 不再, 从来不 and 会 stay before it.

    >>> predicate("大", "pres"), predicate("大", "npres"), predicate("红色", "pres")
    ('很大', '不大', '是红色的')
    """
    lead, _ = _TENSES[tense]
    if adjective.endswith("色"):
        return f"{lead}是{adjective}的"
    if adjective.startswith(("有", "不")):
        if lead == "不":
            return "没" + adjective if adjective[0] == "有" else "没有" + adjective
        return ("很" if adjective[0] == "有" and not lead else lead) + adjective
    if tense == "fut":
        return f"会很{adjective}"
    return (lead or "很") + adjective


class Chinese:
    """Fills the slots of Chinese templates.

    `{V 吃}` is a verb in the tense of the sentence; where words come between, `{aux}`, `{vb 吃}` and `{asp}`.
    `{is mood}` is an adjective as predicate; `{shi}` and `{de}` frame a question about something past;
    `{able}` is 会 or 不会, `{ever}` is `{aux}` before a state. Noun phrases as in English; `{a thing}` and
    `{num thing}` bring measure words.
    """

    def fill(self, slot: str, binding: Binding) -> str:
        """The words of one slot. Raises InputError for a slot that no rule reads."""
        head, *rest = slot.split()
        name, _, form = head.partition(".")
        if head in ("shi", "de"):
            return {"shi": "是", "de": "的"}[head] if binding.tense == "past" else ""
        if head == "ever":
            return "以前" if binding.tense == "used" else _TENSES[binding.tense][0]
        if head == "able":
            return "不会" if binding.tense == "ncan" else "会"
        if head in ("V", "vb", "aux", "asp"):
            return self._verb(head, rest, binding)
        if form in ("poss", "of"):
            who = binding.get(name)
            owner = self._pronoun(who) if form == "poss" else who.chinese
            # One 的 is enough: 她的白色包, not 她的白色的包.
            return f"{owner}的{self._noun(rest, binding).replace('色的', '色')}"
        if form in ("pro", "them"):
            return self._pronoun(binding.get(name))
        if head == "is":
            return predicate(binding.get(rest[0]).chinese, rest[1] if len(rest) > 1 else binding.tense)
        if head == "adj":
            return binding.get(rest[0]).chinese
        if head in ("the", "a", "this", "some", "pl", "thepl", "num", "bare", "in", "many", "measure"):
            return self._phrase(head, rest, binding)
        if head in ("number", "age", "cardinal"):
            name = "number" if head == "cardinal" else head
            value = binding.number(name, low=int(rest[0]), high=int(rest[1]))
            return number(value) if head == "cardinal" else quantity(value)
        if rest:
            raise InputError(f"Chinese slot '{{{slot}}}': unknown form '{head}'; use one of those of Chinese")
        return self._bare(binding.get(name))

    def _bare(self, word: Entry) -> str:
        return word.chinese.rpartition(" ")[2]

    def _pronoun(self, who: Entry) -> str:
        if who.section == "pro":
            return who.chinese
        return "他们" if who.person == 5 else "她" if who.feminine else "他"

    def _verb(self, head: str, rest: list[str], binding: Binding) -> str:
        if head in ("aux", "asp"):
            return _TENSES[binding.tense][head == "asp"]
        tense = rest[1] if len(rest) > 1 else binding.tense
        before, after = _TENSES[tense]
        verb = binding.get(rest[0][1:]).chinese if rest[0][0] == "@" else rest[0]
        # Only the first verb of 跑步 or 看书 carries 过; the rest follows it.
        core = f"{verb[0]}过{verb[1:]}" if after == "过" and verb in _SPLIT else verb + after
        return core if head == "vb" else before + core

    def _noun(self, names: list[str], binding: Binding) -> str:
        *adjectives, noun = names
        lead = "".join(attribute(binding.get(name).chinese) for name in adjectives)
        return lead + measured(binding.get(noun))[1]

    def _phrase(self, form: str, names: list[str], binding: Binding) -> str:
        noun = self._noun(names, binding)
        measure, _ = measured(binding.get(names[-1]))
        if form == "a" and binding.tense not in NEGATIVE:
            return f"一{measure}{noun}"
        if form == "this":
            return f"这{measure}{noun}"
        if form == "measure":
            return measure
        if form == "num":
            return f"{quantity(binding.number('n', low=2, high=9))}{measure}{noun}"
        return noun

    def polish(self, text: str) -> str:
        """The sentence as it is printed: no spaces, 在 not doubled."""
        return re.sub(r"\s+", "", text).replace("正在在", "正在").replace("了了", "了")


# Verbs made of verb and object, which part for 过.
_SPLIT = ("跑步", "睡觉", "唱歌", "跳舞", "做饭", "游泳", "看书", "画画", "说话", "起床", "出门", "回家")
