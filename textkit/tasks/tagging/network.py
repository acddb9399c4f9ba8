"""The network that a configuration describes, and what it speaks of: words, letters and tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from textkit.data.spans import TaggedSentence, bio_rules
from textkit.errors import CheckpointError, InputError
from textkit.models.cells import Cell
from textkit.models.tagger import TaggerNetwork, TaggerSettings
from textkit.tasks.tagging.config import TaggerConfig
from textkit.tasks.tagging.spellings import letter_vocab, word_vocab
from textkit.text.vocab import Vocab
from textkit.train.checkpoint import RunFolder
from textkit.train.weights import load_arrays

LETTERS, TAGS = "letters.txt", "tags.txt"


@dataclass(frozen=True)
class Inventory:
    """The words, the letters and the tags of training sentences."""

    words: Vocab
    letters: Vocab
    tags: Vocab

    @staticmethod
    def of(sentences: Sequence[TaggedSentence], config: TaggerConfig) -> Inventory:
        """What `sentences` have."""
        tokens = [sentence.tokens for sentence in sentences]
        return Inventory(
            word_vocab(tokens, min_count=config.min_count, max_size=config.max_vocab),
            letter_vocab(tokens),
            Vocab.build((sentence.tags for sentence in sentences), specials=(), unknown=None),
        )

    def save(self, run: RunFolder) -> None:
        """Write letters and tags into a run that is being made; the words are its vocabulary."""
        self.letters.save(run.path / LETTERS)
        self.tags.save(run.path / TAGS)

    @staticmethod
    def load(run: RunFolder) -> Inventory:
        """Those of a run; raises CheckpointError when they are missing or damaged."""
        letters, tags = (Vocab.parse(run.read(name), source=run.path / name) for name in (LETTERS, TAGS))
        if tags.unknown is not None or not len(tags) or letters.specials != 2:
            raise CheckpointError(f"{run.path}: letters.txt or tags.txt is not that of a tagger")
        try:
            bio_rules(tags.tokens)
        except InputError as error:
            raise CheckpointError(f"{run.path / TAGS}: damaged: {error}") from error
        words = run.vocab()
        for name, each in (("vocab.txt", words), (LETTERS, letters)):
            if each.unknown is None:
                raise CheckpointError(f"{run.path / name}: damaged: it lacks the unknown word")
        return Inventory(words, letters, tags)


def make_network(config: TaggerConfig, inventory: Inventory) -> TaggerNetwork:
    """An untrained network; its weights come from torch's generator, which the caller seeds."""
    cell: Cell = config.model
    settings = TaggerSettings(
        cell=cell,
        vocab_size=len(inventory.words),
        tags=len(inventory.tags),
        embedding=config.embedding,
        hidden=config.hidden,
        alphabet=len(inventory.letters),
        letters=config.letters,
        layers=config.layers,
        dropout=config.dropout,
        rarity=config.rarity,
        output=config.output_layer,
        backend=config.backend,
    )
    counts = torch.tensor(inventory.words.counts)
    if not config.constrained:
        return TaggerNetwork(settings, counts=counts)
    starts, follows = map(torch.from_numpy, bio_rules(inventory.tags.tokens))
    return TaggerNetwork(settings, counts=counts, starts=starts, follows=follows)


def load_network(run: RunFolder, config: TaggerConfig, inventory: Inventory) -> TaggerNetwork:
    """The best network of a run, ready to tag."""
    network = make_network(config, inventory)
    load_arrays(network, run, "best")
    network.eval()
    return network
