"""Training a network that classifies texts: objective, minibatches, optimiser and validation.

    prepared = PreparedTexts.of(config, pipeline=pipeline, train=train, dev=dev)
    run = RunFolder.create(out, kind="classifier", config=config.toml(), pipeline=pipeline,
                           vocab=prepared.vocab, fill=prepared.fill)
    classifier = fit_network(config, run, prepared)

and to go on with it `fit_network(config, run, PreparedTexts.load(run))`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.data.text_batches import UNLABELLED, TextBatch, TextBatches
from textkit.models.calibration import Calibration
from textkit.models.text_network import Passage, Penalty, TextNetwork
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.classification.network import (
    NetworkClassifier,
    load_network_classifier,
    make_network,
    network_scores,
)
from textkit.tasks.classification.prepared_texts import LabelledIds, PreparedTexts
from textkit.train.checkpoint import RunFolder
from textkit.train.device import choose_device
from textkit.train.distributed import World
from textkit.train.interrupt import stop_requests
from textkit.train.lock import alone_in
from textkit.train.log import Log
from textkit.train.measure import LOSS
from textkit.train.progress import Progress
from textkit.train.settings import TrainerSettings
from textkit.train.trainer import Trainer

Watch = Callable[[Progress, int], None]
Say = Callable[[str], None]
LEAST = 50  # minibatches of an epoch: of a hundred texts one pass is too little to learn from


class ClassLoss:
    """The cross-entropy of the classes plus the penalties, an `Objective`.

    A text counts its weight times that of its class, `class_weights` (K,); one without a class is for the
    penalties alone. `smoothing` of the probability is shared among all classes (Szegedy et al. 2016,
    arXiv:1512.00567, section 7).
    """

    def __init__(
        self,
        network: TextNetwork,
        *,
        class_weights: Tensor,
        penalties: Sequence[Penalty] = (),
        smoothing: float = 0.0,
        device: torch.device,
    ) -> None:
        self.network, self.module = network, cast(nn.Module, network)
        self.class_weights, self.penalties = class_weights.to(device), tuple(penalties)
        self.smoothing, self.device = smoothing, device

    def __call__(self, batch: TextBatch) -> tuple[Tensor, Tensor, int]:
        """The loss to learn from, the mean weighted cross-entropy (nats) in it, and the number of texts."""
        ids, lengths, classes, weights = (torch.from_numpy(each).to(self.device) for each in batch[:4])
        known = classes != UNLABELLED
        if self.penalties:
            embedded = self.network.embed(ids)
            logits = self.network.classify(embedded, lengths)
        else:
            logits = self.network(ids, lengths)
        targets = classes[known]
        entropy = functional.cross_entropy(
            logits[known], targets, reduction="none", label_smoothing=self.smoothing
        )
        mean = (entropy * weights[known] * self.class_weights[targets]).sum() / max(len(targets), 1)
        loss = mean
        for penalty in self.penalties:
            loss = loss + penalty(self.network, Passage(embedded, lengths, classes, logits))
        return loss, mean.detach(), len(targets)

    def state_dict(self) -> dict[str, Any]:
        """Nothing is carried from batch to batch."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing is carried from batch to batch."""


def class_weights(config: ClassifierConfig, train: LabelledIds, *, classes: int) -> Tensor:
    """What each class counts (K,) float32: one, or if balanced so much that all count the same.

    A class without a text has nothing to weigh and counts one.
    """
    if config.class_weight == "none":
        return torch.ones(classes)
    totals = np.bincount(train.classes, weights=train.weights, minlength=classes)
    balanced = totals.sum() / (np.count_nonzero(totals) * np.where(totals > 0, totals, 1))
    return torch.tensor(np.where(totals > 0, balanced, 1.0), dtype=torch.float32)


def fit_network(
    config: ClassifierConfig,
    run: RunFolder,
    prepared: PreparedTexts,
    *,
    penalties: Sequence[Penalty] = (),
    watch: Watch | None = None,
    say: Say | None = None,
) -> NetworkClassifier:
    """Train to the end, from where the run stands, and give the best classifier, calibrated on dev.

    The result of a run that was interrupted and resumed equals, bit for bit, that of one that was not.
    Raises Interrupted, everything saved, when SIGINT or SIGTERM comes, and CheckpointError for a run
    that is damaged, or in which another training is at work.
    """
    say = say or (lambda _message: None)
    with alone_in(run.path):
        trainer = make_trainer(config, run, prepared, penalties=penalties, watch=watch, say=say)
        if run.has("last"):
            trainer.resume()
        if trainer.done:
            say(f"there is nothing left to train: {trainer.done}")
        with stop_requests() as stop:
            trainer.fit(stop)
        classifier = load_network_classifier(run, config)
        calibration = _calibrate(classifier, config, prepared)
        document = {"slope": calibration.slope, "biases": calibration.biases.tolist()}
        run.record("calibration", document | {"noise": calibration.noise})
    return replace(classifier, calibration=calibration)


def _calibrate(
    classifier: NetworkClassifier, config: ClassifierConfig, prepared: PreparedTexts
) -> Calibration:
    """By the development texts, where classes count what they do in training."""
    dev, count = prepared.dev, len(prepared.labels)
    scores = network_scores(classifier.network, dev.corpus, classes=count, device=classifier.device)
    weights = class_weights(config, prepared.train, classes=count).double().numpy()
    return Calibration.of(scores, dev.classes, weights=weights[dev.classes])


def make_trainer(
    config: ClassifierConfig,
    run: RunFolder,
    prepared: PreparedTexts,
    *,
    penalties: Sequence[Penalty] = (),
    watch: Watch | None = None,
    say: Say,
) -> Trainer[TextBatch]:
    """Everything wired together, from the seed in `config`; `resume` on it continues a saved run."""
    world, train, dev = World(device=choose_device(config.device)), prepared.train, prepared.dev
    classes = len(prepared.labels)
    batches = TextBatches(
        train.corpus,
        train.classes,
        batch_size=config.batch_size,
        seed=config.seed,
        weights=train.weights,
        unlabelled=prepared.unlabelled,
        ratio=config.semi_ratio,
        least=LEAST,
    )
    torch.manual_seed(config.seed)
    network = make_network(config, prepared.vocab, classes=classes).to(world.device)
    weights = class_weights(config, train, classes=classes)

    def validate() -> float:
        scores = network_scores(network, dev.corpus, classes=classes, device=world.device)
        return _cross_entropy(scores, dev.classes, weights)

    return Trainer(
        module=network,
        objective=ClassLoss(
            network,
            class_weights=weights,
            penalties=penalties,
            smoothing=config.label_smoothing,
            device=world.device,
        ),
        batches=batches,
        optimizer=torch.optim.AdamW(
            network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
        ),
        settings=TrainerSettings(
            epochs=config.epochs,
            clip=config.clip,
            patience=config.patience,
            log_every=config.log_every,
            save_seconds=config.save_seconds,
        ),
        validate=validate,
        run=run,
        log=Log(run.path / "log.jsonl", events=run.path / "tensorboard" if config.tensorboard else None),
        world=world,
        measure=LOSS,
        watch=watch or (lambda _progress, _steps: None),
        say=say,
    )


def _cross_entropy(scores: np.ndarray[Any, np.dtype[np.float64]], classes: Any, weights: Tensor) -> float:
    """The mean cross-entropy (nats) of logits (B, K), each class counting its weight."""
    targets, counts = torch.from_numpy(classes), weights.double()
    entropy = functional.cross_entropy(torch.from_numpy(scores), targets, reduction="none")
    return float((entropy * counts[targets]).sum() / counts[targets].sum())
