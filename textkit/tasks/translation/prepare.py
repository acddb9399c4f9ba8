"""From pairs of sentences to what a translator is trained on: cleaned, split, tokenized, encoded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from textkit.data.splits import split
from textkit.errors import CheckpointError, InputError
from textkit.tasks.translation.cleaning import cleaned
from textkit.tasks.translation.config import TranslatorConfig
from textkit.tasks.translation.encoding import Encoding
from textkit.tasks.translation.sides import UNKNOWN_ID, Sides
from textkit.tasks.translation.stored_pairs import StoredPairs
from textkit.tasks.translation.validation import Validation
from textkit.text.pairs import Pair
from textkit.text.pairs.cleaning import TwoTexts
from textkit.train.checkpoint import RunFolder

HELD_OUT = ("valid", "test")
Say = Callable[[str], None]
Pairs = Iterable[TwoTexts]


@dataclass(frozen=True)
class Prepared:
    """Training pairs in ids, and the texts of the pairs that are held out, by name."""

    encoding: Encoding
    held_out: dict[str, list[Pair]]

    def save(self, run: RunFolder) -> None:
        """Write into a run that is being made all that training needs, so that it never depends on the
        original files."""
        self.encoding.sides.save(run)
        (run.path / "data").mkdir(exist_ok=True)
        self.encoding.save(*train_folders(run))
        for name, pairs in self.held_out.items():
            path = run.path / _file(name)
            path.parent.mkdir()
            StoredPairs.write(pairs, path)


def prepare(
    config: TranslatorConfig,
    train: Pairs,
    *,
    valid: Pairs | None,
    test: Pairs | None,
    scratch: Path,
    say: Say,
) -> Prepared:
    """Clean, hold out what is to be held out, train tokenizers on the rest alone, and tokenize it.

    Memory does not grow with the training pairs but for some 30 bytes for each; the folder `scratch` has
    room for them. Without `valid` a part of the training pairs is held out, all with one source together.
    Raises InputError when nothing is left to learn from, or to validate on.
    """
    given = {"valid": valid, "test": test}
    held_out = {name: _read(name, pairs, say) for name, pairs in given.items() if pairs is not None}
    stored = StoredPairs.write(cleaned(train, config, say), scratch / "train.jsonl")
    if not len(stored):
        raise InputError("train: no pair is left to learn from; give others, or less strict settings")
    if valid is None:
        stored, taken = _hold_out(stored, config, scratch / "rest.jsonl")
        held_out = {"valid": taken, **held_out}
        say(f"{len(taken):,} of {len(stored) + len(taken):,} pairs are held out for validation")
    for note in _leaks(stored, held_out):
        say(note)
    encoding = Encoding.of(stored, config, scratch=scratch)
    for note in (*encoding.notes, *_unknown(encoding.sides, held_out)):
        say(note)
    return Prepared(encoding, held_out)


def train_folders(run: RunFolder) -> tuple[Path, Path]:
    """Where the ids of a run's training pairs are: sources and targets."""
    return run.path / "data" / "train_source", run.path / "data" / "train_target"


def load_held_out(run: RunFolder, sides: Sides) -> dict[str, Validation]:
    """The pairs of a run that are held out, by name; raises CheckpointError for what is damaged."""
    found = {}
    for name in HELD_OUT:
        if _file(name) in run.document["files"]:
            run.read(_file(name))  # its checksum
            try:
                pairs = list(StoredPairs(run.path / _file(name), 0))
                if not pairs or not all(isinstance(text, str) for pair in pairs for text in pair):
                    raise ValueError("not pairs of texts")
            except (TypeError, ValueError) as error:
                raise CheckpointError(f"{run.path / _file(name)}: damaged: not pairs of texts") from error
            found[name] = Validation.of(pairs, sides)
    return found


def _file(name: str) -> str:
    return f"data/{name}/pairs.jsonl"


def _read(name: str, pairs: Pairs, say: Say) -> list[Pair]:
    """Held-out pairs, but for those of which a side is blank."""
    read = [Pair(pair.source, pair.target) for pair in pairs]
    full = [pair for pair in read if pair.source.strip() and pair.target.strip()]
    if not full:
        what = "there is no pair" if not read else f"each of the {len(read)} pairs has an empty side"
        raise InputError(f"{name}: {what}; give others")
    if len(full) < len(read):
        say(f"{len(read) - len(full)} {name} pairs are left out: a side is empty")
    return full


def _hold_out(stored: StoredPairs, config: TranslatorConfig, path: Path) -> tuple[StoredPairs, list[Pair]]:
    share = {"train": 1 - config.dev_fraction, "valid": config.dev_fraction}
    groups = [hash(source) for source in stored.sources()]
    parts = split(len(stored), share, seed=config.seed, groups=groups)
    chosen = np.zeros(len(stored), bool)
    chosen[parts["valid"]] = True
    if chosen.all() or not chosen.any():
        raise InputError(
            f"train: too few pairs to hold some out ({len(stored)}, different sources: {len(set(groups))}); "
            "give more, a larger dev_fraction, or validation pairs"
        )
    return stored.parted(lambda place: bool(chosen[place]), path)


def _leaks(stored: StoredPairs, held_out: dict[str, list[Pair]]) -> Iterator[str]:
    """What would make a measure on held-out pairs look better than it is."""
    sources = {pair.source for pairs in held_out.values() for pair in pairs}
    seen = {pair for pair in stored if pair.source in sources}
    seen_sources = {pair.source for pair in seen}
    for name, pairs in held_out.items():
        whole = sum(pair in seen for pair in pairs)
        half = sum(pair.source in seen_sources for pair in pairs) - whole
        if whole:
            yield f"{whole} of {len(pairs)} {name} pairs also stand in the training pairs"
        if half:
            yield f"{half} of {len(pairs)} {name} sources also stand there, with other translations"


def _unknown(sides: Sides, held_out: dict[str, list[Pair]]) -> Iterator[str]:
    """Where held-out text has tokens that cannot be learnt."""
    for name, pairs in held_out.items():
        encoded = Validation.of(pairs, sides)
        for side, corpus in (("source", encoded.source), ("target", encoded.target)):
            share = int((corpus.ids == UNKNOWN_ID).sum()) / max(len(corpus.ids) - len(corpus), 1)
            if share:
                yield f"{share:.1%} of the {name} {side} tokens are unknown"
