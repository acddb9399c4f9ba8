"""A linear layer and cross-entropy in one: never all logits (N, V), the gradients formed in the forward pass.

The rows are taken a chunk at a time. A chunk's logits become the gradient of the mean loss at them in place,
(softmax(logits) - onehot(targets)) / N, and its products with the weight and the features are added up
before the next chunk overwrites it. Backward only hands them over:
the work is that of `cross_entropy(linear(...))`, the memory that of one chunk.

N predictions, R rows of a chunk, V ids, D width.
"""

from __future__ import annotations

import math
import threading
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from textkit.errors import InputError

# Rows of a chunk: enough for products at full speed, few enough for the cache to help.
_ROWS = {"cpu": 384, "cuda": 4096}
_CHUNK_BYTES = {"cpu": 1 << 26, "cuda": 1 << 29}
# As many logits as this at once are faster left to torch: characters, a small vocabulary.
_FEW = 1 << 21
# Columns of one product in float32 on a CPU: each sum has only D terms, and to write whole rows of V such
# sums takes twice as long as to write pieces that stay in the cache until they are complete.
_COLUMNS = 512
_PIECE = 4096  # columns of a product that is made wider


class Workspace:
    """Memory for a chunk, kept from call to call: asking the system for it anew costs more than filling it.

    Copies and pickles of it are empty.
    """

    def __init__(self) -> None:
        self._memory = torch.empty(0, dtype=torch.uint8)

    def take(self, rows: int, columns: int, *, like: Tensor) -> Tensor:
        """An uninitialised (rows, columns) of the type and on the device of `like`, until the next `take`."""
        size = rows * columns * like.element_size()
        if self._memory.device != like.device or self._memory.numel() < size:
            with torch.inference_mode(False):  # what is made in inference mode is of no use in training
                self._memory = torch.empty(0, dtype=torch.uint8)  # let go of the old first
                self._memory = torch.empty(size, dtype=torch.uint8, device=like.device)
        return self._memory[:size].view(like.dtype).view(rows, columns)

    def __reduce__(self) -> tuple[type[Workspace], tuple[()]]:
        return Workspace, ()


def fused_cross_entropy(
    features: Tensor,
    weight: Tensor,
    *,
    bias: Tensor | None,
    targets: Tensor,
    workspace: Workspace | None = None,
) -> Tensor:
    """Mean of -log softmax(features weight^T + bias)[targets]: a scalar, float32 (float64 as the weight is).

    `features` (N, D), `weight` (V, D), `bias` (V,), `targets` (N,) int64. Under `torch.autocast` the
    products are of its type; the softmax, the loss and the sums of gradients over chunks are float32.
    N = 0 gives 0. Gradients of gradients are not defined. Raises InputError, on a CPU, for targets that
    are no ids.

    >>> features, weight = torch.tensor([[1.0, 0.0]]), torch.tensor([[1000.0, 0.0], [0.0, 0.0]])
    >>> fused_cross_entropy(features, weight, bias=None, targets=torch.tensor([1]))
    tensor(1000.)
    """
    _check(targets, len(weight))
    if 0 < len(targets) * len(weight) <= _FEW:
        logits = functional.linear(features, weight, bias)
        wide = torch.promote_types(weight.dtype, torch.float32)
        return functional.cross_entropy(logits.to(wide), targets)
    loss: Tensor = _FusedCrossEntropy.apply(  # type: ignore[no-untyped-call]
        features, weight, bias, targets, workspace or Workspace(), torch.is_grad_enabled()
    )
    return loss


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
            result[rows] = _differentiate(logits, bias, targets[rows])[0]
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
        workspace: Workspace,
        graded: bool,
    ) -> Tensor:
        device = features.device.type
        reduced = torch.is_autocast_enabled(device) and weight.dtype == torch.float32
        ctx.dtype = torch.get_autocast_dtype(device) if reduced else weight.dtype
        ctx.workspace = workspace
        # torch says that a gradient is needed in no_grad mode too.
        ctx.wanted = [graded and needed for needed in ctx.needs_input_grad[:3]]
        ctx.save_for_backward(features, weight, bias, targets)
        loss, ctx.gradients = _loss_and_gradients(ctx, features, weight, bias, targets)
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        saved = ctx.saved_tensors
        # The gradients are given away, so that autograd need not copy them; who asks again waits again.
        gradients, ctx.gradients = ctx.gradients, None
        if gradients is None:
            _, gradients = _loss_and_gradients(ctx, *saved)
        if grad.device.type != "cpu" or grad.item() != 1:
            gradients = [part if part is None else part.mul_(grad) for part in gradients]
        return (*gradients, None, None, None)


def _loss_and_gradients(
    ctx: Any, features: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor
) -> tuple[Tensor, _Gradients]:
    with torch.autocast(features.device.type, enabled=False):
        x, w = features.to(ctx.dtype), weight.to(ctx.dtype)
        wanted = ctx.wanted
        new = torch.empty_like if len(x) else torch.zeros_like  # the first chunk overwrites them
        gradients = _Gradients(
            new(features) if wanted[0] else None,
            new(weight) if wanted[1] else None,
            new(bias) if bias is not None and wanted[2] else None,
        )
        total = torch.zeros((), dtype=torch.float64, device=x.device)
        for rows in _chunks(len(x), w):
            at_logits = _product(x[rows], w, ctx.workspace)
            log_probs, sums = _differentiate(at_logits, bias, targets[rows])
            total -= log_probs.sum(dtype=torch.float64)
            _add_up(gradients, rows, at_logits, x[rows], w, 1 / (sums * len(x)))
        return (total / max(len(x), 1)).to(torch.promote_types(weight.dtype, torch.float32)), gradients


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


def _differentiate(logits: Tensor, bias: Tensor | None, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Turn `logits` (R, V) into the gradient of -log softmax(logits + bias)[targets] at them, in place.

    Row r of it is to be divided by the second result's (R,) element r. The first are the log
    probabilities (R,) of `targets` (R,).
    """
    if logits.device.type == "cpu" and logits.dtype in (torch.float32, torch.bfloat16):
        return _compiled_differentiate(logits, bias, targets)
    wide = logits.to(torch.promote_types(logits.dtype, torch.float32))
    probs = torch.log_softmax(wide if bias is None else wide + bias, 1)
    log_probs = probs.gather(1, targets[:, None])
    probs.exp_().scatter_(1, targets[:, None], torch.expm1(log_probs))
    logits.copy_(probs)
    return log_probs[:, 0], probs.new_ones(len(logits))


def _compiled_differentiate(logits: Tensor, bias: Tensor | None, targets: Tensor) -> tuple[Tensor, Tensor]:
    from textkit.models.kernels.softmax import LANES, differentiate  # loads numba

    rows, columns = logits.shape
    table = (logits if logits.dtype == torch.float32 else logits.view(torch.uint16)).numpy()
    offsets = torch.zeros(columns) if bias is None else bias.detach().float()
    log_probs, sums = torch.empty(rows), torch.empty(rows)
    jobs = max(min(torch.get_num_threads(), rows), 1)
    lanes = torch.empty(jobs, min(LANES, columns)).numpy()
    arrays = (targets.contiguous().numpy(), log_probs.numpy(), sums.numpy())

    def work(job: int) -> None:
        part = slice(rows * job // jobs, rows * (job + 1) // jobs)
        differentiate(table[part], offsets.numpy(), lanes[job], *(array[part] for array in arrays))

    threads = [threading.Thread(target=work, args=(job,)) for job in range(1, jobs)]
    for thread in threads:
        thread.start()
    work(0)
    for thread in threads:
        thread.join()
    return log_probs, sums
