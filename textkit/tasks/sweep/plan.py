"""Which trainings a sweep is made of: a grid of settings, or a random sample of them."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from textkit.errors import UsageError, unknown_name
from textkit.tasks.configuration import make_settings

MOST = 1000  # trials: more is a slip in a grid
_DRAWS = 50  # for each trial, until a sample has no more that differ

Settings = dict[str, Any]


class Trial(NamedTuple):
    """One training: its number from 1 on, the settings that vary and all that are given."""

    number: int
    varied: Settings
    settings: Settings

    @property
    def name(self) -> str:
        """The name of its run folder.

        >>> Trial(7, {}, {}).name
        'trial-007'
        """
        return f"trial-{self.number:03d}"

    def describe(self) -> str:
        """What is its own, in a few words.

        >>> Trial(1, {"hidden": 50, "learning_rate": 0.001}, {}).describe()
        'hidden=50, learning_rate=0.001'
        """
        return ", ".join(f"{name}={show(value)}" for name, value in self.varied.items())


def show(value: Any) -> str:
    """A setting as people write it.

    >>> show(0.00123456), show(True), show([1, 2])
    ('0.001235', 'true', '[1, 2]')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def grid_trials(fixed: Settings, grid: Mapping[str, Any], *, source: str) -> list[Trial]:
    """Every combination of the lists in `grid`, the last setting changing fastest, beside the `fixed` ones.

    Raises UsageError, naming `source`, for what is no list of different values, a setting that is fixed too,
    and more than MOST trials.

    >>> [trial.describe() for trial in grid_trials({}, {"a": [1, 2], "b": ["x"]}, source="sweep.toml")]
    ['a=1, b=x', 'a=2, b=x']
    """
    for name, values in grid.items():
        _check_list(name, values, source=f"{source}: [grid]")
    _check_apart(fixed, grid, source=f"{source}: [grid]")
    count = math.prod(len(values) for values in grid.values())
    if count > MOST:
        raise UsageError(
            f"{source}: [grid] makes {count:,} trials, more than {MOST:,}: vary less, or take a [sample]"
        )
    chosen = itertools.product(*grid.values())
    return _number(fixed, [dict(zip(grid, values, strict=True)) for values in chosen])


def sampled_trials(
    fixed: Settings, space: Mapping[str, Any], *, trials: int, seed: int, source: str
) -> list[Trial]:
    """So many different random trials; the same `seed` gives the same, and more of them begin with the same.

    Each setting of `space` is a list to choose from or a range {low, high}: of whole numbers where both
    are, both included; with log = true each factor is as likely as any other (Bergstra and Bengio
    2012, Journal of Machine Learning Research 13, section 2). Raises UsageError, naming `source`, for
    ranges that are none, a setting that is fixed too, and where so many trials do not differ.
    """
    where = f"{source}: [sample]"
    if not 1 <= trials <= MOST:
        raise UsageError(f"{source}: trials must be between 1 and {MOST:,}, not {trials}")
    for name, values in space.items():
        _check_list(name, values, source=where) if not isinstance(values, Mapping) else _check_range(
            name, values, source=where
        )
    _check_apart(fixed, space, source=where)
    chance = random.Random(seed)
    found: list[Settings] = []
    for _ in range(_DRAWS * trials):
        drawn = {name: _draw(values, chance) for name, values in space.items()}
        if drawn not in found:
            found.append(drawn)
        if len(found) == trials:
            return _number(fixed, found)
    raise UsageError(
        f"{where} has only {len(found)} different trials, not {trials}: ask for fewer, or make it wider"
    )


def check_trials(trials: Sequence[Trial], kind: type[BaseModel], *, source: str) -> None:
    """Raise UsageError, naming the trial, unless the settings of each make a `kind`."""
    for trial in trials:
        make_settings(kind, trial.settings, source=f"{source}: {trial.name} ({trial.describe()})")


def _number(fixed: Settings, varied: Sequence[Settings]) -> list[Trial]:
    return [Trial(number, own, fixed | own) for number, own in enumerate(varied, 1)]


def _check_list(name: str, values: Any, *, source: str) -> None:
    if not isinstance(values, list) or not values:
        raise UsageError(f"{source} {name}: give a list of values to try, not {values!r}")
    for place, value in enumerate(values):
        if value in values[:place]:
            raise UsageError(f"{source} {name}: {show(value)} is there twice: two trials would be the same")


def _check_apart(fixed: Settings, varied: Mapping[str, Any], *, source: str) -> None:
    if not varied:
        raise UsageError(f"{source} is empty: name settings and the values to try")
    for name in varied:
        if name in fixed:
            raise UsageError(f"{source} {name}: is among the fixed settings too; leave it out there, or here")


def _check_range(name: str, values: Mapping[str, Any], *, source: str) -> None:
    for key in values:
        if key not in ("low", "high", "log"):
            raise UsageError(f"{source} {name}: {unknown_name('key', key, ('low', 'high', 'log'))}")
    low: Any = values.get("low")
    high: Any = values.get("high")
    log = values.get("log", False)
    if not (_is_number(low) and _is_number(high) and low < high and isinstance(log, bool)):
        raise UsageError(
            f"{source} {name}: a range is {{low = 1, high = 9}}, low being less: not {dict(values)}"
        )
    if log and low <= 0:
        raise UsageError(f"{source} {name}: a range with log begins above 0, not at {low}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _draw(values: Any, chance: random.Random) -> Any:
    if isinstance(values, list):
        return chance.choice(values)
    low, high = values["low"], values["high"]
    whole = isinstance(low, int) and isinstance(high, int)
    if not values.get("log", False):
        return chance.randint(low, high) if whole else chance.uniform(low, high)
    # Whole numbers stand for what rounds to them, so that both ends are as likely as their factors ask.
    ends = (low - 0.5, high + 0.5) if whole else (low, high)
    drawn = math.exp(chance.uniform(math.log(ends[0]), math.log(ends[1])))
    return min(max(round(drawn), low), high) if whole else min(max(drawn, low), high)
