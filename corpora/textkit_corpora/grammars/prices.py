"""Prices of invented flats: a line of four features whose sizes differ by a thousand, and noise."""

from __future__ import annotations

from textkit_corpora.grammars.dice import Dice
from textkit_corpora.grammars.recipe import Recipe

_SIZES = {"train": 400, "test": 100}
_HEADER = "area,rooms,age,distance,price"
# Thousands for each square metre, room, year and metre, those of no flat at all, and the noise's deviation.
PER_AREA, PER_ROOM, PER_YEAR, PER_METRE, BASE, NOISE = 2.4, 6.0, -0.9, -0.008, 90.0, 12.0


def generate() -> dict[str, list[str]]:
    """The lines of each split: a header, then one flat a line."""
    dice = Dice("prices")
    return {split: [_HEADER, *(_flat(dice) for _ in range(size))] for split, size in _SIZES.items()}


def _flat(dice: Dice) -> str:
    area = dice.between(300, 1600) / 10
    rooms = max(1, round(area / 28 + 0.6 * dice.normal()))
    age = dice.between(0, 80)
    distance = dice.between(100, 12_000)
    line = BASE + PER_AREA * area + PER_ROOM * rooms + PER_YEAR * age + PER_METRE * distance
    return f"{area:.1f},{rooms},{age},{distance},{line + NOISE * dice.normal():.1f}"


CORPUS = Recipe(
    name="prices",
    title="Prices of flats",
    description=(
        "500 invented flats: area in square metres, rooms, age in years, distance to the centre in metres, "
        "and the price in thousands. Larger flats have more rooms, so two of the features say much the same."
    ),
    made=(
        f"Generated: price = {BASE:g} + {PER_AREA} area + {PER_ROOM:g} rooms - {-PER_YEAR} age - "
        f"{-PER_METRE} distance + normal noise of deviation {NOISE:g}. The features are drawn uniformly, but "
        "for rooms, which are area / 28 and noise, rounded."
    ),
    languages=("en",),
    task="regression",
    columns="area, rooms, age, distance, price; named in the first line",
    limits="The truth is a line, which prices of real flats are not. Nothing here is about a real market.",
    suffix=".csv",
    generate=generate,
)
