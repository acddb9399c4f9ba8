"""The travel corpus: well-formed tags, towns and times whose slot hangs on context, the same every time."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from typing import Any

import pytest

from textkit.errors import InputError
from textkit_corpora.grammars.dice import Dice
from textkit_corpora.grammars.lexicon import words
from textkit_corpora.grammars.travel import CORPUS
from textkit_corpora.grammars.travel_request import SLOTS, Request

SHA256 = "3c66fd1d4dd99e592d0f822be9463e1bde1fe75943ca0adfd94e443c764bb76e"

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def lines() -> dict[str, list[str]]:
    return dict(CORPUS.generate())


@pytest.fixture(scope="module")
def rows(lines: dict[str, list[str]]) -> Rows:
    return {split: [json.loads(line) for line in part] for split, part in lines.items()}


def phrases(row: dict[str, Any]) -> list[tuple[str, str]]:
    """The (words, slot) pairs of a request, read from its tags."""
    out: list[tuple[str, str]] = []
    for token, tag in zip(row["tokens"], row["tags"], strict=True):
        if tag.startswith("B-"):
            out.append((token, tag[2:]))
        elif tag.startswith("I-"):
            out[-1] = (f"{out[-1][0]} {token}", tag[2:])
    return out


def test_sizes_splits_and_languages(rows: Rows) -> None:
    sizes = {split: Counter(row["language"] for row in part) for split, part in rows.items()}
    assert sizes == {
        "train": {"en": 1280, "zh": 320},
        "dev": {"en": 160, "zh": 40},
        "test": {"en": 160, "zh": 40},
    }
    assert list(rows) == ["train", "dev", "test"]


def test_tags_are_well_formed(rows: Rows) -> None:
    slots = {tag for tag, _ in SLOTS.values()} - {"O"}
    assert len(slots) == 10
    for part in rows.values():
        for row in part:
            assert list(row) == ["tokens", "tags", "language"]
            assert len(row["tokens"]) == len(row["tags"]) > 0
            assert all(token and token == token.strip() and token.isprintable() for token in row["tokens"])
            for before, tag in zip(["O", *row["tags"]], row["tags"], strict=False):
                assert tag == "O" or (tag[:2] in ("B-", "I-") and tag[2:] in slots)
                assert not tag.startswith("I-") or before[2:] == tag[2:], row


def test_every_slot_is_in_every_split(rows: Rows) -> None:
    for part in rows.values():
        assert len({slot for row in part for _, slot in phrases(row)}) == 10


def test_no_request_twice_within_or_across_splits(rows: Rows) -> None:
    texts = [" ".join(row["tokens"]).lower() for part in rows.values() for row in part]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("language", "kind", "one", "other"),
    [
        ("en", "city", "origin", "destination"),
        ("zh", "city", "origin", "destination"),
        ("en", "hour", "departure_time", "arrival_time"),
        ("en", "day", "departure_time", "arrival_time"),
    ],
)
def test_context_decides_the_slot(rows: Rows, language: str, kind: str, one: str, other: str) -> None:
    """Most towns and times of day are seen in both roles."""
    roles: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows["train"]:
        for phrase, slot in phrases(row):
            roles[phrase.lower()][slot] += 1
    items = [item.lower() for item in words("travel_words.txt")[language][kind]]
    both = [item for item in items if roles[item][one] and roles[item][other]]
    assert len(both) >= 0.7 * len(items), set(items) - set(both)


def test_towns_are_also_mentioned_without_a_slot(rows: Rows) -> None:
    cities = {city.lower() for city in words("travel_words.txt")["en"]["city"] if " " not in city}
    untagged = {
        token.lower()
        for row in rows["train"]
        for token, tag in zip(row["tokens"], row["tags"], strict=True)
        if tag == "O"
    }
    assert len(cities & untagged) > len(cities) / 2


def test_some_requests_have_no_slot(rows: Rows) -> None:
    for part in rows.values():
        share = sum(set(row["tags"]) == {"O"} for row in part) / len(part)
        assert 0.02 < share < 0.3


def test_some_towns_are_only_outside_train(rows: Rows) -> None:
    lists = words("travel_words.txt")
    unseen = {city.lower() for language in ("en", "zh") for city in lists[language]["city unseen"]}
    found = {
        split: {phrase.lower() for row in part for phrase, _ in phrases(row)} & unseen
        for split, part in rows.items()
    }
    assert not found["train"]
    assert len(found["test"]) > 10


def test_nobody_travels_from_a_town_to_itself(rows: Rows) -> None:
    for part in rows.values():
        for row in part:
            towns = [phrase for phrase, slot in phrases(row) if slot in ("origin", "destination", "stop")]
            assert len(set(towns)) == len(towns), row


@pytest.mark.parametrize(
    ("template", "first", "second"),
    [
        ("arrive {to} on {arrive}", "B-destination", "B-arrival_time"),
        ("leave {from} on {leave}", "B-origin", "B-departure_time"),
    ],
)
def test_a_template_tags_its_slots(template: str, first: str, second: str) -> None:
    tags = [tag for _, tag in Request(Dice("tags"), "en", held_out=False).tagged(template)]
    assert tags[:2] == ["O", first]
    assert second in tags


def test_prepositions_suit_the_time() -> None:
    for seed in range(200):
        tokens = [t for t, _ in Request(Dice(str(seed)), "en", held_out=False).tagged("go on {leave}")]
        assert tokens[1] not in ("on", "at") or tokens[2] not in (
            "tomorrow",
            "tonight",
            "today",
            "next",
            "this",
        )
        assert tokens[1] != "on" or not tokens[2][0].isdigit()


def test_an_unknown_slot_is_an_error() -> None:
    with pytest.raises(
        InputError, match=r"^travel_frames.txt: slot \{planet\} is not one of from, to, .*; correct the"
    ):
        Request(Dice("x"), "en", held_out=False).tagged("to {planet}")


def test_made_the_same_every_time(lines: dict[str, list[str]]) -> None:
    text = "\n".join(f"{split}\t{line}" for split, part in lines.items() for line in part)
    assert hashlib.sha256(text.encode()).hexdigest() == SHA256
    assert CORPUS.generate() == lines
