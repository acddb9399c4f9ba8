"""Training a neural language model: network, objective, sampler, optimiser and schedule from one config."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from torch import nn

from textkit.data.encoded import EncodedCorpus
from textkit.data.line_batches import LineBatches
from textkit.data.windows import RandomWindows, Sampler, SequentialWindows, Window
from textkit.errors import InputError
from textkit.lm.language_model import END
from textkit.lm.neural import NeuralLanguageModel, stream
from textkit.lm.score import MeasuredText
from textkit.models.network import Network
from textkit.models.optimizers.muon import MuonAdamW
from textkit.models.optimizers.ntasgd import NTASGD
from textkit.models.precision import Precision, choose_precision
from textkit.models.schedules import make_schedule
from textkit.tasks.language_model.config import LanguageModelConfig
from textkit.tasks.language_model.network import make_network
from textkit.tasks.language_model.next_token import NextToken, WindowLoss
from textkit.text.vocab import Vocab
from textkit.train.checkpoint import RunFolder
from textkit.train.distributed import World
from textkit.train.log import Log
from textkit.train.progress import Progress
from textkit.train.settings import TrainerSettings
from textkit.train.trainer import Trainer

Watch = Callable[[Progress, int], None]
NEVER = 2**31  # validations: the patience of schedules that are to be run to their end


def make_sampler(config: LanguageModelConfig, train: EncodedCorpus, vocab: Vocab) -> Sampler[Window]:
    """Minibatches of the text; raises InputError when it is too short for one."""
    end, rows, steps, seed = vocab.id(END), config.batch_size, config.steps, config.seed
    try:
        if config.sampling == "lines":
            return LineBatches(train, end=end, batch_size=rows, length=steps, seed=seed)
        ids = stream(train, end)
        if config.sampling == "random":
            return RandomWindows(ids, batch_size=rows, length=steps, seed=seed)
        return SequentialWindows(ids, batch_size=rows, length=steps, seed=seed, vary=config.vary_steps)
    except InputError as error:
        raise InputError(f"{error}; give more text, or a smaller batch_size or steps") from error


@dataclass(frozen=True)
class Learner:
    """An untrained network and what it is to learn from."""

    network: Network
    module: nn.Module
    objective: NextToken
    sampler: Sampler[Window]


def make_learner(
    config: LanguageModelConfig, *, vocab: Vocab, train: EncodedCorpus, world: World, precision: Precision
) -> Learner:
    """Network, objective and sampler, from the seed in `config`, for this process of `world`."""
    torch.manual_seed(config.seed)
    network = make_network(config, vocab)
    module = cast(nn.Module, network).to(world.device)
    world.seed(config.seed)
    loss = WindowLoss(network, activation=config.activation_penalty, slowness=config.slowness_penalty)
    wrapped = world.wrap(loss, partly_used=config.output_layer == "adaptive")
    sampler = make_sampler(config, train, vocab)
    sampler.shard(world.rank, world.size)
    objective = NextToken(network, wrapped, device=world.device, precision=precision)
    return Learner(network, module, objective, sampler)


def make_trainer(
    config: LanguageModelConfig,
    run: RunFolder,
    *,
    vocab: Vocab,
    train: EncodedCorpus,
    valid: MeasuredText | None,
    world: World,
    watch: Watch,
    say: Callable[[str], None],
) -> Trainer[Window]:
    """Everything wired together, from the seed in `config`; `resume` on it continues a saved run.

    `valid` is needed by the first process of `world` alone, which validates for all.
    """
    precision = choose_precision(run.document.get("precision", config.precision), device=world.device)
    if precision.name == "fp32" and config.precision != "fp32":
        say(precision.reason)
    if world.first:
        run.record("precision", precision.name)  # a run resumed elsewhere does not change it
    learner = make_learner(config, vocab=vocab, train=train, world=world, precision=precision)
    model = NeuralLanguageModel(vocab, learner.network, context=config.context)
    plateau = config.schedule == "plateau"
    events = run.path / "tensorboard" if config.tensorboard and world.first else None

    def validate() -> float:
        assert valid is not None
        return -float(model.log_probs(valid.corpus).mean())

    return Trainer(
        module=learner.module,
        objective=learner.objective,
        batches=learner.sampler,
        optimizer=make_optimizer(config, learner.module, config.learning_rate),
        settings=TrainerSettings(
            epochs=config.epochs,
            max_steps=config.max_steps,
            validate_every=config.validate_every,
            clip=config.clip,
            accumulate=config.accumulate,
            decay=config.decay if plateau else 1.0,
            patience=config.patience or (3 if plateau else NEVER),
            log_every=config.log_every,
            save_seconds=config.save_seconds,
        ),
        schedule=make_schedule("constant" if plateau else config.schedule, warmup=config.warmup),
        validate=validate,
        run=run,
        log=Log(run.path / "log.jsonl", events=events),
        world=world,
        watch=watch,
        say=say,
    )


def make_optimizer(config: LanguageModelConfig, module: nn.Module, rate: float) -> torch.optim.Optimizer:
    """The optimiser that `config` names, at a learning rate."""
    decay = config.weight_decay
    match config.optimizer:
        case "sgd":
            return torch.optim.SGD(module.parameters(), lr=rate, weight_decay=decay)
        case "nt-asgd":
            return NTASGD(module.parameters(), rate, weight_decay=decay, patience=config.nonmonotone)
        case "muon":
            outer = [module.get_submodule("embedding"), module.get_submodule("output")]
            return MuonAdamW(module, rate, outer=outer, weight_decay=decay, beta2=config.beta2)
        case _:
            return torch.optim.AdamW(
                module.parameters(), lr=rate, weight_decay=decay, betas=(0.9, config.beta2)
            )
