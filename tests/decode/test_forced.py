from __future__ import annotations

import pytest
import torch

from textkit.decode.beam import beam_searches
from textkit.decode.forced import forced_scores
from textkit.errors import InputError, UsageError

PROMPTS = torch.tensor([[1, 0], [0, 2], [2, 2]])


def test_the_parts_are_the_models_step_by_step(translations) -> None:
    model, targets = translations(3, 5, 1), [[3, 1], [], [4, 0, 0, 1]]
    found = forced_scores(model, PROMPTS, targets)
    assert [len(each) for each in found] == [2, 0, 4]
    for sentence, target in enumerate(targets):
        history = [*PROMPTS[sentence].tolist(), *target]
        for place, i in enumerate(target):
            expected = model.table[sentence, history[place], history[place + 1], i]
            assert found[sentence][place] == expected
    assert model.asked == [3, 3, 2, 1, 1]  # both of the prompt; then those that still have an id to come


def test_it_is_the_probability_that_a_search_tells(translations) -> None:
    model = translations(3, 5, 2)
    found = beam_searches(model, PROMPTS, width=3, lengths=[4, 2, 6], stop=1, length_penalty=1.0)
    best = [each[0] for each in found]
    targets = [(*each.ids, 1) if each.finished else each.ids for each in best]
    scores = forced_scores(model, PROMPTS, targets)
    for each, parts in zip(best, scores, strict=True):
        assert tuple(parts.tolist()) == each.token_log_probs
        assert each.log_prob == pytest.approx(parts.double().sum().item(), abs=1e-9)


def test_wrong_requests(translations) -> None:
    model = translations(3, 5, 2)
    with pytest.raises(UsageError, match="each prompt needs a target: 3 and 1 do not match"):
        forced_scores(model, PROMPTS, [[1]])
    with pytest.raises(InputError, match=r"ids must be below the 5 of the model and not negative, .* 0 to 5"):
        forced_scores(model, PROMPTS, [[1], [5], [0]])
    assert forced_scores(model, PROMPTS[:0], []) == []
