"""Chinese numbers and measure words."""

from __future__ import annotations

_DIGITS = "零一二三四五六七八九"


def number(value: int) -> str:
    """A whole number below 10,000 in characters.

    >>> [number(value) for value in (0, 7, 10, 16, 40, 105, 230, 1068)]
    ['零', '七', '十', '十六', '四十', '一百零五', '二百三十', '一千零六十八']
    """
    if value == 0:
        return _DIGITS[0]
    text, gap = "", False
    for size, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // size % 10
        if digit == 0:
            gap = bool(text) and value % size > 0
            continue
        text += ("零" if gap else "") + _DIGITS[digit] + unit
        gap = False
    return text[1:] if text.startswith("一十") else text


def count(value: int, noun: str) -> str:
    """A number, the measure word and the noun; the noun is written "noun/measure".

    >>> count(2, "锤子/把"), count(12, "面粉/袋")
    ('两把锤子', '十二袋面粉')
    """
    name, _, measure = noun.partition("/")
    return f"{'两' if value == 2 else number(value)}{measure or '个'}{name}"
