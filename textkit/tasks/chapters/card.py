"""What a chapter claims, and when the claim holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Data = Literal["none", "table", "images"]


@dataclass(frozen=True)
class Fact:
    """A figure by `name` that a chapter reaches, and what is expected of it.

    `relation` is one of: within `tolerance` of `expected` ("="), at least or at most that (">=", "<=").
    """

    name: str
    expected: float
    relation: Literal["=", ">=", "<="] = "="
    tolerance: float = 0.0

    def holds(self, reached: float) -> bool:
        """Whether that is so of `reached`; never of what is not a number.

        >>> Fact("weight", 2.0, tolerance=1e-3).holds(2.0004), Fact("accuracy", 0.9, ">=").holds(float("nan"))
        (True, False)
        """
        match self.relation:
            case "=":
                return abs(reached - self.expected) <= self.tolerance
            case ">=":
                return reached >= self.expected
            case "<=":
                return reached <= self.expected

    @property
    def text(self) -> str:
        """What is expected, for people.

        >>> Fact("weight", 2.0, tolerance=0.001).text, Fact("accuracy", 0.9, ">=").text
        ('2 ± 0.001', '>= 0.9')
        """
        if self.relation == "=":
            return f"{self.expected:g}" + (f" ± {self.tolerance:g}" if self.tolerance else "")
        return f"{self.relation} {self.expected:g}"


@dataclass(frozen=True)
class Card:
    """A chapter: its title in English and Chinese, its claim in a sentence or two, and what shows it.

    `facts` are figures with what is expected of them. `data` says what kind of data it reads, and `corpus`
    names the sample corpus that it reads unless it is given other data; a chapter with data but without a
    corpus needs to be given some. `seconds` is about how long it takes on two cores. `source` is where the
    claim comes from.
    """

    title: str
    title_zh: str
    claim: str
    facts: tuple[Fact, ...]
    source: str
    seconds: float
    seed: int = 1
    data: Data = "none"
    corpus: str = ""
    data_text: str = ""  # what the data are, for people
