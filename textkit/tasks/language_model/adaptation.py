"""Scoring with a network that adapts to the text it reads: what it takes from a saved model to do so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from textkit.errors import UsageError
from textkit.tasks.language_model.saved import SavedModel

if TYPE_CHECKING:
    from textkit.lm.neural import NeuralLanguageModel


_WORDS = ("name", "tuned")  # what a method is called and how it came about, not its settings


@dataclass(frozen=True)
class CacheSettings:
    """A continuous cache: see `textkit.lm.continuous_cache`. `theta` and `weight` unless they are tuned."""

    window: int = 2000
    theta: float = 0.3
    weight: float = 0.1


@dataclass(frozen=True)
class DynamicSettings:
    """Dynamic evaluation: see `textkit.lm.dynamic_evaluation`.

    With `rms` the root mean squares of the gradients are measured on the run's training text.
    """

    rate: float
    steps: int = 5
    decay: float = 0.0
    rms: bool = False


@dataclass(frozen=True, eq=False)
class Adapted:
    """A saved model that scores with a method of its own; `method` names it and its settings."""

    saved: SavedModel
    method: dict[str, Any]

    def label(self) -> str:
        """The method in one line.

        >>> method = {"name": "continuous cache", "window": 9, "theta": 0.25, "tuned": True}
        >>> Adapted(SavedModel(None, None), method).label()
        'continuous cache: window 9, theta 0.25, tuned'
        """
        settings = [f"{name} {_shown(value)}" for name, value in self.method.items() if name not in _WORDS]
        return f"{self.method['name']}: {', '.join(settings)}{', tuned' if self.method['tuned'] else ''}"


def with_cache(
    saved: SavedModel, settings: CacheSettings | None = None, *, tune: Iterable[str] | None = None
) -> Adapted:
    """`saved` with a continuous cache; theta and weight are those that suit the lines of `tune` best, if any.

    Raises UsageError for an n-gram model, one that scores lines apart, and settings out of range.
    """
    from textkit.lm.continuous_cache import ContinuousCache

    settings = settings or CacheSettings()
    network = _network(saved)
    cache = ContinuousCache(network, window=settings.window, theta=settings.theta, weight=settings.weight)
    if tune is not None:
        cache = ContinuousCache.tuned(network, saved.measure(tune).corpus, window=settings.window)
    method = {
        "name": "continuous cache",
        "window": cache.window,
        "theta": cache.theta,
        "weight": cache.weight,
    }
    return Adapted(replace(saved, model=cache), _tuned(method, tune))


def with_dynamic_evaluation(
    saved: SavedModel,
    settings: DynamicSettings,
    *,
    run: Path | str | None = None,
    tune: Iterable[str] | None = None,
) -> Adapted:
    """`saved`, a copy of which learns while it scores; with `tune` at the best of a few rates near the given.

    `run` is the folder whose training text `rms` needs. Raises UsageError for an n-gram model, one that
    scores lines apart, settings out of range, and a run without its training text.
    """
    from textkit.lm.dynamic_evaluation import DynamicEvaluation, gradient_scales

    network = _network(saved)
    model = DynamicEvaluation(network, settings.rate, steps=settings.steps, decay=settings.decay)
    if settings.rms:
        text = _training_text(run)
        model = replace(model, scales=gradient_scales(network, text, steps=settings.steps))
    if tune is not None:
        model = model.tuned(saved.measure(tune).corpus)
    method = {
        "name": "dynamic evaluation", "rate": model.rate, "steps": model.steps, "decay": model.decay,
        "update": "rms" if settings.rms else "sgd",
    }  # fmt: skip
    # It scores as a language model does, but does not generate.
    return Adapted(replace(saved, model=cast(Any, model)), _tuned(method, tune))


def _network(saved: SavedModel) -> NeuralLanguageModel:
    if not hasattr(saved.model, "network"):  # asking for its class would import torch
        raise UsageError("only neural models adapt to what they read; this one is an n-gram model")
    return cast("NeuralLanguageModel", saved.model)


def _training_text(run: Path | str | None) -> Any:
    from textkit.data.encoded import EncodedCorpus
    from textkit.train.checkpoint import RunFolder

    folder = None if run is None else Path(run) / "data" / "train"
    if folder is None or not folder.is_dir():
        raise UsageError(
            f"{run or 'the model'}: the root mean squares need the training text, which is not there; "
            "take the plain update"
        )
    RunFolder.open(folder.parents[1]).check("data/train")
    return EncodedCorpus.load(folder)


def _tuned(method: dict[str, Any], tune: Iterable[str] | None) -> dict[str, Any]:
    return method | {"tuned": tune is not None}


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
