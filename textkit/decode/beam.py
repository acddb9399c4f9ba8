"""Beam search over any step model: the most probable continuations instead of drawn ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from textkit.decode.beams import Beams, Extensions
from textkit.decode.filters import Filter, SentenceFilter
from textkit.decode.hypothesis import Hypothesis, Ranking, length_penalty_of
from textkit.decode.prompt import prompt_rows, read_prompts
from textkit.decode.sample import NOTHING_ALLOWED
from textkit.decode.scores import ChoiceScores, attention_of
from textkit.decode.search_step import Watch, report
from textkit.errors import InputError, UsageError
from textkit.models.step_model import StepModel


def beam_search(
    model: StepModel[Any],
    prompt: Sequence[int],
    *,
    width: int,
    length: int,
    stop: int | None = None,
    filters: Sequence[Filter | SentenceFilter] = (),
    length_penalty: float = 0.0,
    n_best: int = 1,
) -> list[Hypothesis]:
    """The best continuations of `prompt` (ids), of `length` ids at most: `beam_searches` for one sentence."""
    return beam_searches(
        model,
        prompt_rows(prompt),
        width=width,
        lengths=[length],
        stop=stop,
        filters=filters,
        length_penalty=length_penalty,
        n_best=n_best,
    )[0]


def beam_searches(
    model: StepModel[Any],
    prompts: Tensor,
    *,
    width: int,
    lengths: Sequence[int],
    stop: int | None = None,
    filters: Sequence[Filter | SentenceFilter] = (),
    length_penalty: float = 0.0,
    coverage_penalty: float = 0.0,
    n_best: int = 1,
    patience: float | None = None,
    attention: bool = False,
    watch: Watch | None = None,
) -> list[list[Hypothesis]]:
    """For each of `prompts` (S, P) the best continuations that a beam of `width` finds, best first, at most
    `n_best`; what is found for one does not depend on the others.

    A hypothesis is finished when `stop` is among the `width` best extensions of all that are running; the
    search goes on until none of those running can still come among the `n_best`, or for `lengths[s]` ids,
    the stop id included. Those still running then are ranked with the rest. Of equals the one from the
    better hypothesis comes first, then the one with the lower id. Width 1 without penalties is the greedy
    choice.

    `length_penalty` and `coverage_penalty` are Wu et al.'s alpha and beta (see Ranking), 0 ranks by
    probability, which favours short hypotheses; the stop id counts as length. They rank hypotheses that
    are finished, of different lengths; those running are all of one. With a length penalty it takes long to
    be sure that no longer one is better: `patience` ends the search of a sentence also when `patience` times
    `width` hypotheses are finished (Kasai et al. 2022, arXiv:2204.05424; 1 is usual, and 0 ends with the
    first that is finished).

    Each row of the model is a hypothesis: one a sentence at first, then as many for each sentence as the
    one with the most needs, in the order of the sentences, whose rows go when they are done. With
    `attention` hypotheses tell where the model looked. `watch` is told all that is looked at.

    Raises InputError when the model or the filters leave nothing to choose, UsageError for sizes below 1,
    `n_best` above `width`, negative penalties, and attention wanted of a model that has none.
    """
    _check(width, lengths, n_best=n_best, patience=patience)
    ranking = Ranking(length_penalty, coverage_penalty)
    prompts = prompt_rows(prompts)
    beams = Beams.begin(prompts.cpu())
    if len(lengths) != len(beams.ids):
        raise UsageError(f"each prompt needs a length: {len(beams.ids)} and {len(lengths)} do not match")
    if not lengths:
        return []
    enough = float("inf") if patience is None else max(patience * width, 1)
    results = [
        _Result(length, length_penalty_of(length, length_penalty), n_best, enough) for length in lengths
    ]
    scores_of = ChoiceScores(model, filters)
    looking = attention or coverage_penalty > 0
    with torch.no_grad():
        log_probs, state = read_prompts(model, prompts)
        while True:
            scores = scores_of(log_probs, state, history=beams.history, sentences=beams.rows)
            looked = attention_of(model, state) if looking else None
            grown = beams.extend(log_probs, scores, count=2 * width, attention=looked)  # half of them may end
            ended, running = grown.split(stop, width)
            if watch is not None:
                report(watch, grown, stop=stop, width=width)
            undecided = _settle(results, ended, running, ranking)
            if not undecided:
                return [result.checked() for result in results]
            beams, parents = running.of(torch.tensor(undecided))
            if parents.tolist() != list(range(len(log_probs))):
                state = model.reorder(state, parents.to(log_probs.device))
            log_probs, state = model.step(beams.history[:, -1].to(log_probs.device), state)


def _check(width: int, lengths: Sequence[int], *, n_best: int, patience: float | None) -> None:
    """Raises UsageError for settings that make no sense."""
    if patience is not None and not patience >= 0:
        raise UsageError(f"the patience of a search must be 0 or more, not {patience}")
    if min((width, n_best, *lengths)) < 1 or n_best > width:
        raise UsageError(
            "a beam needs a width and a length of at least 1 and no more results than its width, "
            f"not {width}, {min(lengths, default=1)} and {n_best}"
        )


@dataclass
class _Result:
    """What was found for one sentence: the `count` best of `finished` hypotheses, and when to stop.

    `hope` divides a running hypothesis' sum of log probabilities into the highest score it can still get.
    """

    length: int
    hope: float
    count: int
    enough: float
    finished: int = 0
    best: list[Hypothesis] = field(default_factory=list)

    def add(self, found: Hypothesis) -> None:
        """Of equal ones the one with the lower ids is the better."""
        self.finished += found.finished
        self.best = sorted([*self.best, found], key=lambda each: (-each.score, each.ids))[: self.count]

    def decided(self, best_running: float) -> bool:
        """Whether it is no use to go on with hypotheses of which the best has this sum."""
        if self.finished >= self.enough or best_running == -torch.inf:
            return True
        return len(self.best) == self.count and self.best[-1].score >= best_running / self.hope

    def checked(self) -> list[Hypothesis]:
        """The best ones; raises InputError when there are none."""
        if not self.best:
            raise InputError(NOTHING_ALLOWED)
        return self.best


def _settle(results: Sequence[_Result], ended: Beams, running: Extensions, ranking: Ranking) -> list[int]:
    """Note what has `ended` or may grow no longer; the rows of `running` with which to go on."""
    for sentence, found in ended.hypotheses(ranking, stopped=True):
        results[sentence].add(found)
    drawn = running.beams.log_probs.shape[-1] + 1
    sentences = running.beams.sentences.tolist()
    at_length = [row for row, sentence in enumerate(sentences) if results[sentence].length == drawn]
    if at_length:
        for sentence, found in running.of(torch.tensor(at_length))[0].hypotheses(ranking, stopped=False):
            results[sentence].add(found)
    return [
        row
        for row, (sentence, best) in enumerate(zip(sentences, running.scores[:, 0].tolist(), strict=True))
        if results[sentence].length > drawn and not results[sentence].decided(best)
    ]
