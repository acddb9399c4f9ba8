"""Which learning rates suit a network and a text."""

from __future__ import annotations

from textkit.errors import UsageError
from textkit.models.precision import choose_precision
from textkit.tasks.language_model.config import LanguageModelConfig
from textkit.tasks.language_model.neural_training import make_learner, make_optimizer
from textkit.tasks.language_model.ngram_options import NgramOptions
from textkit.tasks.language_model.prepare import Lines, prepare
from textkit.train.device import choose_device
from textkit.train.distributed import World
from textkit.train.range_test import RangeTest, range_test


def try_learning_rates(
    lines: Lines,
    config: LanguageModelConfig,
    *,
    lowest: float = 1e-6,
    highest: float = 100.0,
    steps: int = 120,
) -> RangeTest:
    """Which learning rates let the loss of `config`'s network on `lines` fall: a range test, nothing kept.

    Raises UsageError for an n-gram model, InputError for a text that is too short.
    """
    if config.model == "ngram":
        raise UsageError(
            "a range test is of a network's learning rate, which an n-gram model has not: name a network "
            "with --model"
        )
    world = World(device=choose_device(config.device))
    prepared = prepare(config, lines, valid=None, test=None, ngram=NgramOptions())
    precision = choose_precision(config.precision, device=world.device)
    learner = make_learner(
        config, vocab=prepared.vocab, train=prepared.train, world=world, precision=precision
    )
    return range_test(
        learner.module,
        learner.objective,
        batches=learner.sampler,
        make_optimizer=lambda rate: make_optimizer(config, learner.module, rate),
        lowest=lowest,
        highest=highest,
        steps=steps,
        clip=config.clip,
    )
