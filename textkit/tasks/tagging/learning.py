"""Training a tagger's network: objective, batches, optimiser and validation from one config."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from textkit.data.encoded import EncodedCorpus
from textkit.data.spans import TaggedSentence
from textkit.data.tagged_batches import TaggedBatches
from textkit.data.windows import PADDING, Window
from textkit.models.tagger import TaggerNetwork
from textkit.tasks.tagging.config import TaggerConfig
from textkit.tasks.tagging.network import Inventory, make_network
from textkit.tasks.tagging.spellings import Spellings
from textkit.train.checkpoint import RunFolder
from textkit.train.log import Log
from textkit.train.measure import LOSS
from textkit.train.progress import Progress
from textkit.train.settings import TrainerSettings
from textkit.train.trainer import Trainer

MEASURE = replace(LOSS, unit="tokens")
TOGETHER = 128  # sentences that are looked at at once when nothing is learnt

Watch = Callable[[Progress, int], None]


@dataclass
class PathLoss:
    """The objective: mean negative log probability of a tag. Nothing is carried from batch to batch."""

    network: TaggerNetwork
    spellings: Spellings

    @property
    def module(self) -> nn.Module:
        """What runs forward."""
        return self.network

    def __call__(self, batch: Window, /) -> tuple[Tensor, Tensor, int]:
        """The loss to learn from, the same to report, and how many tags it is the mean of."""
        lengths = np.count_nonzero(batch.targets != PADDING, axis=1)
        sentences = self.spellings.tensors(batch.inputs, lengths)
        loss = self.network.loss(sentences, torch.from_numpy(batch.targets))
        return loss, loss.detach(), int(lengths.sum())

    def state_dict(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing."""


def make_batches(
    sentences: Sequence[TaggedSentence],
    spellings: Spellings,
    inventory: Inventory,
    *,
    batch_size: int,
    seed: int = 0,
) -> TaggedBatches:
    """Sentences in minibatches; raises InputError when none of them has a token."""
    tokens = spellings.encode(sentence.tokens for sentence in sentences)
    tags = EncodedCorpus.from_sequences(inventory.tags.encode(sentence.tags) for sentence in sentences)
    return TaggedBatches(tokens, tags, batch_size=batch_size, seed=seed)


@torch.no_grad()
def mean_loss(objective: PathLoss, batches: TaggedBatches) -> float:
    """The mean loss of a tag over all of `batches`, in nats.

    They are always those of the first epoch: others would be summed in another order, and a training that
    was resumed would validate otherwise, in the last bits, than one that never stopped.
    """
    batches.load_state_dict(batches.state_dict() | {"epoch": 0, "position": 0})
    objective.network.eval()
    total, count = 0.0, 0
    for batch in batches:
        _, mean, here = objective(batch)
        total, count = total + float(mean) * here, count + here
    return total / count


def make_trainer(
    config: TaggerConfig,
    run: RunFolder,
    inventory: Inventory,
    *,
    train: Sequence[TaggedSentence],
    dev: Sequence[TaggedSentence],
    watch: Watch,
    say: Callable[[str], None],
) -> Trainer[Window]:
    """Everything wired together, from the seed in `config`; `resume` on it continues a saved run."""
    tokens = (sentence.tokens for sentence in (*train, *dev))
    spellings = Spellings.of(tokens, vocab=inventory.words, letters=inventory.letters)
    torch.manual_seed(config.seed)
    network = make_network(config, inventory)
    objective = PathLoss(network, spellings)
    held_out = make_batches(dev, spellings, inventory, batch_size=TOGETHER)
    return Trainer(
        module=network,
        objective=objective,
        batches=make_batches(train, spellings, inventory, batch_size=config.batch_size, seed=config.seed),
        optimizer=torch.optim.AdamW(
            network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        ),
        settings=TrainerSettings(
            epochs=config.epochs,
            clip=config.clip,
            decay=config.decay,
            patience=config.patience,
            log_every=config.log_every,
            save_seconds=config.save_seconds,
        ),
        validate=lambda: mean_loss(objective, held_out),
        run=run,
        log=Log(run.path / "log.jsonl", events=run.path / "tensorboard" if config.tensorboard else None),
        watch=watch,
        say=say,
        measure=MEASURE,
    )
