"""How good translations are against references: BLEU, chrF and TER as sacrebleu measures them.

The word splitting is chosen by the target language: BLEU counts words, and 13a, the usual splitting, takes a
whole Chinese sentence for one word (Post 2018, arXiv:1804.08771).
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textkit.errors import InputError, UsageError, unknown_name
from textkit.tasks.translation.splitting import choose_splitting

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric

METRICS = ("bleu", "chrf", "ter")
RESAMPLES = 1000
SEED = 12345  # sacrebleu's own


@dataclass(frozen=True)
class Measured:
    """One measure of a system: `interval` holds the score of 95 in 100 resampled test sets.

    `signature` says all settings, so that others can measure the same. TER counts errors: lower is better.
    """

    name: str
    score: float
    signature: str
    mean: float | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Compared:
    """A system's measure less the baseline's, and how probable so large a difference is by chance."""

    name: str
    baseline: float
    difference: float
    p: float


@dataclass(frozen=True)
class Scorer:
    """What measures translations, the same for several systems.

    metrics:   of METRICS.
    language:  of the target, as zh or de; none: the references show it.
    splitting: for BLEU, as sacrebleu's --tokenize; none: by the language.
    resamples: of the test set for intervals and comparisons (Koehn 2004, bootstrap); 0: no intervals.
    say:       told when the splitting does not suit the language.
    """

    metrics: tuple[str, ...] = ("bleu", "chrf")
    language: str = ""
    splitting: str | None = None
    lowercase: bool = False
    resamples: int = RESAMPLES
    seed: int = SEED
    say: Callable[[str], None] = lambda _line: None

    def __post_init__(self) -> None:
        for name in self.metrics:
            if name not in METRICS:
                raise unknown_name("metric", name, METRICS)
        if not self.metrics:
            raise UsageError(f"name at least one metric: {', '.join(METRICS)}")
        if self.resamples < 0 or self.resamples == 1 or self.seed < 0:
            raise UsageError("intervals need 2 resamples or more (0 for none), and a seed of 0 or more")

    def measure(self, hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> list[Measured]:
        """The measures of a system: a line each of `hypotheses`, and as many in each of the `references`.

        Raises InputError where they do not match.

        >>> Scorer(resamples=0).measure(["a small cat sat"], [["a small cat sat"]])[0]
        Measured(name='BLEU', score=100.0..., signature='nrefs:1|case:mixed|eff:no|tok:13a|...)
        """
        check_lines(hypotheses, references)
        results = []
        with _seeded(self.seed):
            for metric in self._metrics(references).values():
                found: Any = metric.corpus_score(hypotheses, references, n_bootstrap=max(self.resamples, 1))
                signature = str(metric.get_signature())
                if not self.resamples:
                    results.append(Measured(found.name, found.score, signature))
                    continue
                mean, half = float(found._mean), float(found._ci)
                most = math.inf if found.name == "TER" else 100.0  # few lines give wide intervals
                interval = (max(mean - half, 0.0), min(mean + half, most))
                results.append(Measured(found.name, found.score, signature, mean, interval))
        return results

    def compare(
        self, hypotheses: Sequence[str], baseline: Sequence[str], references: Sequence[Sequence[str]]
    ) -> list[Compared]:
        """Whether a system differs from a baseline on the same lines: paired bootstrap (Koehn 2004,
        "Statistical significance tests for machine translation evaluation").
        """
        from sacrebleu.significance import PairedTest

        check_lines(hypotheses, references)
        check_lines(baseline, references)
        with _seeded(self.seed):
            test = PairedTest(
                [("baseline", list(baseline)), ("system", list(hypotheses))],
                self._metrics(references),
                list(map(list, references)),
                test_type="bs",
                n_samples=self.resamples or RESAMPLES,
            )
            _, scores = test()
        pairs: dict[str, Any] = {name: results for name, results in scores.items() if name != "System"}
        return [
            Compared(name, old.score, new.score - old.score, new.p_value)
            for name, (old, new) in pairs.items()
        ]

    def _metrics(self, references: Sequence[Sequence[str]]) -> dict[str, Metric]:
        from sacrebleu.metrics.bleu import BLEU
        from sacrebleu.metrics.chrf import CHRF
        from sacrebleu.metrics.ter import TER

        metrics: dict[str, Metric] = {}
        for name in self.metrics:
            if name == "bleu":
                splitting = choose_splitting(self.splitting, self.language, references, say=self.say)
                metrics[name] = BLEU(lowercase=self.lowercase, tokenize=splitting, force=True)
            elif name == "chrf":
                metrics[name] = CHRF(lowercase=self.lowercase)
            else:
                asian = choose_splitting(None, self.language, references, say=lambda _line: None) != "13a"
                metrics[name] = TER(case_sensitive=not self.lowercase, normalized=asian, asian_support=asian)
        return metrics


def bleu(hypotheses: Sequence[str], references: Sequence[str], *, language: str = "") -> float:
    """BLEU against one reference a line, from 0 to 100, cased; raises as `Scorer.measure`.

    >>> round(bleu(["我们在北京学习。"], ["我们在北京学习。"]), 1)
    100.0
    """
    scorer = Scorer(("bleu",), language=language, resamples=0)
    return scorer.measure(hypotheses, [references])[0].score


def check_lines(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> None:
    """Raise InputError unless there is a line, and each reference has as many as there are hypotheses."""
    if not hypotheses or not references:
        raise InputError("there is nothing to measure: translations and references need at least one line")
    for number, lines in enumerate(references, 1):
        if len(lines) != len(hypotheses):
            raise InputError(
                f"{len(hypotheses)} translations do not match {len(lines)} lines of reference {number}; "
                "they must be line by line translations of the same text"
            )


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """sacrebleu takes the seed of its resampling from the environment, and from nowhere else."""
    name = "SACREBLEU_SEED"
    before = os.environ.get(name)
    os.environ[name] = str(seed)
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
