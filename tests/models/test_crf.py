"""The linear chain against sums over all its paths, and against its own gradient."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.crf import LinearChain
from textkit.models.network import PADDING

B, T, K = 4, 5, 3
LENGTHS = torch.tensor([5, 1, 3, 4])


def chain(*, ruled: bool = False, learned: bool = True) -> LinearChain:
    torch.manual_seed(0)
    starts = torch.tensor([True, False, True]) if ruled else None
    follows = torch.tensor([[1, 1, 0], [0, 1, 1], [1, 0, 1]]).bool() if ruled else None
    made = LinearChain(K, starts=starts, follows=follows, learned=learned).double()
    for weight in made.parameters():
        torch.nn.init.normal_(weight)
    return made


@torch.no_grad()
def all_paths(made: LinearChain, scores: torch.Tensor, length: int) -> dict[tuple[int, ...], float]:
    """The score of each path that the rules allow, written out."""
    found = {}
    for path in itertools.product(range(K), repeat=length):
        pairs = list(itertools.pairwise(path))
        if not made.starts[path[0]] or not all(made.follows[pair] for pair in pairs):
            continue
        total = made.start[path[0]] + made.end[path[-1]] + sum(scores[t, tag] for t, tag in enumerate(path))
        found[path] = float(total + sum(made.step[pair] for pair in pairs))
    return found


@pytest.mark.parametrize("ruled", [False, True])
@torch.no_grad()
def test_sums_best_paths_and_marginals_equal_brute_force(ruled: bool) -> None:
    made = chain(ruled=ruled)
    scores = torch.randn(B, T, K, dtype=torch.float64)
    log_z, (decoded, best) = made.log_partition(scores, LENGTHS), made.decode(scores, LENGTHS)
    posterior = made.posterior(scores, LENGTHS)
    marginals = posterior.marginals()
    for row, length in enumerate(LENGTHS.tolist()):
        paths = all_paths(made, scores[row], length)
        total = math.log(sum(map(math.exp, paths.values())))
        assert float(log_z[row]) == pytest.approx(total)
        winner = max(paths, key=paths.__getitem__)
        assert tuple(decoded[row, :length].tolist()) == winner
        assert decoded[row, length:].tolist() == [PADDING] * (T - length)
        assert float(best[row]) == pytest.approx(paths[winner])
        for t, tag in itertools.product(range(length), range(K)):
            mass = sum(math.exp(score - total) for path, score in paths.items() if path[t] == tag)
            assert float(marginals[row, t, tag]) == pytest.approx(mass, abs=1e-12)
        for path, score in paths.items():
            padded = torch.zeros(1, T, dtype=torch.long)
            padded[0, :length] = torch.tensor(path)
            one = made.log_likelihood(scores[row : row + 1], LENGTHS[row : row + 1], padded)
            assert float(one) == pytest.approx(score - total)
        for size in range(1, length + 1):
            for begin in range(length - size + 1):
                part = winner[begin : begin + size]
                mass = sum(
                    math.exp(score - total)
                    for path, score in paths.items()
                    if path[begin : begin + size] == part
                )
                assert posterior.log_prob(row, begin, part) == pytest.approx(math.log(mass))


def test_the_gradient_of_log_z_is_the_marginals() -> None:
    made = chain(ruled=True)
    scores = torch.randn(B, T, K, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(made.log_partition(scores, LENGTHS).sum(), scores)
    real = torch.arange(T) < LENGTHS[:, None]
    torch.testing.assert_close(
        gradient, made.posterior(scores, LENGTHS).marginals() * real[..., None], atol=1e-9, rtol=1e-7
    )


def test_gradients_of_the_likelihood_equal_finite_differences() -> None:
    made = chain()
    tags = torch.randint(K, (B, T))
    scores = torch.randn(B, T, K, dtype=torch.float64, requires_grad=True)
    weights = tuple(made.parameters())

    def likelihood(*_: torch.Tensor) -> torch.Tensor:
        return made.log_likelihood(scores, LENGTHS, tags)

    assert torch.autograd.gradcheck(likelihood, (scores, *weights))


@pytest.mark.parametrize("ruled", [False, True])
def test_padding_changes_nothing(ruled: bool) -> None:
    made = chain(ruled=ruled)
    scores, tags = torch.randn(B, T, K, dtype=torch.float64), torch.zeros(B, T, dtype=torch.long)
    beyond = torch.arange(T) >= LENGTHS[:, None]
    noisy, odd = scores.masked_fill(beyond[..., None], 1e6), tags.masked_fill(beyond, PADDING)
    assert torch.equal(made.log_likelihood(scores, LENGTHS, tags), made.log_likelihood(noisy, LENGTHS, odd))
    for ours, theirs in zip(made.decode(scores, LENGTHS), made.decode(noisy, LENGTHS), strict=True):
        assert torch.equal(ours, theirs)
    marginals = made.posterior(noisy, LENGTHS).marginals()
    for row, length in enumerate(LENGTHS.tolist()):
        alone = made.posterior(scores[row : row + 1, :length], LENGTHS[row : row + 1]).marginals()
        torch.testing.assert_close(marginals[row, :length], alone[0])


def test_without_learning_and_rules_each_step_is_a_softmax() -> None:
    made = chain(learned=False)
    assert not list(made.parameters())
    scores, tags = torch.randn(B, T, K, dtype=torch.float64), torch.randint(K, (B, T))
    beyond = torch.arange(T) >= LENGTHS[:, None]
    wanted = -functional.cross_entropy(
        scores.transpose(1, 2), tags.masked_fill(beyond, -1), ignore_index=-1, reduction="none"
    ).sum(1)
    torch.testing.assert_close(made.log_likelihood(scores, LENGTHS, tags), wanted)
    assert torch.equal(made.decode(scores, LENGTHS)[0], scores.argmax(2).masked_fill(beyond, PADDING))


@torch.no_grad()
def test_long_rows_neither_overflow_nor_underflow() -> None:
    made = chain().float()
    scores = torch.full((1, 2000, K), 40.0)
    log_z = made.log_partition(scores, torch.tensor([2000]))
    assert torch.isfinite(log_z).all()
    assert float(log_z) > 2000 * 40


@pytest.mark.parametrize("lengths", [[0, 2], [2, 6], []])
def test_lengths_that_cannot_be_are_refused(lengths: list[int]) -> None:
    with pytest.raises(UsageError, match="rows to tag must have between 1 and 5 steps each"):
        chain().log_partition(torch.zeros(len(lengths), 5, K), torch.tensor(lengths, dtype=torch.long))


def test_rules_of_another_shape_are_refused() -> None:
    with pytest.raises(UsageError, match=r"rules of 3 tags must have the shapes \(3,\) and \(3, 3\)"):
        LinearChain(3, follows=torch.ones(2, 2, dtype=torch.bool))
