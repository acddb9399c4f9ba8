"""A damaged run is refused in one line, or answers as the undamaged one: never otherwise, never by a crash.

TEXTKIT_DAMAGE=N tries N damaged copies of each kind of folder instead of a few.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits memory and time as Linux does")

from damage_mutations import ACCIDENTS, FORGERIES, seal  # noqa: E402
from damage_runs import KINDS, Kind  # noqa: E402
from damage_trial import Trials  # noqa: E402

from textkit.errors import CheckpointError  # noqa: E402
from textkit.train.checkpoint import RunFolder  # noqa: E402

TRIES = int(os.environ.get("TEXTKIT_DAMAGE", "8"))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_damaged_folder_is_refused_or_says_the_same(
    kind: Kind, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    kind.make(tmp_path / "whole", 0)
    kind.make(tmp_path / "other", 3)
    trials = Trials(tmp_path / "whole", tmp_path / "other", tmp_path / "run", kind.uses)
    every, dice, came = {**ACCIDENTS, **FORGERIES}, Random(kind.name), Counter[str]()
    for number in range(TRIES):
        name = dice.choice(list(every))
        came[trials.attempt(every[name], f"{kind.name} {name} {number}", forged=name in FORGERIES)] += 1
    record_property("came", dict(came))
    assert not trials.faults, "\n".join(trials.faults)
    assert came["refused"]


def test_no_bit_of_a_manifest_changes_what_is_read(tmp_path: Path) -> None:
    """Labels, thresholds, results and the probe stand in it alone."""
    linear = next(kind for kind in KINDS if kind.name == "linear")
    linear.make(tmp_path / "run", 0)
    right = RunFolder.open(tmp_path / "run").document
    assert {"labels", "thresholds", "results", "probe"} <= right.keys()
    path, dice, refused = tmp_path / "run" / "manifest.json", Random(1), 0
    data = path.read_bytes()
    for place in range(0, len(data), 3):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :])
        try:
            found = RunFolder.open(tmp_path / "run").document
        except CheckpointError:
            refused += 1
            continue
        assert {name: found.get(name) for name in right} == right, data[max(place - 20, 0) : place + 20]
    assert refused > len(data) / 5


def test_the_forger_of_these_tests_makes_sums_that_fit(tmp_path: Path) -> None:
    """Else every forgery would be refused for its sums, and nothing behind them would be tried."""
    for kind in KINDS[:3]:
        kind.make(tmp_path / kind.name, 0)
        right = kind.uses[0](tmp_path / kind.name)
        seal(tmp_path / kind.name)
        assert kind.uses[0](tmp_path / kind.name) == right
