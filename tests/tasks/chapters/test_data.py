"""The chapters on data: scaling, and rentals that are predicted from what is known before anyone rides."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import numpy as np
import pytest

import textkit_corpora
from textkit.data.table import Table
from textkit.errors import InputError, UsageError
from textkit.tasks.chapters import Study, bicycle_rentals, feature_scaling
from textkit.tasks.chapters.rental_inputs import HourlyRentals
from textkit.tasks.chapters.running import run_chapter

DAY = 24


@pytest.fixture(scope="module")
def table() -> Table:
    """The first 84 days of the invented service."""
    return textkit_corpora.load("rentals").table("train").rows(slice(84 * DAY))


def with_column(table: Table, name: str, values: np.ndarray) -> Table:
    return Table({**table.columns, name: values})


def test_last_week_is_the_same_hour_and_missing_hours_are_empty(table: Table) -> None:
    kept = np.random.default_rng(1).random(len(table)) < 0.9
    rentals = HourlyRentals(table.rows(kept), 48)
    known = {
        (day, hour): count
        for day, hour, count in zip(rentals.table["dteday"], rentals.table["hr"], rentals.counts, strict=True)
    }
    expected = [
        known.get((day - 7, hour), 0.0)
        for day, hour in zip(rentals.table["dteday"], rentals.table["hr"], strict=True)
    ]
    assert rentals.last_week().tolist() == expected


def test_inputs_know_nothing_of_the_answer(table: Table) -> None:
    rentals = HourlyRentals(table, 21 * DAY)
    drawn = np.random.default_rng(1).permutation(table["cnt"])
    without = {name: column for name, column in table.columns.items() if name not in ("casual", "registered")}
    other = HourlyRentals(Table({**without, "cnt": drawn}), 21 * DAY)
    assert np.array_equal(rentals.inputs(), other.inputs())
    assert np.array_equal(rentals.book_inputs(rentals.train), other.book_inputs(rentals.train))


@pytest.mark.parametrize("last_week", [False, True])
def test_inputs_know_nothing_of_the_future(table: Table, last_week: bool) -> None:
    now = len(table) - 10 * DAY
    changed = table
    for name in ("temp", "hum", "windspeed", "cnt"):
        values = table[name].copy()
        values[now:] = np.random.default_rng(2).permutation(values[now:]) + 1
        changed = with_column(changed, name, values)
    rows = [HourlyRentals(each, 21 * DAY).inputs(last_week=last_week)[:now] for each in (table, changed)]
    assert np.array_equal(*rows)


def test_the_scales_of_the_book_leak_and_ours_do_not(table: Table) -> None:
    warmer = table["temp"].copy()
    warmer[-21 * DAY :] += 0.3
    cold, warm = HourlyRentals(table, 21 * DAY), HourlyRentals(with_column(table, "temp", warmer), 21 * DAY)
    train = cold.train
    assert np.array_equal(cold.inputs()[train], warm.inputs()[train])
    assert np.array_equal(cold.book_inputs(train)[train], warm.book_inputs(train)[train])
    everything = slice(None)
    assert not np.array_equal(cold.book_inputs(everything)[train], warm.book_inputs(everything)[train])


def test_weeks_of_the_year() -> None:
    rentals = HourlyRentals(textkit_corpora.load("rentals").table(), 21 * DAY)
    without, inputs = rentals.inputs(weeks=False), rentals.inputs()
    first = 24 + 7 + 3  # after the columns of hour, weekday and weather
    weeks = inputs[:, first : first + inputs.shape[1] - without.shape[1]]
    assert np.array_equal(np.delete(inputs, np.s_[first : first + weeks.shape[1]], axis=1), without)
    dates = [datetime.date.fromordinal(int(day) + 719163) for day in rentals.table["dteday"]]
    week_of = [(date.timetuple().tm_yday - 1) // 7 for date in dates]
    known = sorted(set(week_of[: rentals.train.stop]))
    assert np.array_equal(weeks, np.equal.outer(week_of, known))
    assert not weeks[rentals.test].sum(axis=1).all()  # some weeks are new


def test_tables_that_are_no_rentals(table: Table) -> None:
    with pytest.raises(InputError, match="47 hours are too few to hold out 24; give at least 48"):
        HourlyRentals(table.rows(slice(47)), 24)
    with pytest.raises(InputError, match="row 4 is not later than the row before; sort by dteday and hr"):
        HourlyRentals(table.rows(np.r_[0, 1, 2, 2, 3:500]), 24)
    columns = {name: column for name, column in table.columns.items() if name != "hr"}
    with pytest.raises(UsageError, match="unknown column 'hr'"):
        HourlyRentals(Table(columns), 24)


def test_rentals_of_fewer_than_three_times_the_hours_held_out_are_refused(table: Table) -> None:
    for hours in (400, 1_248):
        with pytest.raises(InputError, match=f"{hours:,} hours are too few to hold out 504 twice; .* 1,512"):
            bicycle_rentals.run(Study(given=table.rows(slice(hours))))


def test_penalty_of_ridge_is_chosen_before_the_held_out_days(table: Table) -> None:
    rentals = HourlyRentals(table, 14 * DAY)
    counts = table["cnt"].copy()
    counts[rentals.test] = 0
    blind = HourlyRentals(with_column(table, "cnt", counts), 14 * DAY)
    assert np.array_equal(bicycle_rentals.ridge(rentals, 1), bicycle_rentals.ridge(blind, 1))
    assert np.array_equal(bicycle_rentals.last_week(rentals, 1), table["cnt"][-21 * DAY : -7 * DAY])
    assert set(bicycle_rentals.mean(rentals, 1)) == {table["cnt"][: -14 * DAY].mean()}


def test_bicycle_rentals_in_small(table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bicycle_rentals, "PREDICTORS", {
        name: (lambda rentals, seed: bicycle_rentals.book(rentals, seed, epochs=1))
        if "book" in name
        else predict
        for name, predict in bicycle_rentals.PREDICTORS.items()
    })  # fmt: skip
    monkeypatch.setattr(bicycle_rentals, "EPOCHS", 10)
    outcome = run_chapter("bicycle-rentals", Study(given=table, plots=tmp_path))
    assert outcome.reached["RMSE of the mean / ours"] > 1.3
    assert (tmp_path / "bicycle-rentals.png").stat().st_size > 10_000
    # An error in rentals, not in scaled units: that of the mean is about the deviation of the counts.
    (said,) = [note for note in outcome.notes if note.startswith("the mean: RMSE")]
    assert float(said.split()[3].rstrip(",")) == pytest.approx(table["cnt"][-21 * DAY :].std(), rel=0.1)


def test_predictions_hang_on_the_seed_alone(table: Table) -> None:
    rentals = HourlyRentals(table.rows(slice(30 * DAY)), 5 * DAY)
    one, same, other = (bicycle_rentals.book(rentals, seed, epochs=1) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_feature_scaling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_scaling, "STEPS", 700)
    study = Study(given=textkit_corpora.load("prices").table(), plots=tmp_path)
    outcome = run_chapter("feature-scaling", study)
    assert [fact.name for fact in outcome.failed] == ["steps raw / standardised, at least"]  # of so few steps
    assert outcome.reached["steps raw / standardised, at least"] > 10
    assert (tmp_path / "feature-scaling.png").stat().st_size > 10_000


def test_feature_scaling_wants_rows_and_columns_that_say_something() -> None:
    column = np.arange(40.0)
    for columns, message in [
        ({"a": column}, "the table has 40 rows and 1 columns; give at least 30 rows, and a column beside"),
        ({"a": column[:29], "b": column[:29]}, "the table has 29 rows and 2 columns; give at least 30 rows"),
        ({"a": column * 0, "b": column}, "the column 'a' is the same in all training rows; leave it out"),
    ]:
        with pytest.raises(InputError, match=message):
            feature_scaling.run(Study(given=Table(columns)))


def test_feature_scaling_wants_columns_that_beat_zero() -> None:
    generator = np.random.default_rng(1)
    column, other = generator.normal(size=(2, 1000))
    with pytest.raises(InputError, match="0 predicts the last column, 'b', as well as the other"):
        feature_scaling.run(Study(given=Table({"a": column, "b": other - other[:800].mean()})))


@pytest.mark.slow
def test_bicycle_rentals_on_the_invented_service() -> None:
    study = Study(given=textkit_corpora.load("rentals").table())
    assert run_chapter("bicycle-rentals", study).failed == []


@pytest.mark.slow
@pytest.mark.data
def test_bicycle_rentals_on_the_real_service() -> None:
    if not os.environ.get("TEXTKIT_DATA"):
        pytest.skip("TEXTKIT_DATA is not set")
    table = textkit_corpora.read_table(Path(os.environ["TEXTKIT_DATA"]) / "tabular" / "bike_hour.csv")
    assert run_chapter("bicycle-rentals", Study(given=table)).failed == []
