"""How good a trained translator is on pairs that are held out."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch

from textkit.tasks.translation.saved import SavedTranslator
from textkit.tasks.translation.scoring import Scorer
from textkit.tasks.translation.validation import Validation

_CPU = torch.device("cpu")


@dataclass(frozen=True)
class Result:
    """`loss` is the mean negative log probability (nats) of each of `tokens` target tokens of `pairs` pairs.

    `bleu`, from 0 to 100, is that of the first `translated` pairs, each translated by the beam search that
    `textkit translate` uses; `signature` says how it was measured. None where none was translated.
    """

    loss: float
    tokens: int
    pairs: int
    translated: int = 0
    bleu: float | None = None
    signature: str = ""

    @property
    def perplexity(self) -> float:
        """Of a target token."""
        return math.exp(min(self.loss, 700.0))

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self) | {"perplexity": self.perplexity}


def measure(
    translator: SavedTranslator, held_out: dict[str, Validation], *, valid_bleu: int, language: str
) -> dict[str, Result]:
    """A translator on pairs that are held out, by name; of "valid" so many are translated."""
    scorer = Scorer(("bleu",), language=language, resamples=0)
    results = {}
    for name, held in held_out.items():
        loss, tokens = held.loss(translator.network, _CPU), len(held.target.ids)
        pairs = held.pairs[:valid_bleu] if name == "valid" else held.pairs
        result = Result(loss, tokens, len(held.pairs))
        if pairs:
            texts = [found[0].text for found in translator.translate(pair.source for pair in pairs)]
            score = scorer.measure(texts, [[pair.target for pair in pairs]])[0]
            result = Result(loss, tokens, len(held.pairs), len(pairs), score.score, score.signature)
        results[name] = result
    return results
