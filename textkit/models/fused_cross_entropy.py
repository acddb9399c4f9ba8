"""A linear layer and cross-entropy in one: never all logits (N, V), the gradients formed in the forward pass.

The rows are taken a chunk at a time. A chunk's logits become the gradient of the mean loss at them in place,
(softmax(logits) - onehot(targets)) / N, and its products with the weight and the features are added up
before the next chunk overwrites it. Backward only hands them over:
the work is that of `cross_entropy(linear(...))`, the memory that of one chunk.

Label smoothing (Szegedy et al. 2016, arXiv:1512.00567, section 7) by e takes e / V more from each logit's
gradient. That is the same for all rows and columns, so it needs no pass over the logits: its products are
sums of the weight's rows and of the features.

N predictions, R rows of a chunk, V ids, D width.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from textkit.errors import InputError
from textkit.models.softmax_gradient import differentiate
from textkit.models.workspace import Workspace

# Rows of a chunk: enough for products at full speed, few enough for the cache to help.
_ROWS = {"cpu": 384, "cuda": 4096}
_CHUNK_BYTES = {"cpu": 1 << 26, "cuda": 1 << 29}
# As many logits as this at once are faster left to torch: characters, a small vocabulary.
_FEW = 1 << 21
# Columns of one product in float32 on a CPU: each sum has only D terms, and to write whole rows of V such
# sums takes twice as long as to write pieces that stay in the cache until they are complete.
_COLUMNS = 512
_PIECE = 4096  # columns of a product that is made wider


class CrossEntropy(NamedTuple):
    """Two means over predictions: what is learnt, and the plain negative log probability in nats.

    Without label smoothing they are equal. Only `loss` has a gradient.
    """

    loss: Tensor
    nats: Tensor


def fused_cross_entropy(
    features: Tensor,
    weight: Tensor,
    *,
    bias: Tensor | None,
    targets: Tensor,
    label_smoothing: float = 0.0,
    workspace: Workspace | None = None,
) -> Tensor:
    """Mean of -log softmax(features weight^T + bias)[targets]: a scalar, float32 (float64 as the weight is).

    `features` (N, D), `weight` (V, D), `bias` (V,), `targets` (N,) int64. Under `torch.autocast` the
    products are of its type; the softmax, the loss and the sums of gradients over chunks are float32.
    `label_smoothing` e in [0, 1] weighs the target 1 - e and adds e / V for each id. N = 0 gives 0.
    Gradients of gradients are not defined. Raises InputError, on a CPU, for targets that are no ids.

    >>> features, weight = torch.tensor([[1.0, 0.0]]), torch.tensor([[1000.0, 0.0], [0.0, 0.0]])
    >>> fused_cross_entropy(features, weight, bias=None, targets=torch.tensor([1]))
    tensor(1000.)
    """
    return smoothed_cross_entropy(
        features, weight, bias=bias, targets=targets, label_smoothing=label_smoothing, workspace=workspace
    ).loss


def smoothed_cross_entropy(
    features: Tensor,
    weight: Tensor,
    *,
    bias: Tensor | None,
    targets: Tensor,
    label_smoothing: float,
    workspace: Workspace | None = None,
) -> CrossEntropy:
    """What `fused_cross_entropy` gives, and without more work the mean that is not smoothed.

    >>> one = smoothed_cross_entropy(
    ...     torch.ones(1, 1), torch.zeros(2, 1), bias=None, targets=torch.tensor([0]), label_smoothing=0.1
    ... )
    >>> [round(float(part), 4) for part in one]
    [0.6931, 0.6931]
    """
    _check(targets, len(weight))
    if 0 < len(targets) * len(weight) <= _FEW:
        return _left_to_torch(
            functional.linear(features, weight, bias), targets, label_smoothing, like=weight
        )
    return CrossEntropy(
        *_FusedCrossEntropy.apply(  # type: ignore[no-untyped-call]
            features,
            weight,
            bias,
            targets,
            label_smoothing,
            workspace or Workspace(),
            torch.is_grad_enabled(),
        )
    )


def _left_to_torch(logits: Tensor, targets: Tensor, smoothing: float, *, like: Tensor) -> CrossEntropy:
    wide = logits.to(torch.promote_types(like.dtype, torch.float32))
    if not smoothing:
        loss = functional.cross_entropy(wide, targets)
        return CrossEntropy(loss, loss.detach())
    log_probs = torch.log_softmax(wide, 1)
    nats = functional.nll_loss(log_probs, targets)
    return CrossEntropy((1 - smoothing) * nats - smoothing * log_probs.mean(), nats.detach())


@torch.no_grad()
def target_log_probs(
    features: Tensor,
    weight: Tensor,
    *,
    bias: Tensor | None,
    targets: Tensor,
    workspace: Workspace | None = None,
) -> Tensor:
    """Log probabilities (N,) of `targets` (N,) without a graph, autocast or not; as `fused_cross_entropy`."""
    _check(targets, len(weight))
    workspace = workspace or Workspace()
    result = features.new_empty(len(targets))
    with torch.autocast(features.device.type, enabled=False):
        for rows in _chunks(len(targets), weight):
            logits = _product(features[rows], weight, workspace)
            result[rows] = differentiate(logits, bias, targets[rows]).log_probs
    return result


class _Gradients(NamedTuple):
    features: Tensor | None
    weight: Tensor | None
    bias: Tensor | None


class _FusedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        targets: Tensor,
        smoothing: float,
        workspace: Workspace,
        graded: bool,
    ) -> tuple[Tensor, Tensor]:
        device = features.device.type
        reduced = torch.is_autocast_enabled(device) and weight.dtype == torch.float32
        ctx.dtype = torch.get_autocast_dtype(device) if reduced else weight.dtype
        ctx.workspace, ctx.smoothing = workspace, smoothing
        # torch says that a gradient is needed in no_grad mode too.
        ctx.wanted = [graded and needed for needed in ctx.needs_input_grad[:3]]
        ctx.save_for_backward(features, weight, bias, targets)
        losses, ctx.gradients = _losses_and_gradients(ctx, features, weight, bias, targets)
        ctx.mark_non_differentiable(losses.nats)
        return losses.loss, losses.nats

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        saved, grad = ctx.saved_tensors, grads[0]  # that at nats is none
        # The gradients are given away, so that autograd need not copy them; who asks again waits again.
        gradients, ctx.gradients = ctx.gradients, None
        if gradients is None:
            _, gradients = _losses_and_gradients(ctx, *saved)
        if grad.device.type != "cpu" or grad.item() != 1:
            gradients = [part if part is None else part.mul_(grad) for part in gradients]
        return (*gradients, None, None, None, None)


def _losses_and_gradients(
    ctx: Any, features: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor
) -> tuple[CrossEntropy, _Gradients]:
    with torch.autocast(features.device.type, enabled=False):
        x, w = features.to(ctx.dtype), weight.to(ctx.dtype)
        wanted, smoothing = ctx.wanted, ctx.smoothing
        new = torch.empty_like if len(x) else torch.zeros_like  # the first chunk overwrites them
        gradients = _Gradients(
            new(features) if wanted[0] else None,
            new(weight) if wanted[1] else None,
            new(bias) if bias is not None and wanted[2] else None,
        )
        total = torch.zeros((), dtype=torch.float64, device=x.device)
        normaliser = torch.zeros_like(total)
        for rows in _chunks(len(x), w):
            at_logits = _product(x[rows], w, ctx.workspace)
            made = differentiate(at_logits, bias, targets[rows], smoothing)
            total -= made.log_probs.sum(dtype=torch.float64)
            normaliser += made.normalisers.sum(dtype=torch.float64)
            _add_up(gradients, rows, at_logits, x[rows], w, 1 / (made.sums * len(x)))
        nats, loss = total / max(len(x), 1), total / max(len(x), 1)
        if smoothing and len(x):
            uniform = normaliser / len(x) - _smooth(gradients, x, weight, bias, smoothing)
            loss = (1 - smoothing) * nats + smoothing * uniform
        wide = torch.promote_types(weight.dtype, torch.float32)
        return CrossEntropy(loss.to(wide), nats.to(wide)), gradients


def _smooth(
    gradients: _Gradients, x: Tensor, weight: Tensor, bias: Tensor | None, smoothing: float
) -> Tensor:
    """Take `smoothing` / V of each logit from the `gradients` of the mean loss; the mean of all logits."""
    wide = torch.promote_types(weight.dtype, torch.float32)
    share = smoothing / len(weight)
    column, row = weight.sum(dim=0, dtype=wide), x.sum(dim=0, dtype=wide) / len(x)  # (D,) each
    if gradients.features is not None:
        gradients.features.sub_(column * (share / len(x)))
    if gradients.weight is not None:
        gradients.weight.sub_(row * share)
    if gradients.bias is not None:
        gradients.bias.sub_(share)
    logits = row.double() @ column.double()
    return (logits if bias is None else logits + bias.detach().sum(dtype=torch.float64)) / len(weight)


def _add_up(
    gradients: _Gradients, rows: slice, at_logits: Tensor, x: Tensor, weight: Tensor, scale: Tensor
) -> None:
    """Put in a chunk's part for features, and add that for weight and bias, whose sums the first begins.

    `at_logits` (R, V) times `scale` (R,) is the gradient at its logits. The factors go to the narrow side
    of each product: that spares the wide one another pass.
    """
    first = rows.start == 0
    if gradients.features is not None:
        torch.mul(at_logits @ weight, scale[:, None], out=gradients.features[rows])
    if gradients.weight is not None:
        scaled = (x * scale[:, None]).to(x.dtype)
        if gradients.weight.dtype == x.dtype:
            gradients.weight.addmm_(at_logits.T, scaled, beta=0 if first else 1)
        else:
            # In pieces: products that are made wider need memory twice more, and so little of it.
            pieces = zip(
                torch.split(gradients.weight, _PIECE), torch.split(at_logits, _PIECE, dim=1), strict=True
            )
            for total, part in pieces:
                _add(total, part.T @ scaled, first=first)
    if gradients.bias is not None:
        _add(gradients.bias, (scale[None].to(x.dtype) @ at_logits)[0], first=first)


def _add(total: Tensor, part: Tensor, *, first: bool) -> None:
    total.copy_(part) if first else total.add_(part)


def _check(targets: Tensor, ids: int) -> None:
    if targets.device.type != "cpu" or not len(targets):  # a GPU says so itself
        return
    least, most = int(targets.min()), int(targets.max())
    if least < 0 or most >= ids:  # compiled code would not notice
        raise InputError(
            f"targets must be ids below {ids}, not {least} to {most}: "
            "encode the text with the vocabulary of this network"
        )


def _chunks(count: int, weight: Tensor) -> list[slice]:
    """Rows 0 to `count` in chunks of equal size, or nearly."""
    device = weight.device.type if weight.device.type in _ROWS else "cuda"
    row_bytes = len(weight) * weight.element_size()
    most = max(min(max(_ROWS[device], _FEW // len(weight)), _CHUNK_BYTES[device] // row_bytes), 1)
    size = math.ceil(count / max(math.ceil(count / most), 1))
    return [slice(begin, min(begin + size, count)) for begin in range(0, count, size or 1)]


def _product(x: Tensor, weight: Tensor, workspace: Workspace) -> Tensor:
    """x weight^T, (R, V), in the workspace."""
    out = workspace.take(len(x), len(weight), like=weight)
    pieces = x.device.type == "cpu" and x.dtype == torch.float32
    step = _COLUMNS if pieces else len(weight)
    for begin in range(0, len(weight), step):
        columns = slice(begin, begin + step)
        torch.mm(x, weight[columns].T, out=out[:, columns])
    return out
