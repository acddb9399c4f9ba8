from __future__ import annotations

import itertools
import math

import pytest
import torch

from textkit.decode.beam import beam_search, beam_searches
from textkit.decode.combined import Ensemble, Fusion, matching_ids
from textkit.decode.exhaustive import exhaustive_search
from textkit.decode.filters import Forbid
from textkit.decode.sample import samples
from textkit.errors import UsageError
from textkit.text.vocab import Vocab

SETTINGS = {"width": 4**3, "length": 3, "n_best": 10}


class Bigram:
    """A language model: the table of what follows an id."""

    def __init__(self, vocab_size: int, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.table = torch.randn(vocab_size, vocab_size, generator=generator).log_softmax(-1)

    def start(self, rows: int) -> None:
        return None

    def step(self, ids: torch.Tensor, state: None) -> tuple[torch.Tensor, None]:
        return self.table[ids], None

    def reorder(self, state: None, rows: torch.Tensor) -> None:
        return None


def test_an_ensemble_is_the_mean_of_probabilities(translations) -> None:
    models = [translations(2, 4, seed) for seed in range(3)]
    both = Ensemble(models)
    log_probs, state = both.step(torch.tensor([1, 2]), both.start(2))
    expected = torch.stack([model.table[[0, 1], [0, 0], [1, 2]].exp() for model in models]).mean(0)
    torch.testing.assert_close(log_probs.exp(), expected)
    looks = torch.stack([model.looks[[0, 1], [0, 0], [1, 2]] for model in models]).mean(0)
    torch.testing.assert_close(both.attention(state), looks)
    prompts = torch.tensor([[1], [2]])
    how = {"width": 3, "lengths": [5, 4], "stop": 0, "n_best": 3}
    alone = beam_searches(models[0], prompts, **how)
    same = beam_searches(Ensemble([models[0]] * 2), prompts, **how)
    assert [[each.ids for each in found] for found in same] == [
        [each.ids for each in found] for found in alone
    ]
    found = beam_search(Ensemble([model.alone(0) for model in models]), [1], **SETTINGS)
    expected = exhaustive_search(Ensemble([model.alone(0) for model in models]), [1], length=3)
    assert [each.ids for each in found] == [each.ids for each in expected[:10]]


def test_an_id_that_one_model_of_an_ensemble_excludes_can_still_come(translations) -> None:
    one, other = translations(1, 2, 0), translations(1, 2, 1)
    one.table[:] = torch.tensor([1.0, 0.0]).log()
    other.table[:] = torch.tensor([0.5, 0.5]).log()
    log_probs, _ = Ensemble([one, other]).step(torch.tensor([0]), Ensemble([one, other]).start(1))
    torch.testing.assert_close(log_probs.exp(), torch.tensor([[0.75, 0.25]]))


@pytest.mark.parametrize("filters", [[], [Forbid((3,))]])
def test_fusion_chooses_by_the_sum_and_tells_the_models_probability(translations, filters) -> None:
    model, language_model, ids = translations(1, 4, 4), Bigram(6, 5), torch.tensor([0, 1, 5, 3])
    fused = Fusion(model, language_model, weight=0.6, language_model_ids=ids)
    found = beam_search(fused, [2], filters=filters, **SETTINGS)
    expected = []
    for drawn in itertools.product(range(4), repeat=3):
        history, total, own = [0, 2, *drawn], 0.0, 0.0
        for place, i in enumerate(drawn):
            row = model.table[0, history[place], history[place + 1]]
            own += float(row[i])
            kept = Forbid((3,))(row[None], torch.empty(1, 0))[0] if filters else row
            total += float(kept[i]) + 0.6 * float(language_model.table[ids[history[place + 1]], ids[i]])
        expected.append((total, own, drawn))
    expected.sort(reverse=True)
    assert [each.ids for each in found] == [drawn for _, _, drawn in expected[:10]]
    assert [each.score for each in found] == pytest.approx([total for total, _, _ in expected[:10]], abs=1e-5)
    assert [each.log_prob for each in found] == pytest.approx([own for _, own, _ in expected[:10]], abs=1e-5)


def test_fusion_goes_through_batches_samples_and_ensembles(translations) -> None:
    models, language_model = [translations(3, 4, seed) for seed in (6, 7)], Bigram(4, 8)
    prompts = torch.tensor([[0], [1], [2]])
    fused = Fusion(Ensemble(models), language_model, weight=0.5)
    how = {"width": 3, "lengths": [4, 2, 6], "stop": 1, "attention": True}
    together = beam_searches(fused, prompts, **how)
    for sentence, found in enumerate(together):
        alone = Fusion(Ensemble([model.alone(sentence) for model in models]), language_model, weight=0.5)
        how["lengths"] = [(4, 2, 6)[sentence]]
        assert beam_searches(alone, prompts[sentence : sentence + 1], **how) == [found]
    language_model.table[:, 2] = -math.inf
    alone = models[0].alone(0)
    plain = Fusion(alone, language_model, weight=0)
    assert beam_search(plain, [0], width=2, length=3) == beam_search(alone, [0], width=2, length=3)
    generator = torch.Generator().manual_seed(0)
    drawn = samples(fused, prompts, lengths=[5] * 3, generator=generator, count=20)
    assert all(2 not in each.ids for row in drawn for each in row)  # the language model forbids it


def test_fused_rows_are_moved_twice_before_a_step(translations) -> None:
    fused = Fusion(translations(2, 4, 9), Bigram(4, 10), weight=0.5)
    log_probs, state = fused.step(torch.tensor([1, 2]), fused.start(2))
    first, second = torch.tensor([0, 0, 1, 1]), torch.tensor([2, 3])
    twice = fused.reorder(fused.reorder(state, first), second)
    once = fused.reorder(state, torch.tensor([1, 1]))
    ids, rows = torch.tensor([3, 0]), first[second]
    torch.testing.assert_close(fused.guided(log_probs[rows], twice), fused.guided(log_probs[rows], once))
    (found, after), (expected, other) = fused.step(ids, twice), fused.step(ids, once)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(fused.guided(found, after), fused.guided(expected, other))


def test_ids_of_the_same_token() -> None:
    own, other = Vocab.build(["bac"]), Vocab.build(["ab"])
    assert own.tokens == ("<unk>", "b", "a", "c")
    assert matching_ids(own, other).tolist() == [0, 2, 1, 0]
    specials = (("<unk>", "</s>"), ("</s>", "<s>", "<unk>"))
    own, other = (Vocab.build(["ab"], specials=each) for each in specials)
    assert matching_ids(own, other, unknown=2).tolist() == [2, 0, 3, 4]


def test_wrong_combinations(translations) -> None:
    model, language_model = translations(1, 4, 0), Bigram(5, 0)
    with pytest.raises(UsageError, match="an ensemble needs at least one model"):
        Ensemble([])
    with pytest.raises(UsageError, match="fuse a language model with the whole ensemble"):
        Ensemble([model, Fusion(model, language_model, weight=1)])
    with pytest.raises(UsageError, match=r"must share their ids, not have \[4, 5\] of them"):
        beam_search(Ensemble([model, language_model]), [0], width=1, length=1)
    with pytest.raises(UsageError, match="weight of a language model must be 0 or a positive number, not -1"):
        Fusion(model, language_model, weight=-1)
    with pytest.raises(UsageError, match="has 5 ids and the model 4: give language_model_ids"):
        beam_search(Fusion(model, language_model, weight=1), [0], width=1, length=1)
    with pytest.raises(UsageError, match="split sources differently: they share no attention"):
        uneven = Ensemble([model, translations(1, 4, 0, source=5)])
        beam_searches(uneven, torch.tensor([[0]]), width=1, lengths=[1], attention=True)
    with pytest.raises(UsageError, match="this model has no attention"):
        fused = Fusion(language_model, language_model, weight=1)
        beam_searches(fused, torch.tensor([[0]]), width=1, lengths=[1], attention=True)
