"""The tagger's network: what is padding, unknown or dropped, and that it learns from both ends."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.network import PADDING
from textkit.models.tagger import NO_LETTER, UNKNOWN, Sentences, Spelling, TaggerNetwork, TaggerSettings

SETTINGS = TaggerSettings("lstm", vocab_size=9, tags=3, embedding=6, hidden=5, alphabet=7, letters=4)


def network(**changes: object) -> TaggerNetwork:
    torch.manual_seed(0)
    return TaggerNetwork(dataclasses.replace(SETTINGS, **changes))


def sentences() -> Sentences:
    torch.manual_seed(1)
    words = torch.tensor([3, 1, UNKNOWN, 8, UNKNOWN])
    letters = torch.tensor([[1, 2, 3], [4, 0, 0], [5, 6, 0], [1, 1, 2], [6, 5, 4]])
    return Sentences(torch.tensor([[0, 1, 2, 3], [4, 0, 0, 0]]), torch.tensor([4, 2]), words, letters)


@pytest.mark.parametrize("backend", ["torch", "scratch"])
@pytest.mark.parametrize("letters", [0, 4])
@pytest.mark.parametrize("output", ["crf", "softmax"])
def test_padding_changes_nothing(backend: str, letters: int, output: str) -> None:
    tagger = network(backend=backend, letters=letters, output=output, layers=2).eval()
    together, both = sentences(), torch.tensor([[0, 1, 2, 1], [2, 0, PADDING, PADDING]])
    scores = tagger(together)
    losses = []
    for row, length in enumerate(together.lengths.tolist()):
        alone = together._replace(
            places=together.places[row : row + 1, :length], lengths=together.lengths[row : row + 1]
        )
        torch.testing.assert_close(tagger(alone)[0], scores[row, :length])
        losses.append(tagger.loss(alone, both[row : row + 1, :length]) * length)
    torch.testing.assert_close(tagger.loss(together, both), sum(losses) / 6)
    wider = together._replace(letters=functional.pad(together.letters, (0, 2), value=NO_LETTER))
    torch.testing.assert_close(tagger(wider), scores)


def test_the_softmax_loss_is_cross_entropy_and_the_chains_without_scores() -> None:
    tagger = network(output="softmax").eval()
    given, tags = sentences(), torch.tensor([[0, 1, 2, 1], [2, 0, PADDING, PADDING]])
    wanted = -tagger.chain.log_likelihood(tagger(given), given.lengths, tags).sum() / 6
    torch.testing.assert_close(tagger.loss(given, tags), wanted)
    assert not any(name.startswith("chain") for name, _ in tagger.named_parameters())


def test_the_backends_are_one_model() -> None:
    ours, theirs = network(backend="scratch").eval(), network(backend="torch").eval()
    torch.testing.assert_close(ours(sentences()), theirs(sentences()))


def test_each_score_depends_on_the_words_at_both_ends() -> None:
    tagger = network().eval()
    first = tagger(sentences())[0]
    for changed, place in ((3, 0), (0, 3)):
        places = sentences().places.clone()
        places[0, changed] = 4
        assert not torch.allclose(tagger(sentences()._replace(places=places))[0, place], first[place])


def test_unknown_words_differ_by_their_letters_alone() -> None:
    given = sentences()
    places = given._replace(places=torch.tensor([[2], [4]]), lengths=torch.tensor([1, 1]))
    with_letters, without = network().eval()(places), network(letters=0).eval()(places)
    assert not torch.allclose(with_letters[0], with_letters[1])
    torch.testing.assert_close(without[0], without[1])


def test_dropped_words_are_taken_for_unknown_in_training_only() -> None:
    given, unknown = sentences(), sentences()._replace(words=torch.full((5,), UNKNOWN))
    tagger = network(rarity=1e9)
    torch.testing.assert_close(tagger(given), tagger.eval()(unknown))
    assert not torch.allclose(tagger(given), tagger(unknown))


def test_the_more_often_a_word_was_seen_the_less_it_is_taken_for_unknown() -> None:
    counts = torch.tensor([0, 1, 3, 8, 1000])
    tagger = TaggerNetwork(TaggerSettings("gru", 5, 2, embedding=4, hidden=4, rarity=2.0), counts=counts)
    torch.testing.assert_close(tagger.unknown_chance, torch.tensor([2 / 3, 2 / 3, 2 / 5, 1 / 5, 2 / 1002]))
    torch.nn.init.ones_(tagger.embedding.weight)
    torch.nn.init.zeros_(tagger.embedding.weight[UNKNOWN])
    words = torch.arange(5)
    many = Sentences(words[None].expand(4000, 5), torch.full((4000,), 5), words, words[:, None])
    dropped = 1 - tagger._embed(many)[..., 0].mean(dim=0)
    torch.testing.assert_close(dropped[1:], tagger.unknown_chance[1:], atol=0.03, rtol=0)
    with pytest.raises(UsageError, match=r"5 words need as many counts, not \(4,\)"):
        TaggerNetwork(TaggerSettings("gru", 5, 2, embedding=4, hidden=4), counts=counts[1:])


def test_letters_are_read_with_their_neighbours_up_to_the_end() -> None:
    torch.manual_seed(0)
    spelling = Spelling(7, 8)
    features = spelling(torch.tensor([[1, 2, 3, 0], [3, 2, 1, 0], [0, 0, 0, 0]]))
    assert not torch.allclose(features[0], features[1])
    assert not features[2].any()
    torch.testing.assert_close(spelling(torch.tensor([[1, 2, 3]]))[0], features[0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tags": 0}, "a tagger needs words, tags, letters and widths: at least 1 of each"),
        ({"dropout": 1.0}, r"dropout must lie in \[0, 1\), not 1.0"),
        ({"rarity": -0.1}, "rarity must be 0 or more, not -0.1"),
    ],
)
def test_settings_that_make_no_sense(changes: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        dataclasses.replace(SETTINGS, **changes)
