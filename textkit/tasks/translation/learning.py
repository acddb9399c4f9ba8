"""Training a translator's network: objective, batches, optimiser, schedule and validation from one config."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import torch
from torch import nn

from textkit.data.encoded import EncodedCorpus
from textkit.data.pair_batches import PairBatch, PairBatches
from textkit.models.optimizers.averaged import AveragedAdamW
from textkit.models.precision import choose_precision
from textkit.models.schedules import make_schedule
from textkit.tasks.translation.config import TranslatorConfig
from textkit.tasks.translation.network import make_network
from textkit.tasks.translation.objective import Translating, TranslationLoss
from textkit.tasks.translation.sides import END_ID, Sides
from textkit.tasks.translation.validation import Validation
from textkit.train.checkpoint import RunFolder
from textkit.train.distributed import World
from textkit.train.goal import Goal
from textkit.train.log import Log
from textkit.train.measure import PERPLEXITY
from textkit.train.progress import Progress
from textkit.train.settings import TrainerSettings
from textkit.train.trainer import Trainer

MEASURE = replace(PERPLEXITY, unit="target tokens")
NEVER = 2**31  # validations: the patience of who sets none

Watch = Callable[[Progress, int], None]


def make_batches(config: TranslatorConfig, source: EncodedCorpus, target: EncodedCorpus) -> PairBatches:
    """Minibatches of the training pairs."""
    tokens = config.batch_tokens if config.batch_size is None else None
    return PairBatches(
        source, target, end=END_ID, tokens=tokens, batch_size=config.batch_size, seed=config.seed
    )


def described(batches: PairBatches) -> str:
    """Their number and how full they are, in a line."""
    count = f"{len(batches):,} batch{'es' if len(batches) > 1 else ''}"
    return f"{len(batches.source):,} training pairs; {count} an epoch, {batches.padding:.1%} padding"


def make_trainer(
    config: TranslatorConfig,
    run: RunFolder,
    sides: Sides,
    *,
    batches: PairBatches,
    valid: Validation,
    world: World,
    watch: Watch,
    say: Callable[[str], None],
) -> Trainer[PairBatch]:
    """Everything wired together, from the seed in `config`; `resume` on it continues a saved run."""
    precision = choose_precision(run.document.get("precision", config.precision), device=world.device)
    if precision.name == "fp32" and config.precision != "fp32":
        say(precision.reason)
    if world.first:
        run.record("precision", precision.name)  # a run resumed elsewhere does not change it
    torch.manual_seed(config.seed)
    network = make_network(config, source_size=len(sides.source_vocab), target_size=len(sides.target_vocab))
    module = cast(nn.Module, network).to(world.device)
    world.seed(config.seed)
    batches.shard(world.rank, world.size)
    wrapped = world.wrap(TranslationLoss(network, smoothing=config.label_smoothing))
    count, language = config.valid_bleu, config.target_language

    def bleu() -> float:
        return valid.bleu(network, world.device, sides=sides, count=count, language=language)

    return Trainer(
        module=module,
        objective=Translating(
            wrapped, device=world.device, precision=precision, teacher_forcing=config.teacher_forcing
        ),
        batches=batches,
        optimizer=AveragedAdamW(
            module.parameters(),
            config.learning_rate,
            memory=config.average,
            betas=(0.9, config.beta2),
            weight_decay=config.weight_decay,
        ),
        settings=TrainerSettings(
            epochs=config.epochs,
            max_steps=config.max_steps,
            max_seconds=config.seconds,
            validate_every=config.validate_every,
            clip=config.clip,
            accumulate=config.accumulate,
            decay=1.0,
            patience=config.patience or NEVER,
            log_every=config.log_every,
            save_seconds=config.save_seconds,
        ),
        schedule=make_schedule(config.schedule, warmup=config.warmup),
        validate=lambda: valid.loss(network, world.device),
        goal=Goal("bleu", bleu) if count else None,
        run=run,
        log=Log(
            run.path / "log.jsonl",
            events=run.path / "tensorboard" if config.tensorboard and world.first else None,
        ),
        world=world,
        measure=MEASURE,
        watch=watch,
        say=say,
    )
