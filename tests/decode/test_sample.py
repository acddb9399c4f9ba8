from __future__ import annotations

from collections import Counter

import pytest
import torch

from textkit.decode.filters import Forbid, TopK
from textkit.decode.forced import forced_scores
from textkit.decode.sample import draw, sample, samples
from textkit.errors import InputError, UsageError


class Chain:
    """A Markov chain: the state is the last id; row i of `table` gives what follows i."""

    def __init__(self, table: list[list[float]]) -> None:
        self.table = torch.tensor(table).log()

    def start(self, rows: int) -> torch.Tensor:
        return torch.zeros(rows, dtype=torch.long)

    def step(self, ids: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.table[ids], ids

    def reorder(self, state: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        return state[rows]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_draws_come_one_at_a_time_with_the_models_probabilities() -> None:
    chain = Chain([[0.1, 0.6, 0.3], [0.2, 0.3, 0.5], [0.5, 0.25, 0.25]])
    settings = {"length": 30, "filters": [TopK(2)], "rows": 2}
    steps = list(draw(chain, [0], generator=generator(5), **settings))
    rows = torch.stack([step.ids for step in steps], dim=1)
    assert rows.tolist() == sample(chain, [0], generator=generator(5), **settings)
    before = torch.cat([torch.zeros(2, 1, dtype=torch.long), rows[:, :-1]], dim=1)
    torch.testing.assert_close(
        torch.stack([step.log_probs for step in steps], dim=1), chain.table[before, rows]
    )


def test_nothing_is_read_that_is_not_needed() -> None:
    class Counting(Chain):
        calls = 0

        def step(self, ids: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            self.calls += 1
            return super().step(ids, state)

    chain = Counting([[0.5, 0.5], [0.5, 0.5]])
    steps = draw(chain, [0, 1, 0], length=5, generator=generator())
    next(steps)
    assert chain.calls == 3
    assert len(list(steps)) == 4
    assert chain.calls == 7


def test_filters_see_what_was_read_and_drawn() -> None:
    seen = []

    def note(log_probs: torch.Tensor, history: torch.Tensor) -> torch.Tensor:
        seen.append(history.tolist())
        return log_probs

    cycle = Chain([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    sample(cycle, [1, 2], length=3, generator=generator(), filters=[note], rows=2)
    assert seen == [[[1, 2]] * 2, [[1, 2, 0]] * 2, [[1, 2, 0, 1]] * 2]


@pytest.mark.parametrize("vocab_size", [511, 512, 513, 1300])
def test_frequencies_over_blocks_of_the_vocabulary(vocab_size: int) -> None:
    """Ids of every block come, as often as they should, and impossible ones never."""
    seeded = generator(3)
    weights = torch.rand(vocab_size, generator=seeded) ** 4
    weights[::3] = 0
    probs = weights / weights.sum()
    chain = Chain([[1.0]])
    chain.table = probs.log().expand(vocab_size, -1)
    drawn = [row for _ in range(30) for row in sample(chain, [0], length=100, generator=seeded, rows=10)]
    counts = torch.bincount(torch.tensor(drawn).flatten(), minlength=vocab_size)
    assert not counts[probs == 0].any()
    expected = probs * 30_000
    often = expected > 5
    chi = ((counts - expected)[often] ** 2 / expected[often]).sum().item()
    freedom = int(often.sum())
    assert abs(chi - freedom) < 5 * (2 * freedom) ** 0.5


def test_frequencies_follow_the_model() -> None:
    chain = Chain([[0.1, 0.6, 0.3], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.25, 0.25]])
    drawn = sample(chain, [0], length=1, generator=generator(), rows=20_000)
    counts = Counter(row[0] for row in drawn)
    for i, p in enumerate([0.1, 0.6, 0.3]):
        assert counts[i] / 20_000 == pytest.approx(p, abs=0.015)


def test_a_certain_chain_is_followed_and_stops() -> None:
    cycle = Chain([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    assert sample(cycle, [2], length=5, generator=generator()) == [[0, 1, 2, 0, 1]]
    assert sample(cycle, [0], length=5, generator=generator(), stop=0, rows=2) == [[1, 2], [1, 2]]


def test_seeds_repeat() -> None:
    chain = Chain([[0.5, 0.5], [0.5, 0.5]])
    first = sample(chain, [0], length=40, generator=generator(1))
    assert first == sample(chain, [0], length=40, generator=generator(1))
    assert first != sample(chain, [0], length=40, generator=generator(2))


def test_top_one_is_greedy() -> None:
    chain = Chain([[0.2, 0.8], [0.6, 0.4]])
    assert sample(chain, [0], length=4, generator=generator(), filters=[TopK(1)]) == [[1, 0, 1, 0]]


def test_nothing_left_to_choose_is_an_error() -> None:
    with pytest.raises(InputError, match="no probability to any token"):
        sample(Chain([[1, 0], [1, 0]]), [0], length=1, generator=generator(), filters=[Forbid((0,))])
    with pytest.raises(UsageError, match="a prompt needs at least one id"):
        sample(Chain([[1, 0], [1, 0]]), [], length=1, generator=generator())


def test_many_sentences_are_drawn_together_and_the_ended_are_asked_no_more(translations) -> None:
    model = translations(3, 4, 1)
    model.table[0] = torch.tensor([0.0, 1.0, 0.0, 0.0]).log()  # ends at once
    model.table[1:, :, :, 1] = -torch.inf  # never end
    prompts = torch.tensor([[0], [2], [3]])
    settings = {"stop": 1, "generator": generator(2), "count": 2}
    found = samples(model, prompts, lengths=[6, 2, 4], **settings)
    assert [[len(each.ids) for each in row] for row in found] == [[0, 0], [2, 2], [4, 4]]
    assert [[each.finished for each in row] for row in found] == [[True] * 2, [False] * 2, [False] * 2]
    assert model.asked == [3, 4, 4, 4]  # the prompts once each
    for sentence, row in enumerate(found):
        targets = [(*each.ids, 1) if each.finished else each.ids for each in row]
        for each, target in zip(row, targets, strict=True):
            parts = forced_scores(model.alone(sentence), prompts[sentence : sentence + 1], [target])[0]
            assert each.token_log_probs == tuple(parts.tolist())
            assert each.score == each.log_prob == pytest.approx(parts.sum().item(), abs=1e-6)


def test_rows_of_many_sentences_follow_their_own_distributions(translations) -> None:
    model = translations(2, 4, 3)
    found = samples(model, torch.tensor([[1], [2]]), lengths=[1, 1], generator=generator(), count=4000)
    for sentence, (prompt, row) in enumerate(zip((1, 2), found, strict=True)):
        shares = torch.bincount(torch.tensor([each.ids[0] for each in row]), minlength=4) / 4000
        torch.testing.assert_close(shares, model.table[sentence, 0, prompt].exp(), atol=0.04, rtol=0)


def test_wrong_requests_for_samples(translations) -> None:
    model, prompts = translations(2, 4, 3), torch.tensor([[1], [2]])
    for lengths, count in (([1], 1), ([1, 0], 1), ([1, 1], 0)):
        with pytest.raises(UsageError, match="need a length of at least 1 for each prompt, and a count"):
            samples(model, prompts, lengths=lengths, count=count, generator=generator())
