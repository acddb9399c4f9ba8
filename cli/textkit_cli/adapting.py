"""The options of `textkit score` with which a network adapts to the text it reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from textkit.errors import UsageError
from textkit_cli import options
from textkit_corpora.compression import check_file

if TYPE_CHECKING:
    from textkit.tasks.language_model import SavedModel
    from textkit.tasks.language_model.adaptation import Adapted

Cache = Annotated[
    bool,
    typer.Option("--cache", help="Neural: with a continuous cache, in which words of late are likelier."),
]
CacheWindow = Annotated[
    int | None,
    typer.Option(metavar="N", help="Words that the cache remembers.  [default: 2000]", show_default=False),
]
CacheTheta = Annotated[
    float | None,
    typer.Option(metavar="THETA", help="How sharply it looks.  [default: 0.3]", show_default=False),
]
CacheWeight = Annotated[
    float | None,
    typer.Option(metavar="W", help="Its share of the probability.  [default: 0.1]", show_default=False),
]
Dynamic = Annotated[
    float | None,
    typer.Option(
        metavar="RATE",
        help="Neural: dynamic evaluation, learning at this rate from what was scored (try 0.1).",
        show_default=False,
    ),
]
DynamicSteps = Annotated[
    int | None,
    typer.Option(metavar="N", help="Tokens from which it learns at once.  [default: 5]", show_default=False),
]
DynamicDecay = Annotated[
    float | None,
    typer.Option(
        metavar="D", help="How strongly it is drawn back to what it was.  [default: 0]", show_default=False
    ),
]
DynamicRms = Annotated[
    bool,
    typer.Option(
        "--dynamic-rms", help="Steps by the gradients' root mean squares on the training text (try 0.0001)."
    ),
]
Tune = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Held-out text: take what suits it best, of --cache theta and weight, of --dynamic RATE times "
        "0, 0.1, 0.3, 1, 3 or 10.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Adapting:
    """What the options ask for; None where they were not given."""

    cache: bool
    window: int | None
    theta: float | None
    weight: float | None
    rate: float | None
    steps: int | None
    decay: float | None
    rms: bool
    tune: str | None

    @property
    def wanted(self) -> bool:
        """Whether anything is asked for."""
        return self.cache or self.rate is not None

    def check(self) -> None:
        """Raise TextkitError for options that do not go together, before anything is loaded."""
        if self.cache and self.rate is not None:
            raise UsageError("--cache and --dynamic exclude each other: each is a measure of its own")
        cache = {"--cache-window": self.window, "--cache-theta": self.theta, "--cache-weight": self.weight}
        dynamic = {"--dynamic-steps": self.steps, "--dynamic-decay": self.decay, "--dynamic-rms": self.rms}
        for needed, present, of_it in (
            ("--cache", self.cache, cache),
            ("--dynamic", self.rate is not None, dynamic),
            ("--cache or --dynamic", self.wanted, {"--tune": self.tune}),
        ):
            for name, value in of_it.items():
                if value is not None and value is not False and not present:
                    raise UsageError(f"{name} needs {needed}")
        if self.tune is not None:
            for name in ("--cache-theta", "--cache-weight"):
                if cache[name] is not None:
                    raise UsageError(f"{name} and --tune exclude each other")
            check_file(self.tune)

    def adapt(self, saved: SavedModel, model: str, *, field: str | None, errors: str) -> Adapted:
        """The model that scores so; `model` is its folder."""
        from textkit.tasks.language_model import adaptation

        tune = None if self.tune is None else options.read_all([self.tune], field=field, errors=errors)
        if self.rate is None:
            cache = replace(
                adaptation.CacheSettings(),
                **_given(window=self.window, theta=self.theta, weight=self.weight),
            )
            return adaptation.with_cache(saved, cache, tune=tune)
        dynamic = replace(
            adaptation.DynamicSettings(self.rate, rms=self.rms), **_given(steps=self.steps, decay=self.decay)
        )
        return adaptation.with_dynamic_evaluation(saved, dynamic, run=model, tune=tune)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
