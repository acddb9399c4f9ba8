"""Whether what was printed is what stands in the page.

White space counts only as such, `...` and `…` stand for anything, numbers with a decimal point may differ by
SHARE or by two units of their last digit, and all else is compared letter by letter. Weights that were learnt
differ in their last bits from one processor to another, whole numbers (lines, tokens, exit statuses) do not.
What a network measures may differ by more, and keeps its form: `same_form` looks at no number.
"""

from __future__ import annotations

import re

NUMBER = r"\d+\.\d+"
ANY_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
SHARE = 0.05
PARTS = re.compile(rf"(?P<number>{NUMBER})|(?P<any>\.\.\.|…)|(?P<blank>\s+)|(?P<other>.)", re.DOTALL)


def same(expected: str, printed: str, share: float = SHARE) -> bool:
    """Whether `printed` is what `expected` says.

    >>> same("accuracy 0.9150 of 400", "accuracy   0.9151 of 400")
    True
    >>> same("accuracy 0.9150 of 400", "accuracy 0.7150 of 400")
    False
    >>> same("accuracy 0.9150 of 400", "accuracy 0.9150 of 401")
    False
    >>> same("first\\n...\\nlast", "first\\nsecond\\nthird\\nlast")
    True
    """
    wanted: list[str] = []
    pattern = []
    for part in PARTS.finditer(expected.strip()):
        if part["number"]:
            wanted.append(part["number"])
            pattern.append(rf"(?<![\d.])({NUMBER})(?!\d)" if not pattern else rf"({NUMBER})(?!\d)")
        elif part["any"]:
            pattern.append(r".*?")
        elif part["blank"]:
            pattern.append(r"\s*" if pattern and pattern[-1] == r".*?" else r"\s+")
        else:
            pattern.append(re.escape(part["other"]))
    text = "".join(pattern).replace(r"\s+.*?", r"\s*.*?")
    found = re.fullmatch(text, printed.strip(), re.DOTALL)
    return found is not None and all(
        _near(number, given, share) for number, given in zip(wanted, found.groups(), strict=True)
    )


def same_form(expected: str, printed: str) -> bool:
    """Whether `printed` is what `expected` says, but for its numbers.

    >>> same_form("step 75: BLEU 100.00", "step 75: BLEU 97.35")
    True
    >>> same_form("step 75: BLEU 100.00", "step 75: F1 100.00")
    False
    """
    return same(ANY_NUMBER.sub("#", expected), ANY_NUMBER.sub("#", printed))


def _near(wanted: str, given: str, share: float) -> bool:
    digits = len(wanted.partition(".")[2])
    allowed = max(share * abs(float(wanted)), 2 * 10.0**-digits)
    return abs(float(given) - float(wanted)) <= allowed * (1 + 1e-9)
