"""Hourly rentals of an invented bicycle service: calendar and weather multiply, and the service grows."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from dataclasses import dataclass

from textkit_corpora.grammars.dice import Dice
from textkit_corpora.grammars.recipe import Recipe

_FIRST = datetime.date(2022, 9, 1)
_DAYS = 292
_TEST_DAYS = 21
_HEADER = (
    "dteday,season,yr,mnth,hr,holiday,weekday,workingday,weathersit,temp,hum,windspeed,casual,registered,cnt"
)
_HOLIDAYS = {(9, 5), (10, 10), (11, 24), (12, 25), (12, 26), (1, 2), (2, 20), (4, 7), (5, 1), (5, 29)}
# Riders by hour, midnight first, of an ordinary day: to work and back, or out at noon.
_WORK = (9, 4, 2, 1, 2, 9, 34, 98, 170, 84, 50, 60, 76, 74, 70, 82, 130, 205, 188, 126, 86, 62, 42, 22)
_FREE = (28, 20, 14, 7, 3, 4, 8, 15, 32, 58, 88, 116, 138, 150, 152, 146, 134, 116, 92, 70, 54, 43, 34, 24)
_WEATHERS = (1.0, 0.88, 0.45)  # what clear, misty and wet hours leave of the riders
# How likely the weather of the next hour is each of the three, by that of this one.
_CHAIN = ((0.93, 0.06, 0.01), (0.12, 0.80, 0.08), (0.04, 0.22, 0.74))


@dataclass
class _Sky:
    """The weather of an hour, which the next one is drawn from."""

    weather: int = 0
    anomaly: float = 0.0  # degrees above what the season gives
    wind: float = 0.2

    def turn(self, dice: Dice) -> None:
        """An hour passes."""
        draw, weights = dice.below(1_000_000) / 1_000_000, _CHAIN[self.weather]
        self.weather = 0 if draw < weights[0] else 1 if draw < weights[0] + weights[1] else 2
        self.anomaly = 0.985 * self.anomaly + 0.75 * dice.normal()
        self.wind = min(max(0.9 * self.wind + 0.02 + 0.05 * dice.normal(), 0.0), 0.85)

    def degrees(self, day: datetime.date, hour: int) -> float:
        """The temperature: coldest in January and before dawn."""
        season = -math.cos(2 * math.pi * (day.timetuple().tm_yday - 20) / 365)
        daily = -math.cos(2 * math.pi * (hour - 3) / 24)
        return 13 + 11 * season + 3.5 * daily + self.anomaly - 1.5 * self.weather


def generate() -> dict[str, list[str]]:
    """The lines of each split: a header, then one hour a line; the last weeks are the test."""
    rows = list(_hours(Dice("rentals")))
    parts = {"train": rows[: -24 * _TEST_DAYS], "test": rows[-24 * _TEST_DAYS :]}
    return {split: [_HEADER, *part] for split, part in parts.items()}


def _hours(dice: Dice) -> Iterator[str]:
    sky = _Sky()
    for number in range(_DAYS):
        day = _FIRST + datetime.timedelta(number)
        mood = math.exp(0.08 * dice.normal())  # whatever else makes a day a good one
        for hour in range(24):
            sky.turn(dice)
            yield _row(day, hour, sky, growth=math.exp(0.0012 * number) * mood, dice=dice)


def _row(day: datetime.date, hour: int, sky: _Sky, *, growth: float, dice: Dice) -> str:
    holiday = (day.month, day.day) in _HOLIDAYS
    working = day.weekday() < 5 and not holiday
    degrees = sky.degrees(day, hour)
    damp = min(max(0.52 + 0.13 * sky.weather - 0.008 * (degrees - 13) + 0.05 * dice.normal(), 0.15), 1.0)
    mild = 0.25 + 1.05 / (1 + math.exp(-(degrees - 10) / 5)) - 0.03 * max(degrees - 28, 0.0)
    air = mild * _WEATHERS[sky.weather] * (1 - 0.35 * sky.wind)
    regulars = 0.85 * _WORK[hour] if working else 0.6 * _FREE[hour]
    guests = (0.14 * _WORK[hour] + 0.03 * _FREE[hour]) if working else 0.5 * _FREE[hour]
    registered = _count(growth * air * regulars, dice)
    casual = _count(growth * air * guests * mild, dice)
    season = (day.month % 12) // 3 % 4 + 1
    calendar = (
        f"{day},{season},{day.year - _FIRST.year},{day.month},{hour},{holiday:d},{day.isoweekday() % 7}"
    )
    weather = f"{working:d},{sky.weather + 1},{(degrees + 16) / 60:.2f},{damp:.2f},{sky.wind:.2f}"
    return f"{calendar},{weather},{casual},{registered},{casual + registered}"


def _count(mean: float, dice: Dice) -> int:
    """Near a Poisson number of that mean, but twice as spread."""
    return max(0, round(mean + math.sqrt(2 * mean) * dice.normal()))


CORPUS = Recipe(
    name="rentals",
    title="Hourly bicycle rentals",
    description=(
        "7,008 hours of an invented rental service: date, season (1 winter to 4 autumn), year, month, hour, "
        "holiday, weekday (0 Sunday), working day, weather (1 clear, 2 misty, 3 wet), temperature, humidity "
        "and wind scaled to about 0 to 1, and rentals by casual and registered riders, which sum to cnt."
    ),
    made=(
        "Generated hour by hour: a profile of the day (to work and back, or out at noon) times temperature, "
        "weather, wind, a day's mood and a growth of 0.12 % a day, then rounded noise. The weather is a "
        "Markov chain. The last 21 days are the test."
    ),
    languages=("en",),
    task="regression",
    columns=(
        "dteday, season, yr, mnth, hr, holiday, weekday, workingday, weathersit, temp, hum, windspeed, "
        "casual, registered, cnt; named in the first line, as in the UCI table of hourly bicycle rentals"
    ),
    limits=(
        "No year is whole, no hour is missing and nothing unforeseen happens, so it is easier than a real "
        "service. casual and registered are the answer in two parts, not features."
    ),
    suffix=".csv",
    generate=generate,
)
