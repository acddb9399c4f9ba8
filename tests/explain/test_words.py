"""Attributions by word, leave-one-out, attacks on words and their substitutes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.errors import UsageError
from textkit.explain.attribution import Attribution, Word, by_character, by_word
from textkit.explain.leave_one_out import leave_one_out, scored
from textkit.explain.neighbours import distributional_neighbours, leaning
from textkit.explain.prototypes import prototypes
from textkit.explain.word_attack import Parts, attack_words, margins

WEIGHTS = {"好": 2.0, "差": -1.5, "很": 0.3, "贵": -0.7, "快": 0.9}


def scores(texts: list[str]) -> np.ndarray:
    """Two classes, the second's score being a sum over characters."""
    sums = np.array([sum(WEIGHTS.get(c, 0.01) for c in text) for text in texts], np.float64)
    return np.stack([-sums, sums], axis=1)


def parts_of(text: str) -> Parts:
    return Parts.of(text, [(place, place + 1) for place, c in enumerate(text) if c != "，"])


spans = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda p: tuple(sorted(p))), max_size=8)


@given(spans)
def test_folding_keeps_the_sum(places: list[tuple[int, int]]) -> None:
    values = np.random.default_rng(len(places)).normal(size=len(places))
    characters, nowhere = by_character(9, places, values.tolist())
    assert np.isclose(characters.sum() + nowhere, values.sum())
    brute = np.zeros(9)
    for (start, end), value in zip(places, values, strict=True):
        for place in range(start, end):
            brute[place] += value / (end - start)
    np.testing.assert_allclose(characters, brute, atol=1e-12)
    words = sorted(places)
    by_words, outside = by_word(characters, words)
    assert np.isclose(sum(by_words) + outside, characters.sum())


def test_what_no_feature_touches_counts_exactly_nothing() -> None:
    characters, _ = by_character(5, [(0, 2), (3, 5), (1, 2)], [0.1, 0.2, 0.7])
    assert characters[2] == 0.0


def test_the_blank_between_two_words_gets_no_share() -> None:
    within = np.array([True, True, False, True, False])
    characters, nowhere = by_character(5, [(0, 4), (2, 3), (2, 5)], [3.0, 1.0, 2.0], within=within)
    assert characters.tolist() == [1.0, 1.0, 1.0, 3.0, 0.0]
    assert nowhere == 0


def test_leave_one_out_is_brute_force() -> None:
    texts = ["很好，贵", "差", ""]
    found = leave_one_out(lambda lists: scores(["".join(each) for each in lists]), texts)
    assert [len(each) for each in found] == [4, 1, 0]
    for text, drops in zip(texts, found, strict=True):
        for place, drop in enumerate(drops):
            left = text[:place] + text[place + 1 :]
            np.testing.assert_allclose(drop, scores([text])[0] - scores([left])[0])
    assert leave_one_out(scores, []) == []
    assert scored(scores, []).shape == (0, 0)
    some = leave_one_out(
        lambda lists: scores(["".join(each) for each in lists]), ["很好，贵"], places=[[3, 0]]
    )
    np.testing.assert_allclose(some[0], found[0][[3, 0]])


def test_many_texts_go_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textkit.explain.leave_one_out.AT_ONCE", 3)
    sizes: list[int] = []

    def counted(texts: list[str]) -> np.ndarray:
        sizes.append(len(texts))
        return scores(texts)

    np.testing.assert_allclose(scored(counted, iter("好差很贵快")), scores(list("好差很贵快")))
    assert sizes == [3, 2]


@pytest.mark.parametrize("text", ["好差很贵", "很好，快快", "好好好", "贵差贵，很"])
@pytest.mark.parametrize("budget", [0.0, 0.25, 0.5, 1.0])
def test_deleting_by_rank_is_the_best_there_is_for_a_sum(text: str, budget: float) -> None:
    cut = parts_of(text)
    label = int(scores([text]).argmax())
    (attack,) = attack_words(scores, [cut], np.array([label]), budget=budget)
    allowed = int(budget * len(cut.words))
    assert len(attack.changes) <= allowed
    places = [c for size in range(allowed + 1) for c in itertools.combinations(cut.words, size)]
    lefts = ["".join(p for n, p in enumerate(cut.parts) if n not in chosen) for chosen in places]
    best = margins(scores(lefts), np.full(len(lefts), label)).min()
    assert attack.succeeded == (best <= 0)
    if not attack.succeeded:  # it did all it may
        assert np.isclose(attack.margin, best)
    expected = margins(scores([attack.text]), np.array([label]))[0]
    assert np.isclose(attack.margin, expected)
    for change in attack.changes:
        assert cut.parts[change.place] == change.old
        assert attack.parts[change.place] == change.new == ""


