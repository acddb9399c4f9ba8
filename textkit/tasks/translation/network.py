"""The network that a configuration describes."""

from __future__ import annotations

from typing import cast

from torch import nn

from textkit.errors import CheckpointError, UsageError
from textkit.models.encoder_decoder import EncoderDecoder
from textkit.models.translators.recurrent import RecurrentTranslator, RecurrentTranslatorSettings
from textkit.models.translators.transformer import TranslatorTransformer, TranslatorTransformerSettings
from textkit.tasks.translation.config import TranslatorConfig
from textkit.tasks.translation.sides import Sides
from textkit.train.checkpoint import RunFolder
from textkit.train.weights import load_arrays


def make_network(config: TranslatorConfig, *, source_size: int, target_size: int) -> EncoderDecoder:
    """An untrained network for vocabularies of such sizes; its weights come from torch's generator, which the
    caller seeds. Raises UsageError for settings that do not go together.
    """
    if config.model == "transformer":
        return TranslatorTransformer(
            TranslatorTransformerSettings(
                source_size=source_size,
                target_size=target_size,
                joint=config.joint and config.tied,
                width=config.width,
                layers=config.layers,
                heads=config.heads,
                feed_forward=config.feed_forward,
                norm=config.norm,
                tied=config.tied,
                dropout=config.dropout,
                attention_dropout=config.attention_dropout,
                backend=config.backend,
            )
        )
    return RecurrentTranslator(
        RecurrentTranslatorSettings(
            cell=config.model,
            source_size=source_size,
            target_size=target_size,
            joint=config.joint,
            width=config.width,
            layers=config.layers,
            attention=config.attention,
            input_feeding=config.input_feeding,
            bidirectional=config.bidirectional,
            tied=config.tied,
            dropout=config.dropout,
            backend=config.backend,
        )
    )


def load_network(run: RunFolder, config: TranslatorConfig, sides: Sides) -> EncoderDecoder:
    """The best network of a run, ready to translate; raises CheckpointError for one that is damaged."""
    try:
        network = make_network(
            config, source_size=len(sides.source_vocab), target_size=len(sides.target_vocab)
        )
    except UsageError as error:
        raise CheckpointError(f"{run.path}: the vocabularies do not fit the settings: {error}") from error
    module = cast(nn.Module, network)
    load_arrays(module, run, "best")
    module.eval()
    return network
