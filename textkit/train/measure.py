"""What a training's losses are called and shown as."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A `name` and what it is `of` a mean loss in nats; `unit` names what is predicted.

    >>> PERPLEXITY.of(0.0), PERPLEXITY.text(2.0), LOSS.text(0.25)
    (1.0, 'perplexity 7.39', 'loss 0.2500')
    """

    name: str
    unit: str
    of: Callable[[float], float]
    digits: int

    def text(self, loss: float) -> str:
        """For people."""
        return f"{self.name} {self.of(loss):.{self.digits}f}"


def _perplexity(loss: float) -> float:
    return math.exp(min(loss, 700.0))  # never overflows


def _loss(loss: float) -> float:
    return loss


PERPLEXITY = Measure("perplexity", "tokens", _perplexity, 2)
LOSS = Measure("loss", "texts", _loss, 4)
