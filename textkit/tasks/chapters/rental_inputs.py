"""Hours of a rental service as rows of numbers: what is known of an hour before anyone rides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textkit.data.one_hot import OneHot
from textkit.data.scaling import Standardiser
from textkit.data.table import Doubles, Table
from textkit.errors import InputError

WEEK = 7 * 24
_YEAR = 365.25
_BEFORE = (1, 2, 3)  # hours whose weather is looked at too


@dataclass(frozen=True, eq=False)
class HourlyRentals:
    """A table of hours in order of time, of which the last `held_out` rows, O, are to be predicted.

    Its columns are those of the UCI table of hourly rentals (Fanaee-T and Gama 2014, Event labeling
    combining ensemble detectors and background knowledge): dteday, season, yr, mnth, hr, holiday, weekday,
    workingday, weathersit, temp, hum, windspeed and cnt. Its columns casual and registered are not read:
    they sum to cnt, so that whoever knows them knows the answer.

    Raises InputError when the rows are too few or not in order of time, UsageError for a missing column.
    """

    table: Table
    held_out: int

    def __post_init__(self) -> None:
        if len(self.table) < 2 * self.held_out:
            raise InputError(
                f"{len(self.table):,} hours are too few to hold out {self.held_out}; "
                f"give at least {2 * self.held_out:,}"
            )
        if (np.diff(self.clock) <= 0).any():
            row = int(np.argmax(np.diff(self.clock) <= 0)) + 1
            raise InputError(f"row {row + 1} is not later than the row before; sort by dteday and hr")

    @property
    def clock(self) -> Doubles:
        """Hours since 1970, (N,)."""
        return self.table["dteday"] * 24 + self.table["hr"]

    @property
    def train(self) -> slice:
        """The rows to learn from."""
        return slice(None, len(self.table) - self.held_out)

    @property
    def test(self) -> slice:
        """The rows held out."""
        return slice(len(self.table) - self.held_out, None)

    @property
    def counts(self) -> Doubles:
        """Rentals in each hour, (N,)."""
        return self.table["cnt"]

    def earlier(self) -> HourlyRentals:
        """The training rows with their own last hours held out: to choose settings by."""
        return HourlyRentals(self.table.rows(self.train), self.held_out)

    def last_week(self) -> Doubles:
        """Rentals of the same hour seven days before, (N,); an hour that the table lacks had none.

        These are known to who predicts a week ahead, not to who predicts three weeks at once.
        """
        wanted = self.clock - WEEK
        at = np.searchsorted(self.clock, wanted)
        return np.where(self.clock[at] == wanted, self.counts[at], 0.0)

    def book_inputs(self, scaled_on: slice) -> Doubles:
        """The book's, (N, F): one-hot calendar and weather, year, holiday, and scaled weather."""
        names = ["season", "weathersit", "mnth", "hr", "weekday"]
        return np.concatenate(
            [
                _one_hot(self.table.matrix(names), self.train),
                self.table.matrix(["yr", "holiday"]),
                _scaled(self.table.matrix(["temp", "hum", "windspeed"]), scaled_on),
            ],
            axis=1,
        )

    def inputs(self, *, last_week: bool = False, weeks: bool = True) -> Doubles:
        """Ours, (N, F): hour, weekday, season as an angle, growth, holidays, weather now and just before.

        `weeks` adds which week of the year it is: what a week without work was like a year ago says more of
        it than the season. `last_week` adds the root of last week's value.
        """
        days = self.table["dteday"]
        angle = 2 * np.pi * days / _YEAR
        weather = np.minimum(self.table["weathersit"], 3)  # storms are too rare to be learnt apart from rain
        air = np.column_stack([self.table["temp"], self.table["hum"], weather])
        rows = np.arange(len(days))
        before = [air[np.maximum(rows - hours, 0)] for hours in _BEFORE]
        categories = [self.table["hr"], self.table["weekday"], weather, *([_week(days)] if weeks else [])]
        numbers = [
            self.table.matrix(["temp", "hum", "windspeed"]),
            *before,
            *([np.sqrt(self.last_week())[:, None]] if last_week else []),
        ]
        return np.concatenate(
            [
                _one_hot(np.column_stack(categories), self.train),
                self.table.matrix(["workingday", "holiday"]),
                np.column_stack([np.sin(angle), np.cos(angle), np.sin(2 * angle), np.cos(2 * angle)]),
                ((days - days[0]) / _YEAR - 1)[:, None],
                _scaled(np.concatenate(numbers, axis=1), self.train),
            ],
            axis=1,
        )


def _one_hot(matrix: Doubles, train: slice) -> Doubles:
    return OneHot.fit(matrix[train], unknown="zeros").transform(matrix)


def _scaled(matrix: Doubles, fitted_on: slice) -> Doubles:
    return Standardiser.fit(matrix[fitted_on]).transform(matrix)


def _week(days: Doubles) -> Doubles:
    """The week of the year, from 0, that of the first of January being the first: (N,)."""
    dates = days.astype(int).astype("datetime64[D]")
    return np.asarray((dates - dates.astype("datetime64[Y]")).astype(int) // 7, np.float64)
