"""The smoothing methods by the names the command line gives them."""

from __future__ import annotations

from collections.abc import Sequence

from textkit.errors import UsageError, unknown_name
from textkit.lm.smoothing.absolute_discounting import AbsoluteDiscounting
from textkit.lm.smoothing.add_k import AddK
from textkit.lm.smoothing.good_turing import GoodTuring
from textkit.lm.smoothing.jelinek_mercer import JelinekMercer
from textkit.lm.smoothing.katz import Katz
from textkit.lm.smoothing.kneser_ney import KneserNey
from textkit.lm.smoothing.maximum_likelihood import MaximumLikelihood
from textkit.lm.smoothing.modified_kneser_ney import ModifiedKneserNey
from textkit.lm.smoothing.protocol import Smoothing
from textkit.lm.smoothing.stupid_backoff import StupidBackoff
from textkit.lm.smoothing.witten_bell import WittenBell

SMOOTHINGS: dict[str, type[Smoothing]] = {
    "mle": MaximumLikelihood,
    "add-k": AddK,
    "jelinek-mercer": JelinekMercer,
    "witten-bell": WittenBell,
    "absolute": AbsoluteDiscounting,
    "kneser-ney": KneserNey,
    "modified-kneser-ney": ModifiedKneserNey,
    "good-turing": GoodTuring,
    "katz": Katz,
    "stupid-backoff": StupidBackoff,
}


def make_smoothing(name: str, *, value: float | None = None, prune: Sequence[int] = ()) -> Smoothing:
    """A smoothing by name, with its one number if it takes one; None leaves the method's default.

    `value` is the k of add-k, the weight of jelinek-mercer, the discount of absolute and kneser-ney, the
    highest count that katz discounts (a whole number) and the alpha of stupid-backoff. `prune` are the
    thresholds of modified-kneser-ney. Raises UsageError for an unknown name (naming the nearest), a value
    out of range, or a value or thresholds for a method that takes none.

    >>> make_smoothing("add-k", value=0.1)
    AddK(k=0.1)
    """
    if name not in SMOOTHINGS:
        raise unknown_name("smoothing", name, SMOOTHINGS)
    if any(prune) and name != "modified-kneser-ney":
        raise UsageError(f"the smoothing '{name}' keeps every n-gram; prune with modified-kneser-ney")
    if value is None:
        return ModifiedKneserNey(tuple(prune)) if any(prune) else SMOOTHINGS[name]()
    match name:
        case "add-k":
            return AddK(value)
        case "jelinek-mercer":
            return JelinekMercer((value,))
        case "absolute":
            return AbsoluteDiscounting(value)
        case "kneser-ney":
            return KneserNey(value)
        case "katz":
            if not float(value).is_integer():
                raise UsageError(f"katz discounts counts up to k, a whole number of 2 or more, not {value}")
            return Katz(int(value))
        case "stupid-backoff":
            return StupidBackoff(value)
    raise UsageError(f"the smoothing '{name}' takes no value; leave {value} out")
