"""What a model says of a small fixed text, recorded when its training ends and asked again to verify it.

Checksums tell whether files are what they were. The probe tells whether they still mean the same: with
another version of a library, on another machine, the tokens and the scores should not differ.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from textkit.errors import TextkitError
from textkit.tasks.verification.answers import answers
from textkit.train.checkpoint import MODEL, RunFolder

KEY = "probe"
TOLERANCE = 1e-3  # relative, of a score; between machines 1e-6 is usual, 1e-4 on a GPU

Scores = tuple[float | None, ...]


@dataclass(frozen=True)
class Probe:
    """`tokens` is a hash of the tokens that the fixed text becomes; `scores` are what the model gives.

    A score that is infinite or no number is None. `model` is the checksum of the weights or tables asked.
    """

    tokens: str
    scores: Scores
    model: str = ""

    @staticmethod
    def of(kind: str, opened: Any, *, model: str = "") -> Probe:
        """Ask a model that is open: what `textkit.load` gives for a run of such a kind."""
        tokens, scores = answers(kind, opened)
        hashed = hashlib.sha256(json.dumps(tokens, ensure_ascii=True).encode()).hexdigest()[:12]
        return Probe(hashed, tuple(score if math.isfinite(score) else None for score in scores), model)

    @staticmethod
    def read(document: Any) -> Probe | None:
        """The one that was recorded; None where none is, or none that can be read."""
        if not isinstance(document, Mapping) or not isinstance(document.get("scores"), list):
            return None
        scores = document["scores"]
        if not all(score is None or isinstance(score, float) for score in scores):
            return None
        return Probe(str(document.get("tokens")), tuple(scores), str(document.get("model")))

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as it is recorded."""
        return asdict(self) | {"scores": list(self.scores)}

    def difference(self, other: Probe) -> float:
        """The largest difference of a score, beside its size or 1; infinite for tokens that differ.

        >>> Probe("t", (-2.0, 0.5)).difference(Probe("t", (-2.0, 0.5)))
        0.0
        >>> Probe("t", (-2.0, None)).difference(Probe("t", (-2.0, 0.5)))
        inf
        """
        if self.tokens != other.tokens or len(self.scores) != len(other.scores):
            return math.inf
        pairs = zip(self.scores, other.scores, strict=True)
        return max((_difference(one, another) for one, another in pairs), default=0.0)


def _difference(one: float | None, another: float | None) -> float:
    if one is None or another is None:
        return 0.0 if one is another else math.inf
    return abs(one - another) / max(abs(one), abs(another), 1.0)


def model_sum(run: RunFolder) -> str:
    """The checksum of a run's best weights or of its tables' header; nothing where it has no model yet."""
    name = run.info("best")["weights"] if run.has("best") else f"{MODEL}/header.json"
    return str(run.document["files"].get(name, {"sha256": ""})["sha256"])


def record_results(run: RunFolder, results: Mapping[str, Any], opened: Any) -> None:
    """Keep in the manifest what a finished training reached, and the probe of its model.

    `opened` is what `textkit.load` gives for the run.
    """
    run.document["results"] = dict(results)
    run.record(KEY, probe_or_none(run.kind, opened, model=model_sum(run)))


def probe_or_none(kind: str, opened: Any, *, model: str = "") -> dict[str, Any] | None:
    """The probe of an open model as it is recorded; None where its pipeline cannot take the fixed text."""
    try:
        return Probe.of(kind, opened, model=model).as_dict()
    except TextkitError:  # there is nothing to ask, and nothing else is lost
        return None
