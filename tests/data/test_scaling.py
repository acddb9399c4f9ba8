"""Scaling and one-hot columns: scikit-learn's figures, and what the training rows did not have."""

from __future__ import annotations

import numpy as np
import pytest

from textkit.data.one_hot import OneHot
from textkit.data.scaling import Normaliser, Standardiser
from textkit.errors import InputError

TRAIN = np.random.default_rng(1).normal([0.0, 50.0, -3e6], [1.0, 20.0, 1e5], (40, 3))
TEST = np.random.default_rng(2).normal([0.0, 50.0, -3e6], [2.0, 30.0, 3e5], (9, 3))


@pytest.mark.parametrize(("ours", "theirs"), [(Standardiser, "StandardScaler"), (Normaliser, "MinMaxScaler")])
def test_equal_to_scikit_learn(ours: type[Standardiser] | type[Normaliser], theirs: str) -> None:
    from sklearn import preprocessing

    train, test = (np.column_stack([rows, np.full(len(rows), 0.1)]) for rows in (TRAIN, TEST))
    scaler, oracle = ours.fit(train), getattr(preprocessing, theirs)().fit(train)
    for rows in (train, test):
        scaled = scaler.transform(rows)
        np.testing.assert_allclose(scaled, oracle.transform(rows), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(scaler.inverse(scaled), rows, rtol=1e-12)


def test_test_rows_do_not_move_the_scale() -> None:
    scaled = Standardiser.fit(TRAIN).transform(TRAIN)
    np.testing.assert_allclose(scaled.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(0), 1)
    assert abs(Standardiser.fit(TRAIN).transform(TEST).mean(0)).max() > 0.01


def test_a_constant_column_is_only_shifted() -> None:
    rows = np.full((49, 1), 0.1)  # whose mean, summed up, is not quite 0.1
    for scaler in (Standardiser.fit(rows), Normaliser.fit(rows)):
        assert abs(scaler.transform(rows)).max() < 1e-15
        assert scaler.transform([[2.1]])[0, 0] == pytest.approx(2.0)


@pytest.mark.parametrize("scaler", [Standardiser, Normaliser])
def test_rows_that_cannot_be_scaled(scaler: type[Standardiser] | type[Normaliser]) -> None:
    with pytest.raises(InputError, match=r"fitted on a matrix with rows, not on shape \(0, 2\)"):
        scaler.fit(np.zeros((0, 2)))
    with pytest.raises(InputError, match="row 1, column 0 is nan; give finite numbers only"):
        scaler.fit([[1.0], [np.nan]])
    with pytest.raises(InputError, match=r"was fitted on 3 columns, not shape \(9, 2\)"):
        scaler.fit(TRAIN).transform(TEST[:, :2])
    with pytest.raises(InputError, match=r"was fitted on 3 columns, not shape \(3,\)"):
        scaler.fit(TRAIN).inverse([1.0, 2.0, 3.0])


def test_one_hot_equals_scikit_learn() -> None:
    from sklearn.preprocessing import OneHotEncoder

    train = np.random.default_rng(3).integers(0, 5, (60, 3)).astype(float)
    test = np.random.default_rng(4).integers(-1, 7, (60, 3)).astype(float)
    oracle = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(train)
    ours = OneHot.fit(train, unknown="zeros")
    for rows in (train, test):
        assert np.array_equal(ours.transform(rows), oracle.transform(rows))
    assert (ours.transform(train).sum(1) == 3).all()
    assert len(ours.names(["a", "b", "c"])) == 15


def test_unknown_categories_are_errors_unless_asked() -> None:
    seasons = OneHot.fit([[1], [2], [4]])
    with pytest.raises(
        InputError, match=r"row 1, column 0: 3 is not one of the categories \[1.0, 2.0, 4.0\]"
    ):
        seasons.transform([[1], [3]])
    with pytest.raises(InputError, match=r"of 1 columns, not shape \(1, 2\)"):
        seasons.transform([[1, 2]])
    with pytest.raises(InputError, match="taken from a matrix with rows"):
        OneHot.fit(np.zeros((0, 1)))
