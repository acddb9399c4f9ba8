"""A linear-chain conditional random field over tags (Lafferty, McCallum and Pereira 2001).

    log p(y | x) = start[y_1] + sum_t scores[t, y_t] + sum_t step[y_t, y_t+1] + end[y_T] - log Z

B rows, T steps, K tags. All sums over paths are made by the forward and backward algorithms in log
space; what stands beyond a row's length changes nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from textkit.errors import UsageError
from textkit.models.network import PADDING

FORBIDDEN = -1e4  # the score of what may not be: its probability is 0, its gradient a number


class Chain(NamedTuple):
    """Scores of beginning with a tag (K,), of going from one (row) to another (column) (K, K), of ending."""

    start: Tensor
    step: Tensor
    end: Tensor


class LinearChain(nn.Module):
    """Which tags follow each other: learned scores, and rules that no path breaks.

    `starts` (K,) and `follows` (K, K) bool say what may begin and what may follow what; all may if not
    said. Without `learned` the scores stay zero: tags are then independent of each other but for the
    rules, and without these each step is a softmax of its own. Raises UsageError for shapes that do not fit.

    >>> chain = LinearChain(3)
    >>> chain.log_partition(torch.zeros(1, 2, 3), torch.tensor([2])).exp().round().detach()  # 3 * 3 paths
    tensor([9.])
    """

    starts: Tensor
    follows: Tensor

    def __init__(
        self, tags: int, *, starts: Tensor | None = None, follows: Tensor | None = None, learned: bool = True
    ) -> None:
        super().__init__()
        starts = torch.ones(tags, dtype=torch.bool) if starts is None else starts
        follows = torch.ones(tags, tags, dtype=torch.bool) if follows is None else follows
        if tags < 1 or starts.shape != (tags,) or follows.shape != (tags, tags):
            raise UsageError(
                f"rules of {tags} tags must have the shapes ({tags},) and ({tags}, {tags}), "
                f"not {tuple(starts.shape)} and {tuple(follows.shape)}"
            )
        self.tags = tags
        self.register_buffer("starts", starts, persistent=False)
        self.register_buffer("follows", follows, persistent=False)
        for name, shape in (("start", (tags,)), ("step", (tags, tags)), ("end", (tags,))):
            if learned:
                self.register_parameter(name, nn.Parameter(torch.zeros(shape)))
            else:
                self.register_buffer(name, torch.zeros(shape), persistent=False)

    def chain(self) -> Chain:
        """The scores, the forbidden ones being FORBIDDEN."""
        start, step, end = (getattr(self, name) for name in Chain._fields)
        return Chain(
            start.masked_fill(~self.starts, FORBIDDEN), step.masked_fill(~self.follows, FORBIDDEN), end
        )

    def log_likelihood(self, scores: Tensor, lengths: Tensor, tags: Tensor) -> Tensor:
        """log p(tags | scores) of each row (B,): `scores` (B, T, K), `lengths` (B,), `tags` (B, T) int64.

        Tags beyond a row's length may be anything. Raises UsageError for a length outside 1..T.
        """
        return self.path_score(scores, lengths, tags) - self.log_partition(scores, lengths)

    def path_score(self, scores: Tensor, lengths: Tensor, tags: Tensor) -> Tensor:
        """The score (B,) of each row's `tags` (B, T): the numerator, in log space."""
        start, step, end = self.chain()
        real = _real(scores, lengths)
        tags = tags.clamp(min=0)
        emitted = (scores.gather(2, tags[..., None])[..., 0] * real).sum(1)
        moved = (step[tags[:, :-1], tags[:, 1:]] * real[:, 1:]).sum(1)
        last = tags.gather(1, lengths[:, None] - 1)[:, 0]
        return start[tags[:, 0]] + emitted + moved + end[last]

    def log_partition(self, scores: Tensor, lengths: Tensor) -> Tensor:
        """log Z (B,): the log of the sum over all paths."""
        chain = self.chain()
        return torch.logsumexp(_ahead(scores, lengths, chain)[-1] + chain.end, dim=1)

    @torch.no_grad()
    def decode(self, scores: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The best path of each row (B, T), PADDING beyond its length, and its score (B,) (Viterbi 1967)."""
        start, step, end = self.chain()
        real = _real(scores, lengths)
        best, pointers = start + scores[:, 0], []  # (B, K): the best path that ends in a tag here
        stay = torch.arange(self.tags, device=scores.device)
        for t in range(1, scores.shape[1]):
            grown, before = (best[:, :, None] + step).max(dim=1)
            best = torch.where(real[:, t, None], grown + scores[:, t], best)
            pointers.append(torch.where(real[:, t, None], before, stay))
        score, tag = (best + end).max(dim=1)
        path = [tag]
        for before in reversed(pointers):
            path.append(before.gather(1, path[-1][:, None])[:, 0])
        return torch.stack(path[::-1], dim=1).masked_fill(~real, PADDING), score

    @torch.no_grad()
    def posterior(self, scores: Tensor, lengths: Tensor) -> Posterior:
        """Probabilities of tags and of stretches of them, given all of the row's `scores` (B, T, K)."""
        chain = Chain(*(part.double() for part in self.chain()))
        scores = scores.double()
        ahead = torch.stack(_ahead(scores, lengths, chain), dim=1)
        back = torch.stack(_back(scores, lengths, chain), dim=1)
        return Posterior(scores, chain, ahead, back, torch.logsumexp(ahead[:, -1] + chain.end, dim=1))


class Posterior(NamedTuple):
    """What forward and backward messages, `ahead` and `back` (B, T, K) float64 on the CPU, say together."""

    scores: Tensor
    chain: Chain
    ahead: Tensor
    back: Tensor
    log_partition: Tensor

    def marginals(self) -> Tensor:
        """The probability (B, T, K) of each tag at each step, over all paths; no meaning beyond a length."""
        return (self.ahead + self.back - self.log_partition[:, None, None]).exp()

    def log_prob(self, row: int, begin: int, tags: Sequence[int]) -> float:
        """The log probability that the tags of `row` from step `begin` on are just `tags`."""
        scores, step = self.scores[row].numpy(), self.chain.step.numpy()  # quicker than tensors, one by one
        end = begin + len(tags) - 1
        total = self.ahead[row].numpy()[begin, tags[0]] + self.back[row].numpy()[end, tags[-1]]
        for place, (before, tag) in enumerate(itertools.pairwise(tags), begin + 1):
            total += step[before, tag] + scores[place, tag]
        return float(total - self.log_partition.numpy()[row])


def _real(scores: Tensor, lengths: Tensor) -> Tensor:
    """Which steps (B, T) are no padding; raises UsageError for lengths that cannot be."""
    if len(lengths) == 0 or int(lengths.min()) < 1 or int(lengths.max()) > scores.shape[1]:
        raise UsageError(f"rows to tag must have between 1 and {scores.shape[1]} steps each")
    return torch.arange(scores.shape[1], device=lengths.device) < lengths[:, None]


def _ahead(scores: Tensor, lengths: Tensor, chain: Chain) -> list[Tensor]:
    """For each step (B, K): the log sum over paths that end there in a tag; beyond the row's end the last."""
    real = _real(scores, lengths)
    messages = [chain.start + scores[:, 0]]
    for t in range(1, scores.shape[1]):
        grown = torch.logsumexp(messages[-1][:, :, None] + chain.step, dim=1) + scores[:, t]
        messages.append(torch.where(real[:, t, None], grown, messages[-1]))
    return messages


def _back(scores: Tensor, lengths: Tensor, chain: Chain) -> list[Tensor]:
    """For each step (B, K): the log sum over what may follow a tag there, up to the end of the row."""
    real = _real(scores, lengths)
    last = chain.end.expand(len(scores), -1)
    messages = [last]
    for t in range(scores.shape[1] - 1, 0, -1):
        follow = (scores[:, t] + messages[-1])[:, None, :]
        messages.append(torch.where(real[:, t, None], torch.logsumexp(chain.step + follow, dim=2), last))
    return messages[::-1]
