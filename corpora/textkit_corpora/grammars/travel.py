"""Travel requests in English and Chinese, each word tagged for slot filling."""

from __future__ import annotations

import json

from textkit_corpora.grammars.dice import Deck, Dice
from textkit_corpora.grammars.lexicon import frames
from textkit_corpora.grammars.recipe import Recipe
from textkit_corpora.grammars.travel_request import FRAMES, Request

# Requests of each language and split: 2,000 in all.
_SIZES = {"train": {"en": 1280, "zh": 320}, "dev": {"en": 160, "zh": 40}, "test": {"en": 160, "zh": 40}}
# Of every six templates, the last is kept for dev and test.
_HELD_OUT_EVERY = 6
_UPPER_CHANCE = 0.3
_LOWER_CHANCE = 0.15


def generate() -> dict[str, list[str]]:
    """The lines of each split: JSON objects with `tokens`, `tags` (as many) and `language`."""
    dice = Dice("travel")
    seen: set[str] = set()
    # Test first: a request without slots is then new where it counts, and train goes without it.
    splits = {split: _split(split, dice, seen) for split in ("test", "dev", "train")}
    return {split: splits[split] for split in _SIZES}


def _split(split: str, dice: Dice, seen: set[str]) -> list[str]:
    lines = []
    for language, size in _SIZES[split].items():
        templates = frames(FRAMES)[language]
        if split == "train":
            templates = tuple(line for at, line in enumerate(templates, start=1) if at % _HELD_OUT_EVERY)
        deck = Deck(templates)
        lines += [
            _request(dice, deck, seen, language=language, held_out=split != "train") for _ in range(size)
        ]
    return dice.shuffled(lines)


def _request(dice: Dice, deck: Deck[str], seen: set[str], *, language: str, held_out: bool) -> str:
    """A request whose words are not in `seen` yet, whatever their case."""
    while True:
        pairs = Request(dice, language, held_out=held_out).tagged(deck.deal(dice))
        tokens = _cased([word for word, _ in pairs], dice)
        text = " ".join(tokens).lower()
        if text not in seen:
            seen.add(text)
            record = {"tokens": tokens, "tags": [tag for _, tag in pairs], "language": language}
            return json.dumps(record, ensure_ascii=False)


def _cased(tokens: list[str], dice: Dice) -> list[str]:
    """The tokens as people type them: some begin with a capital, some write everything small."""
    draw = dice.below(100) / 100
    if draw < _LOWER_CHANCE:
        return [token.lower() for token in tokens]
    if draw < _LOWER_CHANCE + _UPPER_CHANCE:
        return [tokens[0][0].upper() + tokens[0][1:], *tokens[1:]]
    return tokens


CORPUS = Recipe(
    name="travel",
    title="Travel requests for slot filling",
    description=(
        "What people ask a booking service, 1,600 requests in English and 400 in Chinese, word by word with "
        "the slot each word belongs to: origin, destination, stop, departure_time, arrival_time, "
        "return_time, airline, class, passengers, price. The same town or date takes another slot in "
        "another context; a town only mentioned, or taken back, has none. Airlines are invented."
    ),
    made=(
        "Generated from templates and word lists written for this project. Every sixth template and some "
        "cities and airlines are kept for dev and test. Prepositions are outside the slots."
    ),
    languages=("en", "zh"),
    task="slot filling",
    columns="tokens, tags (BIO, one a token), language (en or zh)",
    limits=(
        "Templates, so more regular than people: figures measured here compare methods and say nothing about "
        "real requests. Chinese is parted into words by hand, not by a segmenter."
    ),
    suffix=".jsonl",
    generate=generate,
)
