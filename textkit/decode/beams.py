"""The hypotheses that a beam search is at, of many sentences, as tensors on the CPU.

S sentences, K hypotheses each, T ids drawn, N steps of a source, C extensions of a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from textkit.decode.highest import highest
from textkit.decode.hypothesis import Hypothesis, Ranking


@dataclass(frozen=True)
class Beams:
    """S sentences with K hypotheses each, the best first; where there are fewer, the last have score -inf.

    `sentences` (S,) are places in the batch that the search began with. `ids` (S, K, P + T) begin with the
    prompt. `scores` (S, K) float64 are sums over the ids after the filters, `log_probs` (S, K, T) the
    model's parts of each sum. `attention` (S, K, T, N) is None when it is not wanted.
    """

    sentences: Tensor
    ids: Tensor
    scores: Tensor
    log_probs: Tensor
    attention: Tensor | None = None

    @classmethod
    def begin(cls, prompts: Tensor) -> Beams:
        """One hypothesis for each of `prompts` (S, P)."""
        count = len(prompts)
        return cls(
            torch.arange(count),
            prompts[:, None],
            torch.zeros(count, 1, dtype=torch.float64),
            torch.empty(count, 1, 0),
        )

    @property
    def width(self) -> int:
        """K."""
        return self.scores.shape[1]

    @property
    def rows(self) -> Tensor:
        """The sentence of each row of the model (S * K,)."""
        return self.sentences.repeat_interleave(self.width)

    @property
    def history(self) -> Tensor:
        """The ids of each row of the model (S * K, P + T)."""
        return self.ids.flatten(0, 1)

    def extend(
        self, log_probs: Tensor, scores: Tensor, *, count: int, attention: Tensor | None
    ) -> Extensions:
        """The `count` best extensions by one id of each sentence's hypotheses.

        `log_probs` (S * K, V) and `scores` (S * K, V) of the next ids are the model's and what ids are
        chosen by; `attention` (S * K, N) is where the model looked for them.
        """
        shape = (len(self.scores), -1)
        values, ids = highest(scores, count)
        totals = (self.scores.view(-1, 1) + values).view(shape)
        best = totals.sort(dim=1, descending=True, stable=True)  # of equal ones that of the better hypothesis
        places = best.indices[:, :count]
        parents, chosen = places // ids.shape[1], ids.view(shape).gather(1, places)
        if scores is log_probs:
            own = values.view(shape).gather(1, places)
        else:
            first = torch.arange(len(parents))[:, None] * self.width
            own = log_probs[first + parents, chosen].float().cpu()
        if attention is not None:
            attention = attention.view(*self.scores.shape, -1)
        return Extensions(self, parents, chosen, best.values[:, :count], own, attention)

    def hypotheses(self, ranking: Ranking, *, stopped: bool) -> Iterator[tuple[int, Hypothesis]]:
        """All that live as results, each with its sentence; the last id of `stopped` ones is the stop id."""
        drawn = self.log_probs.shape[-1]
        until = drawn - 1 if stopped else drawn
        ids = self.ids[:, :, self.ids.shape[-1] - drawn :].tolist()
        totals, parts = self.scores.tolist(), self.log_probs.tolist()
        log_probs = self.log_probs.sum(dim=-1, dtype=torch.float64).tolist()
        for row, sentence in enumerate(self.sentences.tolist()):
            for place, total in enumerate(totals[row]):
                if total == -torch.inf:
                    continue
                attention = None if self.attention is None else self.attention[row, place]
                yield (
                    sentence,
                    Hypothesis(
                        tuple(ids[row][place][:until]),
                        log_probs[row][place],
                        ranking.score(total, drawn, attention),
                        stopped,
                        tuple(parts[row][place]),
                        attention,
                    ),
                )


@dataclass(frozen=True)
class Extensions:
    """The best extensions of `beams` by one id, the best first: `parents` (S, C) are the hypotheses that they
    extend, `ids` (S, C) the new ids, with `scores` (S, C) and the ids' `log_probs` (S, C).

    `attention` (S, K, N) belongs to the hypotheses that were extended.
    """

    beams: Beams
    parents: Tensor
    ids: Tensor
    scores: Tensor
    log_probs: Tensor
    attention: Tensor | None

    def split(self, stop: int | None, width: int) -> tuple[Beams, Extensions]:
        """Those among the `width` best of a sentence that end with `stop`, each a beam of its own; and the
        `width` best that do not end, ones with score -inf the last.
        """
        ends = (self.ids == (-1 if stop is None else stop)) & (self.scores > -torch.inf)
        rows, places = ends[:, :width].nonzero(as_tuple=True)
        going = self.scores.masked_fill(ends, -torch.inf).sort(dim=1, descending=True, stable=True)
        best = going.indices[:, :width]
        running = replace(
            self,
            parents=self.parents.gather(1, best),
            ids=self.ids.gather(1, best),
            scores=going.values[:, :width],
            log_probs=self.log_probs.gather(1, best),
        )
        return self._take(rows, places[:, None]), running

    def of(self, rows: Tensor) -> tuple[Beams, Tensor]:
        """The extensions of the sentences at `rows` (A,) as beams, as wide as the one with the most that
        live; and the rows of the model (A * K,) that they extend.
        """
        width = int((self.scores[rows] > -torch.inf).sum(dim=1).max())
        places = torch.arange(width).expand(len(rows), -1)
        parents = rows[:, None] * self.beams.width + self.parents[rows, :width]
        return self._take(rows, places), parents.flatten()

    def _take(self, rows: Tensor, places: Tensor) -> Beams:
        """The extensions at `places` (A, K) of the sentences at `rows` (A,)."""
        sentences, rows = self.beams.sentences[rows], rows[:, None]
        before, parents = self.beams, self.parents[rows, places]
        attention = None
        if self.attention is not None:
            attention = self.attention[rows, parents][:, :, None]
            if before.attention is not None:
                attention = torch.cat([before.attention[rows, parents], attention], dim=2)
        return Beams(
            sentences,
            torch.cat([before.ids[rows, parents], self.ids[rows, places][..., None]], dim=-1),
            self.scores[rows, places],
            torch.cat([before.log_probs[rows, parents], self.log_probs[rows, places][..., None]], dim=-1),
            attention,
        )
