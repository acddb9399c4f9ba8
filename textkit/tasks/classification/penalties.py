"""What a network's training adds to its loss, as the settings say."""

from __future__ import annotations

from torch import Tensor

from textkit.models.perturbation import Bound
from textkit.models.text_network import Penalty
from textkit.tasks.classification.config import ClassifierConfig
from textkit.train.adversarial import AdversarialPenalty
from textkit.train.semi_supervised import ConsistencyPenalty, EntropyPenalty, PseudoLabels


def penalties_of(config: ClassifierConfig, *, class_weights: Tensor | None = None) -> tuple[Penalty, ...]:
    """The penalties of adversarial training and of learning from unlabelled texts.

    Attacked texts count `class_weights` (K,), as texts do, if given.

    >>> penalties_of(ClassifierConfig(preset="textcnn", semi="entropy"))
    (EntropyPenalty(weight=1.0),)
    """
    penalties: list[Penalty] = []
    if config.adversarial != "none":
        steps = config.attack_steps if config.adversarial == "pgd" else 1
        bound, weight = Bound(config.epsilon), config.adversarial_weight
        penalties.append(AdversarialPenalty(bound, steps, weight, class_weights))
    match config.semi:
        case "self-training":
            penalties.append(PseudoLabels(config.semi_weight, config.semi_threshold))
        case "entropy":
            penalties.append(EntropyPenalty(config.semi_weight))
        case "consistency":
            penalties.append(ConsistencyPenalty(config.semi_weight))
    return tuple(penalties)
