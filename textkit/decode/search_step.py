"""What a beam search looked at, for whoever wants to draw it as a tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import torch

from textkit.decode.beams import Extensions


class SearchStep(NamedTuple):
    """An extension that a search looked at: the tree's edge to `ids` from all but the last of them.

    `ids` are without the prompt; the stop id ends those that are finished. `score` is the sum of log
    probabilities, before any penalty. What is dropped is not among the best of its step.
    """

    sentence: int
    ids: tuple[int, ...]
    score: float
    fate: Literal["running", "finished", "dropped"]


Watch = Callable[[SearchStep], None]


def report(watch: Watch, grown: Extensions, *, stop: int | None, width: int) -> None:
    """Tell `watch` what becomes of the best extensions of a step, sentence by sentence, the best first."""
    drawn = grown.beams.log_probs.shape[-1]
    before = grown.beams.ids[:, :, grown.beams.ids.shape[-1] - drawn :].tolist()
    for row, sentence in enumerate(grown.beams.sentences.tolist()):
        running = 0
        extensions = torch.stack([grown.parents[row], grown.ids[row]], dim=1).tolist()
        for place, ((parent, i), score) in enumerate(
            zip(extensions, grown.scores[row].tolist(), strict=True)
        ):
            if score == -torch.inf:
                continue
            fate: Literal["running", "finished", "dropped"] = "dropped"
            if i == stop and place < width:
                fate = "finished"
            elif i != stop:
                running += 1
                fate = "running" if running <= width else "dropped"
            watch(SearchStep(sentence, (*before[row][parent], i), score, fate))
