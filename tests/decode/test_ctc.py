"""Labellings against the sum over all paths, and against torch's own loss."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

import pytest
import torch
from torch.nn import functional

from textkit.decode.ctc import beam_labellings, collapse, greedy_labelling
from textkit.errors import UsageError

T, K = 5, 3


def table(seed: int) -> torch.Tensor:
    torch.manual_seed(seed)
    return torch.randn(T, K, dtype=torch.float64).log_softmax(1)


def all_labellings(log_probs: torch.Tensor, *, blank: int = 0) -> dict[tuple[int, ...], float]:
    sums: defaultdict[tuple[int, ...], float] = defaultdict(float)
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        probability = math.exp(sum(float(log_probs[t, label]) for t, label in enumerate(path)))
        sums[tuple(collapse(path, blank=blank))] += probability
    return sums


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("blank", [0, 2])
def test_a_beam_as_wide_as_the_space_gives_every_sum_best_first(seed: int, blank: int) -> None:
    log_probs = table(seed)
    sums = all_labellings(log_probs, blank=blank)
    found = beam_labellings(log_probs, width=len(sums), blank=blank, n_best=len(sums))
    assert {labelling.ids for labelling in found} == set(sums)
    for labelling in found:
        assert math.exp(labelling.log_prob) == pytest.approx(sums[labelling.ids])
    assert sum(math.exp(labelling.log_prob) for labelling in found) == pytest.approx(1)
    assert found[0].ids == max(sums, key=sums.__getitem__)
    assert [labelling.log_prob for labelling in found] == sorted(
        (labelling.log_prob for labelling in found), reverse=True
    )


def test_torchs_loss_is_the_same_sum() -> None:
    log_probs = table(7)
    for ids, total in all_labellings(log_probs).items():
        if not ids:
            continue
        loss = functional.ctc_loss(
            log_probs, torch.tensor(ids), torch.tensor(T), torch.tensor(len(ids)), reduction="sum"
        )
        assert float(loss) == pytest.approx(-math.log(total))


@pytest.mark.parametrize("seed", range(4))
def test_a_narrow_beam_finds_lower_bounds(seed: int) -> None:
    log_probs = table(seed)
    sums = all_labellings(log_probs)
    for width in (1, 2, 3):
        for labelling in beam_labellings(log_probs, width=width, n_best=width):
            assert math.exp(labelling.log_prob) <= sums[labelling.ids] * (1 + 1e-9)


def test_the_greedy_labelling_is_that_of_the_best_path() -> None:
    log_probs = torch.tensor([[0.1, 0.9], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]]).log()
    labelling = greedy_labelling(log_probs)
    assert labelling.ids == (1, 1)
    assert math.exp(labelling.log_prob) == pytest.approx(0.9 * 0.8 * 0.7 * 0.6)


def test_what_is_impossible_is_never_spelled() -> None:
    log_probs = torch.tensor([[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]], dtype=torch.float64).log()
    found = beam_labellings(log_probs, width=9, n_best=9)
    assert [labelling.ids for labelling in found] == [(1,)]
    assert found[0].log_prob == pytest.approx(0)


def test_no_steps_spell_nothing() -> None:
    assert beam_labellings(torch.zeros(0, 3), width=2)[0] == ((), 0.0)
    assert greedy_labelling(torch.zeros(0, 3)) == ((), 0.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "a beam needs a width of at least 1, not 0"),
        ({"width": 2, "n_best": 3}, "a beam of 2 gives 1 to 2 labellings, not 3"),
        ({"width": 2, "blank": 3}, r"with the blank 3 among the ids, not \(5, 3\)"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        beam_labellings(table(0), **options)
