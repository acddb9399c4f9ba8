"""The smoothing methods by the names the command line gives them."""

from __future__ import annotations

from textkit.errors import UsageError, unknown_name
from textkit.lm.smoothing.absolute_discounting import AbsoluteDiscounting
from textkit.lm.smoothing.add_k import AddK
from textkit.lm.smoothing.jelinek_mercer import JelinekMercer
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
    "stupid-backoff": StupidBackoff,
}


def make_smoothing(name: str, *, value: float | None = None) -> Smoothing:
    """A smoothing by name, with its one number if it takes one; None leaves the method's default.

    `value` is the k of add-k, the weight of jelinek-mercer, the discount of absolute and kneser-ney and
    the alpha of stupid-backoff. Raises UsageError for an unknown name (naming the nearest), a value out of
    range, or a value for a method that takes none.

    >>> make_smoothing("add-k", value=0.1)
    AddK(k=0.1)
    """
    if name not in SMOOTHINGS:
        raise unknown_name("smoothing", name, SMOOTHINGS)
    if value is None:
        return SMOOTHINGS[name]()
    match name:
        case "add-k":
            return AddK(value)
        case "jelinek-mercer":
            return JelinekMercer((value,))
        case "absolute":
            return AbsoluteDiscounting(value)
        case "kneser-ney":
            return KneserNey(value)
        case "stupid-backoff":
            return StupidBackoff(value)
    raise UsageError(f"the smoothing '{name}' takes no value; leave {value} out")
