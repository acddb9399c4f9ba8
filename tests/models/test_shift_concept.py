"""Concept shift: a rise of errors, tested and watched for."""

from __future__ import annotations

import math

import numpy as np
import pytest

from textkit.errors import UsageError
from textkit.models.shift.error_rise import ErrorAlarm, rise_test


def test_rise_is_fishers_exact_test() -> None:
    from scipy.stats import fisher_exact

    generator = np.random.default_rng(0)
    for _ in range(20):
        before, now = generator.uniform(size=40) < 0.2, generator.uniform(size=25) < 0.4
        table = [[now.sum(), (~now).sum()], [before.sum(), (~before).sum()]]
        assert rise_test(before, now) == pytest.approx(fisher_exact(table, alternative="greater").pvalue)


def test_rise_test_holds_its_level_and_sees_a_rise() -> None:
    from scipy.stats import binom

    generator = np.random.default_rng(1)
    draws = generator.uniform(size=(400, 300)) < 0.2
    alarms = sum(rise_test(row[:200], row[200:]) <= 0.05 for row in draws)
    assert alarms <= binom.ppf(0.999, 400, 0.05)
    risen = generator.uniform(size=(50, 100)) < 0.4
    assert sum(rise_test(draws[0, :200], row) <= 0.05 for row in risen) >= 40
    assert rise_test(np.ones(20, bool), np.zeros(20, bool)) == 1  # a fall is no rise


def test_alarm_is_raised_where_the_sum_written_out_says() -> None:
    alarm = ErrorAlarm(0.1, 0.3, rows=200)
    generator = np.random.default_rng(2)
    for share in (0.1, 0.3, 0.6):
        errors = generator.uniform(size=500) < share
        total, raised = 0.0, None
        for row, error in enumerate(errors):
            total = max(total, 0.0) + (math.log(3) if error else math.log(0.7 / 0.9))
            if total >= math.log(200):
                raised = row
                break
        assert alarm.first(errors) == raised


def test_errors_from_the_first_row_on_count() -> None:
    rows = 6 * math.log(3) - 1e-9  # six errors in a row are enough
    assert ErrorAlarm(0.1, 0.3, rows=math.exp(rows)).first(np.ones(9, bool)) == 5


def test_false_alarms_are_rarer_than_promised_and_true_ones_soon() -> None:
    alarm, generator = ErrorAlarm(0.1, 0.3, rows=100), np.random.default_rng(3)
    waits = [alarm.first(generator.uniform(size=20_000) < 0.1) for _ in range(60)]
    assert None not in waits
    mean = float(np.mean([wait + 1 for wait in waits if wait is not None]))
    assert mean > 100  # by how much depends on where the sum jumps over the bound
    risen = [alarm.first(generator.uniform(size=2000) < 0.3) for _ in range(60)]
    assert np.mean([wait for wait in risen if wait is not None]) < 60
    assert alarm.first(np.zeros(1000, bool)) is None
    assert alarm.first(np.zeros(0, bool)) is None


@pytest.mark.parametrize(("usual", "risen"), [(0.0, 0.2), (0.2, 0.2), (0.3, 0.1), (0.5, 1.0)])
def test_shares_must_make_sense(usual: float, risen: float) -> None:
    with pytest.raises(UsageError, match="shares must be 0 < usual < risen < 1, not"):
        ErrorAlarm(usual, risen, rows=100)


def test_rows_between_alarms_must_be_some() -> None:
    with pytest.raises(UsageError, match="must be more than 1, not 1"):
        ErrorAlarm(0.1, 0.2, rows=1)
