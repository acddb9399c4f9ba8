"""Beam search of many sentences at once: what one by one would find, and what it tells of it."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.decode.beam import beam_searches
from textkit.decode.exhaustive import exhaustive_search
from textkit.decode.filters import Forbid, MinimumLength, NoRepeatNgrams
from textkit.decode.forced import forced_scores
from textkit.decode.forced_prefix import ForcedPrefix
from textkit.decode.hypothesis import coverage_penalty_of, length_penalty_of
from textkit.errors import InputError, UsageError
from textkit.models.translators.recurrent import RecurrentTranslator, RecurrentTranslatorSettings
from textkit.models.translators.transformer import TranslatorTransformer, TranslatorTransformerSettings

PROMPTS = torch.tensor([[1], [0], [1], [2]])
LENGTHS = [5, 1, 7, 3]


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    width=st.integers(1, 5),
    levels=st.sampled_from([0, 2]),
    alpha=st.sampled_from([0.0, 1.0]),
    beta=st.sampled_from([0.0, 0.4]),
    patience=st.sampled_from([None, 1.0]),
    filters=st.sampled_from([[], [Forbid((0,)), NoRepeatNgrams(2)], [MinimumLength(3, end=1, prompt=1)]]),
)
def test_together_is_as_one_by_one(translations, seed, width, levels, alpha, beta, patience, filters) -> None:
    model = translations(4, 5, seed, levels=levels)
    how = {
        "width": width,
        "stop": 1,
        "filters": filters,
        "length_penalty": alpha,
        "coverage_penalty": beta,
        "n_best": width,
        "patience": patience,
        "attention": True,
    }
    together = beam_searches(model, PROMPTS, lengths=LENGTHS, **how)
    for sentence, found in enumerate(together):
        alone = beam_searches(
            model.alone(sentence),
            PROMPTS[sentence : sentence + 1],
            lengths=LENGTHS[sentence : sentence + 1],
            **how,
        )
        assert [found] == alone
        for one, other in zip(found, alone[0], strict=True):
            assert one.token_log_probs == other.token_log_probs
            assert torch.equal(one.attention, other.attention)


def searched_plainly(table, prompt: int, *, width: int, length: int, alpha: float, patience: float) -> list:
    """The best ids with their scores after `prompt`, hypothesis by hypothesis; id 1 stops."""
    running, found, finished = [(0.0, (0, prompt))], [], 0
    for drawn in range(1, length + 1):
        grown = [
            (total + float(log_prob), (*ids, new))
            for total, ids in running
            for new, log_prob in enumerate(table[ids[-2], ids[-1]])
        ]
        grown.sort(key=lambda each: -each[0])  # stable: of equals that of the better one, then the lower id
        ended = [each for each in grown[:width] if each[1][-1] == 1]
        running = [each for each in grown if each[1][-1] != 1][:width]
        finished += len(ended)
        over = running if drawn == length else []
        found += [(total / length_penalty_of(drawn, alpha), ids[2:]) for total, ids in ended + over]
        found.sort(key=lambda each: (-each[0], each[1][:-1] if each[1][-1] == 1 else each[1]))
        can_still = running[0][0] / length_penalty_of(length, alpha)
        if finished >= patience * width or (len(found) >= width and found[width - 1][0] >= can_still):
            break
    return found[:width]


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    width=st.integers(1, 5),
    levels=st.sampled_from([0, 2]),
    alpha=st.sampled_from([0.0, 1.0]),
    patience=st.sampled_from([0.5, 1.0, 100.0]),
)
def test_it_is_the_search_written_plainly(translations, seed, width, levels, alpha, patience) -> None:
    model = translations(4, 5, seed, levels=levels)
    how = {"width": width, "length_penalty": alpha, "patience": patience, "n_best": width}
    together = beam_searches(model, PROMPTS, lengths=LENGTHS, stop=1, **how)
    for sentence, (found, length) in enumerate(zip(together, LENGTHS, strict=True)):
        plain = searched_plainly(
            model.table[sentence],
            int(PROMPTS[sentence]),
            width=width,
            length=length,
            alpha=alpha,
            patience=max(patience, 1 / width),
        )
        assert [(each.score, (*each.ids, 1) if each.finished else each.ids) for each in found] == plain


@pytest.mark.parametrize("beta", [0.0, 0.7])
def test_scores_parts_and_attention_are_those_of_the_ids(translations, beta: float) -> None:
    model = translations(4, 5, 3)
    found = beam_searches(
        model,
        PROMPTS,
        width=4,
        lengths=LENGTHS,
        stop=1,
        length_penalty=0.8,
        coverage_penalty=beta,
        n_best=4,
        attention=True,
    )
    for sentence, hypotheses in enumerate(found):
        assert len(hypotheses) == 4 or LENGTHS[sentence] == 1
        for each in hypotheses:
            ids = (*each.ids, 1) if each.finished else each.ids
            history = [0, int(PROMPTS[sentence, 0]), *ids]
            before = list(itertools.pairwise(history))[: len(ids)]
            parts = [float(model.table[sentence, a, b, i]) for (a, b), i in zip(before, ids, strict=True)]
            looks = torch.stack([model.looks[sentence, a, b] for a, b in before])
            assert each.token_log_probs == tuple(parts)
            assert each.log_prob == pytest.approx(sum(parts), abs=1e-6)
            assert torch.equal(each.attention, looks)
            coverage = beta * sum(math.log(min(total, 1)) for total in looks.sum(0).tolist())
            expected = sum(parts) / length_penalty_of(len(ids), 0.8) + coverage
            assert each.score == pytest.approx(expected, abs=1e-5)


def test_as_wide_as_the_space_it_finds_what_a_coverage_penalty_wants(translations) -> None:
    model = translations(1, 3, 7)
    found = beam_searches(
        model,
        torch.tensor([[1]]),
        width=3**4,
        lengths=[4],
        stop=1,
        length_penalty=1.0,
        coverage_penalty=2.0,
        n_best=3**4,
        attention=True,
    )[0]
    everything = exhaustive_search(model, [1], length=4, stop=1)
    assert {(each.ids, each.finished) for each in found} == {(each.ids, each.finished) for each in everything}
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    best = max(
        each.log_prob / length_penalty_of(len(each.token_log_probs), 1.0)
        + coverage_penalty_of(each.attention, 2)
        for each in found
    )
    assert found[0].score == pytest.approx(best, abs=1e-9)


class Sources(NamedTuple):
    ids: torch.Tensor
    lengths: torch.Tensor


@pytest.mark.parametrize("kind", ["transformer", "recurrent"])
def test_networks_translate_together_as_one_by_one(kind: str) -> None:
    torch.manual_seed(0)
    network = (
        TranslatorTransformer(TranslatorTransformerSettings(9, 11, width=16, layers=2, heads=2))
        if kind == "transformer"
        else RecurrentTranslator(RecurrentTranslatorSettings("gru", 9, 11, width=16))
    ).eval()
    with torch.no_grad():  # untrained networks hardly choose
        for weight in network.parameters():
            weight.mul_(2.5)
    lengths = [7, 2, 5, 1]
    ids, prompts = torch.randint(9, (4, 7)), torch.ones(4, 1, dtype=torch.long)
    how = {"width": 3, "stop": 1, "length_penalty": 0.6, "n_best": 2, "attention": True}
    model = network.decoding(Sources(ids, torch.tensor(lengths)))
    together = beam_searches(model, prompts, lengths=[9, 4, 12, 5], **how)
    targets = [(*found[0].ids, 1) if found[0].finished else found[0].ids for found in together]
    for found, parts in zip(together, forced_scores(model, prompts, targets), strict=True):
        assert found[0].log_prob == pytest.approx(parts.sum().item(), abs=1e-3)
    for sentence, (found, most) in enumerate(zip(together, [9, 4, 12, 5], strict=True)):
        size = lengths[sentence]
        own = Sources(ids[sentence : sentence + 1, :size], torch.tensor([size]))
        alone = beam_searches(network.decoding(own), prompts[:1], lengths=[most], **how)[0]
        assert [(each.ids, each.finished) for each in found] == [(each.ids, each.finished) for each in alone]
        for one, other in zip(found, alone, strict=True):
            assert one.score == pytest.approx(other.score, abs=1e-3)
            torch.testing.assert_close(one.attention[:, :size], other.attention, atol=1e-4, rtol=0)
            assert not one.attention[:, size:].any()


def test_padding_of_the_source_does_not_count_as_not_covered() -> None:
    weights = torch.tensor([[0.5, 0.25, 0.25], [0.75, 0.25, 0.0]])
    padded = torch.cat([weights, torch.zeros(2, 2)], dim=1)
    assert coverage_penalty_of(padded, 0.5) == coverage_penalty_of(weights, 0.5) < 0


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6))
def test_prefixes_are_forced_sentence_by_sentence(translations, seed: int) -> None:
    model, prefixes = translations(4, 4, seed), [[2, 3], [], [0, 0, 2], [3]]
    prompts = torch.cat([PROMPTS, PROMPTS.flip(0)], dim=1)
    found = beam_searches(
        model,
        prompts,
        width=4**4,
        lengths=[4, 4, 4, 4],
        stop=1,
        filters=[ForcedPrefix(prefixes, prompt=2)],
        n_best=2,
    )
    for sentence, (prefix, best) in enumerate(zip(prefixes, found, strict=True)):
        everything = exhaustive_search(model.alone(sentence), prompts[sentence].tolist(), length=4, stop=1)
        expected = [each for each in everything if list(each.ids[: len(prefix)]) == prefix]
        assert [each.log_prob for each in best] == pytest.approx(
            [each.log_prob for each in expected[:2]], abs=1e-5
        )
        forced = sum(best[0].token_log_probs[: len(prefix)])
        assert best[0].score == pytest.approx(best[0].log_prob - forced, abs=1e-5)
    with pytest.raises(UsageError, match=r"1 prefix\(es\) do not reach to sentence 4"):
        beam_searches(model, PROMPTS, width=2, lengths=LENGTHS, filters=[ForcedPrefix([[2]])])


def test_no_sentences_give_nothing(translations) -> None:
    assert (
        beam_searches(translations(1, 3, 0), torch.zeros(0, 1, dtype=torch.long), width=1, lengths=[]) == []
    )


def test_wrong_requests(translations) -> None:
    model = translations(4, 3, 0)
    with pytest.raises(UsageError, match="each prompt needs a length: 4 and 1 do not match"):
        beam_searches(model, PROMPTS, width=1, lengths=[3])
    with pytest.raises(UsageError, match=r"a width and a length of at least 1 .* not 1, 0 and 1"):
        beam_searches(model, PROMPTS, width=1, lengths=[3, 0, 1, 1])
    with pytest.raises(UsageError, match="the coverage penalty must be 0 or a positive number, not -1"):
        beam_searches(model, PROMPTS, width=1, lengths=LENGTHS, coverage_penalty=-1)
    with pytest.raises(UsageError, match="the patience of a search must be 0 or more, not -1"):
        beam_searches(model, PROMPTS, width=1, lengths=LENGTHS, patience=-1)
    with pytest.raises(UsageError, match=r"not one of 1 dimension\(s\)"):
        beam_searches(model, PROMPTS[:, 0], width=1, lengths=LENGTHS)
    model.table[2] = -math.inf
    with pytest.raises(InputError, match="no probability to any token allowed here"):
        beam_searches(model, PROMPTS, width=1, lengths=LENGTHS)

    class Blind:
        start, step, reorder = model.start, model.step, model.reorder

    with pytest.raises(UsageError, match="this model has no attention"):
        beam_searches(Blind(), PROMPTS, width=1, lengths=LENGTHS, attention=True)
