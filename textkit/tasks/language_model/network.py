"""The network that a configuration describes, new or out of a run folder."""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

from textkit.errors import CheckpointError
from textkit.lm.language_model import SPECIALS
from textkit.lm.neural import NeuralLanguageModel
from textkit.models.cells import Cell
from textkit.models.dropout import Dropouts
from textkit.models.network import Network
from textkit.models.recurrent import RecurrentNetwork, RecurrentSettings
from textkit.models.transformer import TransformerNetwork, TransformerSettings
from textkit.tasks.language_model.config import LanguageModelConfig
from textkit.text.vocab import Vocab
from textkit.train.checkpoint import RunFolder
from textkit.train.weights import load_arrays


def make_network(config: LanguageModelConfig, vocab: Vocab) -> Network:
    """An untrained network; its weights come from torch's generator, which the caller seeds."""
    return _transformer(config, vocab) if config.model == "transformer" else _recurrent(config, vocab)


def _transformer(config: LanguageModelConfig, vocab: Vocab) -> Network:
    return TransformerNetwork(
        TransformerSettings(
            vocab_size=len(vocab),
            width=config.embedding,
            layers=config.layers,
            heads=config.heads,
            feed_forward=config.feed_forward or 0,
            context=config.steps,
            dropout=config.dropout,
            positions=config.positions,
            tied=config.tied,
            output=config.output_layer,
            sparse_embedding=_is_sparse(config),
        )
    )


def _recurrent(config: LanguageModelConfig, vocab: Vocab) -> Network:
    def share(given: float | None) -> float:
        return config.dropout if given is None else given

    return RecurrentNetwork(
        RecurrentSettings(
            cell=cast(Cell, config.model),
            vocab_size=len(vocab),
            embedding=config.embedding,
            hidden=config.hidden,
            layers=config.layers,
            tied=config.tied,
            output=config.output_layer,
            backend=config.backend,
            dropouts=Dropouts(
                input=share(config.dropout_input),
                hidden=share(config.dropout_hidden),
                output=share(config.dropout_output),
                embedding=config.dropout_embedding,
                weight=config.weight_drop,
                locked=config.locked,
            ),
            sparse_embedding=_is_sparse(config),
        )
    )


def _is_sparse(config: LanguageModelConfig) -> bool:
    """Whether only the rows that were read need a gradient: nothing else moves the others.

    Not on GPUs, where processes cannot add sparse gradients.
    """
    on_gpu = config.device != "cpu" and torch.cuda.is_available()
    return not config.tied and config.optimizer == "sgd" and not config.weight_decay and not on_gpu


def load_network(run: RunFolder, config: LanguageModelConfig, vocab: Vocab) -> NeuralLanguageModel:
    """The best model of a run, ready to score and generate."""
    if vocab.specials != len(SPECIALS) or vocab.tokens[: len(SPECIALS)] != SPECIALS:
        raise CheckpointError(
            f"{run.path / 'vocab.txt'}: not a language model's vocabulary: its first ids must be "
            f"{' and '.join(SPECIALS)}"
        )
    network = make_network(config, vocab)
    module = cast(nn.Module, network)
    load_arrays(module, run, "best")
    module.eval()
    return NeuralLanguageModel(vocab, network, context=config.context)
