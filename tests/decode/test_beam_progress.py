"""Beam search of many sentences under way: the rows it takes, its patience, and what is watched."""

from __future__ import annotations

import math

import pytest
import torch

from textkit.decode.beam import beam_search, beam_searches
from textkit.decode.search_step import SearchStep


def test_sentences_that_are_done_take_no_more_rows(translations) -> None:
    model = translations(3, 4, 0)
    model.table[0] = torch.tensor([0.01, 0.97, 0.01, 0.01]).log()  # ends at once
    model.table[1:, :, :, 1] = -math.inf  # never end
    beam_searches(model, torch.zeros(3, 1, dtype=torch.long), width=2, lengths=[6, 2, 4], stop=1)
    assert model.asked == [3, 4, 2, 2]


def test_sentences_with_fewer_hypotheses_are_filled_up(translations) -> None:
    model = translations(2, 4, 5)
    model.table[0, :, :, 2:] = -math.inf  # 0 or the end: one hypothesis runs
    found = beam_searches(
        model, torch.zeros(2, 1, dtype=torch.long), width=3, lengths=[4, 4], stop=1, n_best=3
    )
    assert max(model.asked) == 6
    assert all(set(each.ids) <= {0} for each in found[0])
    assert found[0] == beam_search(model.alone(0), [0], width=3, length=4, stop=1, n_best=3)


def test_patience_ends_a_search_that_a_length_penalty_draws_out(translations) -> None:
    model = translations(1, 4, 2)
    model.table[:] = torch.tensor([0.3, 0.3, 0.2, 0.2]).log()
    prompt, how = torch.tensor([[0]]), {"width": 3, "lengths": [40], "stop": 1, "length_penalty": 1.0}
    beam_searches(model, prompt, **how)
    until_sure, model.asked = len(model.asked), []
    seen: list[SearchStep] = []
    found = beam_searches(model, prompt, patience=1, watch=seen.append, **how)[0]
    assert len(model.asked) < until_sure
    assert sum(step.fate == "finished" for step in seen if len(step.ids) < len(model.asked)) < 3
    assert found[0].finished
    first = beam_searches(model, prompt, patience=0, watch=seen.append, **how)[0]
    assert len(first) == 1


def test_what_is_watched_is_a_tree(translations) -> None:
    model = translations(2, 5, 11)
    seen: list[SearchStep] = []
    prompts = torch.tensor([[0], [2]])
    found = beam_searches(model, prompts, width=2, lengths=[4, 3], stop=1, n_best=2, watch=seen.append)
    for sentence in range(2):
        own = {step.ids: step for step in seen if step.sentence == sentence}
        running = {ids for ids, step in own.items() if step.fate == "running"}
        for ids, step in own.items():
            assert len(ids) == 1 or ids[:-1] in running
            if len(ids) > 1:
                assert step.score <= own[ids[:-1]].score
        for size in range(1, 5):
            fates = [step.fate for ids, step in own.items() if len(ids) == size]
            assert fates.count("running") <= 2
            assert len(fates) <= 4
        for each in found[sentence]:
            ids = (*each.ids, 1) if each.finished else each.ids
            assert own[ids].fate == ("finished" if each.finished else "running")
            assert own[ids].score == pytest.approx(each.score, abs=1e-6)
