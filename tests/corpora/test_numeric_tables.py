"""Tables of numbers: columns from files, and one clear line for whatever is no such table."""

from __future__ import annotations

import bz2
import datetime
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import textkit_corpora
from textkit.errors import InputError, UsageError
from textkit_corpora import read_table


def write(folder: Path, text: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_numbers_dates_and_quotes(tmp_path: Path) -> None:
    text = '\ufeffdate,"a, b",c\r\n2011-01-01," 1.5 ",-2e3\r\n\r\n1969-12-31,.5,+7\r\n'
    table = read_table(write(tmp_path, text))
    days = (datetime.date(2011, 1, 1) - datetime.date(1970, 1, 1)).days
    assert {name: column.tolist() for name, column in table.columns.items()} == {
        "date": [days, -1.0],
        "a, b": [1.5, 0.5],
        "c": [-2000.0, 7.0],
    }
    assert all(column.dtype == np.float64 for column in table.columns.values())


@pytest.mark.parametrize(("name", "pack"), [("t.tsv.gz", gzip.compress), ("t.tsv.bz2", bz2.compress)])
def test_packed_tabs(tmp_path: Path, name: str, pack) -> None:
    table = read_table(write(tmp_path, pack(b"x\ty\n1\t2\n3\t4\n"), name))
    assert table.matrix(["x", "y"]).tolist() == [[1, 2], [3, 4]]


@given(rows=st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2), min_size=1))
def test_numbers_survive(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, float]]) -> None:
    text = "x,y\n" + "".join(f"{x!r},{y!r}\n" for x, y in rows)
    table = read_table(write(tmp_path_factory.getbasetemp(), text))
    assert table.matrix(["x", "y"]).tolist() == [list(row) for row in rows]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv: is empty; the first line must name the columns"),
        ("x,y\n", "t.csv: has a header but no rows; add some"),
        ("x,x\n1,2\n", "t.csv:1: two columns share a name; rename one (columns: x, x)"),
        ("x,\n1,2\n", "t.csv:1: a column has no name; the first line must name every column"),
        ("1,2\n3,4\n", "t.csv:1: is no header but holds '1'; the first line must name the columns"),
        ("x;y\n1;2\n", "t.csv:1: its columns are parted by semicolons; a .csv file has commas, a .tsv tabs"),
        ("x\ty\n1\t2\n", "t.csv:1: its columns are parted by tabs; a .csv file has commas, a .tsv tabs"),
        ("x, x\n1,2\n", "t.csv:1: two columns share a name; rename one (columns: x, x)"),
        ("x,y\n1,2\n1\n", "t.csv:3: the number of columns is 1, the header has 2"),
        ("x,y\n1,\n", "t.csv:2: column 'y' is empty; fill the cell or remove the row"),
        ("x\n1\ntwo\n", "t.csv:3: column 'x' holds 'two', not a number; mend it, or remove the column"),
        ("x\n1_0\n", "t.csv:2: column 'x' holds '1_0', not a number; mend it, or remove the column"),
        ("x\nnan\n", "t.csv:2: column 'x' holds 'nan', not a number; mend it, or remove the column"),
        ("x\n1e999\n", "t.csv:2: column 'x' holds '1e999', too large a number; mend or remove the row"),
        ("x\n2011-02-30\n", "t.csv:2: column 'x' holds '2011-02-30', which is no date (*); mend it"),
        (
            "x\n2011-02-03\n7\n",
            "t.csv:3: column 'x' holds '7', not a date such as 2011-01-31, as above; *",
        ),
        ("x\n7\n2011-02-03\n", "t.csv:3: column 'x' holds '2011-02-03', not a number; *"),
        (b"x\n\xff\n", "t.csv:2: not valid UTF-8 (byte 0xff at column 1)*"),
        ('x\n"1\n', "t.csv:2: not valid CSV (*"),
    ],
)
def test_what_is_no_table(tmp_path: Path, text: str | bytes, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_table(path)
    said = str(caught.value)
    begin, _, end = message.partition("*")
    assert said.startswith(f"{tmp_path}/{begin}")
    assert said.endswith(end)
    assert "\n" not in said


def test_other_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is no table of numbers; name a \.csv or \.tsv"):
        read_table(tmp_path / "t.txt")
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "t.csv")
    with pytest.raises(InputError, match="is cut short"):
        read_table(write(tmp_path, gzip.compress(b"x\n1\n" * 100)[:-6], "t.csv.gz"))


def test_corpora_of_numbers() -> None:
    prices = textkit_corpora.load("prices")
    train, test, both = prices.table("train"), prices.table("test"), prices.table()
    assert (len(train), len(test), len(both)) == (400, 100, 500)
    names = list(both.columns)
    assert np.array_equal(both.matrix(names), np.concatenate([train.matrix(names), test.matrix(names)]))
    with pytest.raises(UsageError, match=r"use table\('train'\)"):
        prices.rows("train")
    with pytest.raises(UsageError, match="prose-en: its lines are no table of numbers"):
        textkit_corpora.load("prose-en").table()
    with pytest.raises(UsageError, match="did you mean 'test'"):
        prices.table("tests")


def test_prices_are_what_their_card_says() -> None:
    table = textkit_corpora.load("prices").table()
    names = ["area", "rooms", "age", "distance"]
    rows = np.column_stack([table.matrix(names), np.ones(len(table))])
    weights, residual, _, _ = np.linalg.lstsq(rows, table["price"])
    errors = np.sqrt(np.diag(np.linalg.inv(rows.T @ rows)) * residual[0] / (len(table) - 5))
    assert (abs(weights - [2.4, 6.0, -0.9, -0.008, 90.0]) < 4 * errors).all()
    assert np.sqrt(residual[0] / (len(table) - 5)) == pytest.approx(12, rel=0.1)


def test_rentals_are_a_calendar_with_weather() -> None:
    corpus = textkit_corpora.load("rentals")
    table = corpus.table()
    assert len(corpus.table("test")) == 21 * 24
    assert (np.diff(table["dteday"] * 24 + table["hr"]) == 1).all()
    dates = [datetime.date.fromordinal(int(day) + 719163) for day in table["dteday"]]
    assert table["mnth"].tolist() == [date.month for date in dates]
    assert table["weekday"].tolist() == [date.isoweekday() % 7 for date in dates]
    free = (table["weekday"] % 6 == 0) | (table["holiday"] == 1)
    assert (table["workingday"] == ~free).all()
    assert (table["casual"] + table["registered"] == table["cnt"]).all()
    assert set(table["weathersit"]) == {1, 2, 3}
    assert set(table["season"]) == {1, 2, 3, 4}
    for name in ("temp", "hum", "windspeed"):
        assert ((table[name] >= 0) & (table[name] <= 1)).all()
    # Working days peak at eight and at five, others around noon; wet hours are poorer than clear ones.
    means = {
        hour: [table["cnt"][(table["hr"] == hour) & (table["workingday"] == day)].mean() for day in (0, 1)]
        for hour in (8, 13, 17)
    }
    assert means[8][1] > 2 * means[8][0]
    assert means[13][0] > 1.3 * means[13][1]
    assert means[17][1] > 1.3 * means[13][1]
    clear, wet = (table["cnt"][table["weathersit"] == kind].mean() for kind in (1, 3))
    assert wet < 0.7 * clear