def test_substitutes_within_the_budget_the_best_of_each() -> None:
    texts = [parts_of("好好快很"), parts_of("差")]
    swaps = {"好": ("快", "差"), "快": ("好",), "差": ("好",)}
    found = attack_words(
        scores, texts, np.array([1, 1]), budget=0.5, substitutes=lambda word: swaps.get(word, ())
    )
    assert found[0].text == "差差快很"  # 5.2 to -1.8: after two it is wrong
    assert [change.new for change in found[0].changes] == ["差", "差"]
    assert found[0].succeeded
    assert found[1].text == "差"  # wrong already: left alone
    assert not found[1].succeeded
    kept = attack_words(scores, texts[:1], np.array([1]), budget=1.0, substitutes=lambda word: ("好",))
    assert all(WEIGHTS[change.old] > WEIGHTS[change.new] for change in kept[0].changes)
    assert not kept[0].changes  # nothing lowers the margin
    assert attack_words(scores, [], np.array([], np.int64), budget=0.5) == []
    with pytest.raises(UsageError, match="between 0 and 1"):
        attack_words(scores, texts, np.array([1, 1]), budget=1.5)


def test_parts_join_to_the_text_whatever_the_spans() -> None:
    text = "abc def"
    cut = Parts.of(text, [(0, 2), (1, 3), (4, 4), (4, 7)])
    assert "".join(cut.parts) == text
    assert [cut.parts[place] for place in cut.words] == ["ab", "def"]


def test_words_in_the_same_places_are_neighbours_but_not_of_another_class() -> None:
    texts, classes = [], []
    for noun in ("房间", "服务", "早餐", "位置"):
        for word, label in (("好", 1), ("棒", 1), ("差", 0), ("烂", 0)):
            texts += [["这", noun, "很", word, "啊"]] * 2
            classes += [label] * 2
    found = distributional_neighbours(texts, size=5)
    assert set(found["好"]) >= {"棒", "差", "烂"}
    assert set(found["房间"][:3]) == {"服务", "早餐", "位置"}
    kept = distributional_neighbours(texts, size=5, classes=np.array(classes))
    assert "棒" in kept["好"]
    assert not {"差", "烂"} & set(kept["好"])
    assert distributional_neighbours([["啊"]], size=3) == {}


def test_leaning_evens_classes_out() -> None:
    lean = leaning([["a"], ["a"], ["a"], ["a", "b"]], ["a", "b"], np.array([0, 0, 0, 1]))
    np.testing.assert_allclose(lean.sum(1), 1, rtol=1e-6)
    assert lean[1, 1] > lean[0, 1] > 0.4


def test_prototypes_are_as_good_as_any_choice_up_to_the_known_factor() -> None:
    vectors = np.abs(np.random.default_rng(1).normal(size=(9, 3)))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    alike = unit @ unit.T
    found = prototypes(vectors, count=3)
    reached = alike[:, [group.case for group in found]].max(1).sum()
    best = max(alike[:, list(chosen)].max(1).sum() for chosen in itertools.combinations(range(9), 3))
    assert reached >= (1 - 1 / np.e) * best
    members = [member for group in found for member in group.members]
    assert sorted(members) == list(range(9))
    assert all(group.members[0] == group.case for group in found)
    assert [len(group.members) for group in found] == sorted((len(g.members) for g in found), reverse=True)
    assert len(prototypes(np.ones((4, 2)), count=3)) == 1  # copies are one kind
    assert prototypes(np.zeros((0, 3)), count=2) == []


def test_attribution_pieces_cover_the_text_and_rank() -> None:
    words = (Word("很", 0, 1, 0.2), Word("很好", 0, 2, -3.0), Word("贵", 4, 5, 1.0))
    attribution = Attribution("很好，但贵。", words, "1", "0", "m", 1.0)
    assert "".join(piece for piece, _ in attribution.pieces()) == attribution.text
    assert [score for _, score in attribution.pieces()] == [0.2, -3.0, None, 1.0, None]
    assert [word.text for word in attribution.top(2)] == ["贵", "很"]
    assert [word.text for word in attribution.ranked(1)] == ["贵", "很好"]
    assert attribution.as_dict(top=1)["top"] == [words[2]._asdict()]
    assert attribution.as_dict()["words"][2] == {"text": "贵", "start": 4, "end": 5, "score": 1.0}
    assert Attribution("", (), "1", None, "m", 0.0).largest == 0
