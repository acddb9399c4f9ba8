"""Training a recurrent language model: network, objective, samplers and optimiser, from one config."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.data.encoded import EncodedCorpus
from textkit.data.windows import RandomWindows, SequentialWindows, Window, Windows
from textkit.errors import InputError
from textkit.lm.language_model import END
from textkit.lm.neural import NeuralLanguageModel, stream
from textkit.lm.score import MeasuredText
from textkit.models.recurrent import Cell, Hidden, RecurrentNetwork, RecurrentSettings
from textkit.tasks.language_model.config import LanguageModelConfig
from textkit.text.vocab import Vocab
from textkit.train.checkpoint import RunFolder
from textkit.train.log import Log
from textkit.train.trainer import Progress, Trainer, TrainerSettings, load_arrays

Watch = Callable[[Progress, int], None]


class NextToken:
    """Mean cross-entropy of the next token; carries the hidden state over windows that continue."""

    def __init__(self, network: RecurrentNetwork) -> None:
        self.network = network
        self.state: Hidden | None = None

    def __call__(self, window: Window) -> tuple[Tensor, int]:
        inputs, targets = torch.from_numpy(window.inputs), torch.from_numpy(window.targets)  # (B, T)
        if self.state is None or not window.continues:
            self.state = self.network.zero_state(len(inputs))
        logits, state = self.network(inputs, self.state)  # (B, T, V)
        self.state = tuple(part.detach() for part in state)  # the graph ends with the window
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten()), targets.numel()

    def state_dict(self) -> dict[str, Any]:
        """The carried state."""
        return {"state": None if self.state is None else list(self.state)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a carried state."""
        self.state = None if state["state"] is None else tuple(state["state"])


def make_network(config: LanguageModelConfig, vocab: Vocab) -> RecurrentNetwork:
    """An untrained network; its weights come from torch's generator, which the caller seeds."""
    settings = RecurrentSettings(
        cell=cast(Cell, config.model),
        vocab_size=len(vocab),
        embedding=config.embedding,
        hidden=config.hidden,
        layers=config.layers,
        dropout=config.dropout,
        tied=config.tied,
    )
    return RecurrentNetwork(settings)


def make_sampler(config: LanguageModelConfig, train: EncodedCorpus, vocab: Vocab) -> Windows:
    """Windows over the text; raises InputError when it is too short for one batch."""
    sampler: type[Windows] = RandomWindows if config.sampling == "random" else SequentialWindows
    ids = stream(train, vocab.id(END))
    try:
        return sampler(ids, batch_size=config.batch_size, length=config.steps, seed=config.seed)
    except InputError as error:
        raise InputError(f"{error}; give more text, or a smaller batch_size or steps") from error


def make_trainer(
    config: LanguageModelConfig,
    run: RunFolder,
    *,
    vocab: Vocab,
    train: EncodedCorpus,
    valid: MeasuredText,
    watch: Watch,
    say: Callable[[str], None],
) -> Trainer[Window]:
    """Everything wired together, from the seed in `config`; `resume` on it continues a saved run."""
    torch.manual_seed(config.seed)
    network = make_network(config, vocab)
    model = NeuralLanguageModel(vocab, network, context=config.context)
    return Trainer(
        module=network,
        objective=NextToken(network),
        batches=make_sampler(config, train, vocab),
        optimizer=_optimizer(config, network),
        settings=TrainerSettings(
            epochs=config.epochs,
            clip=config.clip,
            decay=config.decay,
            patience=config.patience,
            log_every=config.log_every,
            save_seconds=config.save_seconds,
        ),
        validate=lambda: -float(model.log_probs(valid.corpus).mean()),
        run=run,
        log=Log(run.path / "log.jsonl", events=run.path / "tensorboard" if config.tensorboard else None),
        watch=watch,
        say=say,
    )


def _optimizer(config: LanguageModelConfig, network: nn.Module) -> torch.optim.Optimizer:
    if config.optimizer == "sgd":
        return torch.optim.SGD(network.parameters(), lr=config.learning_rate)
    return torch.optim.AdamW(network.parameters(), lr=config.learning_rate)


def load_recurrent(run: RunFolder, config: LanguageModelConfig, vocab: Vocab) -> NeuralLanguageModel:
    """The best model of a run, ready to score and generate."""
    network = make_network(config, vocab)
    load_arrays(network, run, "best")
    return NeuralLanguageModel(vocab, network.eval(), context=config.context)
