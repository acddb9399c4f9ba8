"""From scores to probabilities that can be trusted: as often right as they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textkit.errors import InputError
from textkit.models.classification.softmax import softmax

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# What is known before any score is seen, and is outweighed by some hundred texts: slope times the lead of the
# likeliest class is about three, give or take a factor of e^(1/2); few labels are wrong; no class leads.
_USUAL_LEAD, _LEAD_WEIGHT, _NOISE_WEIGHT, _BIAS_WEIGHT = 3.0, 4.0, 10.0, 0.3
_SMALLEST_LEAD, _FIRST_NOISE = 1e-3, -4.0
_STEPS, _ENOUGH, _LEAST, _MOST_DAMPING = 100, 1e-9, 1e-9, 1e9
_MOST_BIASES = 50
_NUMBERS = 1 << 22  # of a block of derivatives


@dataclass(frozen=True, eq=False)
class Calibration:
    """Probabilities (1 - noise) * softmax(slope * scores + biases) + noise / K.

    `biases` (K,). With K = 2 and no noise this is Platt's (1999) sigmoid, with no biases either
    temperature scaling (Guo et al. 2017). `noise` is a share of labels given at random: where people
    disagree, no text is certain however large its score.

    >>> Calibration(2.0, np.zeros(2)).probabilities(np.array([[0.0, 1.0]])).round(3).tolist()
    [[0.119, 0.881]]
    """

    slope: float
    biases: Floats
    noise: float = 0.0

    def probabilities(self, scores: npt.ArrayLike) -> Floats:
        """Of scores (B, K): (B, K), each row sums to one."""
        return self._mixed(softmax(self.slope * np.asarray(scores, np.float64) + self.biases))

    def _mixed(self, likely: Floats) -> Floats:
        mixed: Floats = (1 - self.noise) * likely + self.noise / likely.shape[-1]
        return mixed

    @staticmethod
    def of(scores: npt.ArrayLike, classes: Integers, *, weights: Floats | None = None) -> Calibration:
        """The likeliest calibration of scores (B, K) of texts of known classes (B,), not those learnt from.

        Each text counts `weights` (B,), if given. More than 50 classes get no biases. Raises InputError when
        there are no texts or scores are not finite.
        """
        return _Fitting.of(scores, classes, weights, temperature=False).calibration()

    @staticmethod
    def temperature(
        scores: npt.ArrayLike, classes: Integers, *, weights: Floats | None = None
    ) -> Calibration:
        """The same with the slope alone: answers stay as they are, only how sure they are changes."""
        return _Fitting.of(scores, classes, weights, temperature=True).calibration()


@dataclass(frozen=True, eq=False)
class _Fitting:
    """Maximum likelihood with weak priors, by Fisher scoring over a point (P,).

    The point is ln slope; of as many classes as that pays for their biases; and the logit of the noise.
    """

    scores: Floats
    classes: Integers
    weights: Floats
    usual: float  # ln slope
    temperature: bool

    @staticmethod
    def of(
        scores: npt.ArrayLike, classes: Integers, weights: Floats | None, *, temperature: bool
    ) -> _Fitting:
        given = np.asarray(scores, np.float64)
        if not len(classes):
            raise InputError("there are no texts to calibrate with; hold some out")
        if not np.isfinite(given).all():
            raise InputError("scores to calibrate with must be finite numbers; the classifier has diverged")
        weights = np.ones(len(classes)) if weights is None else weights
        centred = given - given.mean(1, keepdims=True)  # softmax sees no difference
        ordered = np.sort(given, 1)
        lead = float(np.sqrt(np.average((ordered[:, -1] - ordered[:, -2]) ** 2, weights=weights)))
        usual = float(np.log(_USUAL_LEAD / max(lead, _SMALLEST_LEAD)))
        return _Fitting(centred, classes, weights, usual, temperature)

    @property
    def biases(self) -> int:
        """How many biases are looked for."""
        size = self.scores.shape[1]
        return 0 if self.temperature or size > _MOST_BIASES else size

    def calibration(self) -> Calibration:
        """The likeliest, by steps that are damped when they go wrong (Levenberg and Marquardt)."""
        point = np.zeros(1 + self.biases + (not self.temperature))
        point[0] = self.usual
        if not self.temperature:
            point[-1] = _FIRST_NOISE
        loss, gradient, curvature = self._terms(point)
        damping = 1e-3
        for _ in range(_STEPS):
            damped = curvature + damping * np.diag(np.diag(curvature) + _LEAST)
            tried = point - np.clip(np.linalg.solve(damped, gradient), -1, 1)
            there = self._terms(tried)
            if there[0] > loss:
                damping *= 10
                if damping > _MOST_DAMPING:
                    break
                continue
            gain, damping = loss - there[0], damping / 10
            point, (loss, gradient, curvature) = tried, there
            if gain <= _ENOUGH * max(abs(loss), 1.0):
                break
        return self._at(point)

    def _at(self, point: Floats) -> Calibration:
        biases = np.zeros(self.scores.shape[1])
        if self.biases:
            biases = point[1 : 1 + self.biases] - point[1 : 1 + self.biases].mean()
        noise = 0.0 if self.temperature else float(1 / (1 + np.exp(-point[-1])))
        return Calibration(float(np.exp(point[0])), biases, noise)

    def _terms(self, point: Floats) -> tuple[float, Floats, Floats]:
        """Negative log likelihood and priors, their gradient (P,) and Fisher information (P, P)."""
        here = self._at(point)
        away, biases = point[0] - self.usual, point[1 : 1 + self.biases]
        loss = (
            0.5 * _LEAD_WEIGHT * away**2 + 0.5 * _BIAS_WEIGHT * biases @ biases + _NOISE_WEIGHT * here.noise
        )
        gradient = np.array([_LEAD_WEIGHT * away, *(_BIAS_WEIGHT * biases)])
        diagonal = np.array([_LEAD_WEIGHT, *[_BIAS_WEIGHT] * self.biases])
        if not self.temperature:
            pull = _NOISE_WEIGHT * here.noise * (1 - here.noise)
            gradient, diagonal = np.append(gradient, pull), np.append(diagonal, pull)
        curvature = np.diag(diagonal)
        block = max(_NUMBERS // (self.scores.shape[1] * len(point)), 1)
        for begin in range(0, len(self.scores), block):
            found = self._likelihood(here, slice(begin, begin + block))
            loss, gradient, curvature = loss + found[0], gradient + found[1], curvature + found[2]
        return float(loss), gradient, curvature

    def _likelihood(self, here: Calibration, part: slice) -> tuple[float, Floats, Floats]:
        """The same of some texts, without priors."""
        scores, classes, weights = self.scores[part], self.classes[part], self.weights[part]
        rows, size = scores.shape
        likely = softmax(here.slope * scores + here.biases)
        lead = here.slope * (scores - (likely * scores).sum(1, keepdims=True))
        changes = [(1 - here.noise) * (likely * lead)[:, :, None]]  # of each probability with each parameter
        if self.biases:
            each = -likely[:, :, None] * likely[:, None, :]
            each[:, range(size), range(size)] += likely
            changes.append((1 - here.noise) * each)
        if not self.temperature:
            changes.append(here.noise * (1 - here.noise) * (1 / size - likely)[:, :, None])
        change = np.concatenate(changes, axis=2)
        shown = np.maximum(here._mixed(likely), np.finfo(np.float64).tiny)
        chosen = shown[np.arange(rows), classes]
        gradient = -(weights / chosen) @ change[np.arange(rows), classes]
        flat = (change * np.sqrt(weights[:, None] / shown)[:, :, None]).reshape(rows * size, -1)
        return float(-(weights * np.log(chosen)).sum()), gradient, flat.T @ flat
