"""The fused cross entropy against torch in float64: loss, gradients, memory, precision."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from textkit.errors import InputError
from textkit.models import fused_cross_entropy as module
from textkit.models.fused_cross_entropy import fused_cross_entropy, target_log_probs
from textkit.models.workspace import Workspace

from .cross_entropy_example import assert_close, example

pytestmark = pytest.mark.usefixtures("fused_however_few")


def exact(*arrays: Tensor | None, targets: Tensor) -> list[Tensor]:
    """Loss and gradients by torch in float64."""
    wide = [part if part is None else part.detach().double().requires_grad_() for part in arrays]
    features, weight, bias = wide
    loss = functional.cross_entropy(functional.linear(features, weight, bias), targets)
    return [loss.detach(), *torch.autograd.grad(loss, [part for part in wide if part is not None])]


def fused(*arrays: Tensor | None, targets: Tensor, workspace: Workspace | None = None) -> list[Tensor]:
    leaves = [part if part is None else part.detach().requires_grad_() for part in arrays]
    features, weight, bias = leaves
    loss = fused_cross_entropy(features, weight, bias=bias, targets=targets, workspace=workspace)
    return [loss.detach(), *torch.autograd.grad(loss, [part for part in leaves if part is not None])]


@pytest.mark.parametrize(("rows", "vocab"), [(1, 2), (6, 65), (7, 300), (20, 1000), (29, 517)])
@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.usefixtures("small_chunks")
def test_loss_and_gradients_are_those_of_float64(rows: int, vocab: int, with_bias: bool) -> None:
    features, weight, bias, targets = example(rows, vocab)
    arrays = (features, weight, bias if with_bias else None)
    assert_close(fused(*arrays, targets=targets), exact(*arrays, targets=targets), 2e-6)


@pytest.mark.usefixtures("small_chunks")
def test_float64_weights_are_computed_in_float64() -> None:
    features, weight, bias, targets = example(20, 50)
    arrays = [part.double() for part in (features, weight, bias)]
    assert_close(fused(*arrays, targets=targets), exact(*arrays, targets=targets), 1e-13)


@pytest.mark.parametrize("spread", [30.0, 1000.0, 1e6])
def test_extreme_logits_neither_overflow_nor_underflow(spread: float) -> None:
    features, weight, bias, targets = example(40, 600, spread=spread)
    expected = exact(features, weight, bias, targets=targets)
    assert float(expected[0]) > 80  # exp of its negative is zero in float32
    assert_close(fused(features, weight, bias, targets=targets), expected, 2e-5)
    found = target_log_probs(features, weight, bias=bias, targets=targets)
    logits = functional.linear(features.double(), weight.double(), bias.double())
    assert torch.allclose(
        -found.double(), functional.cross_entropy(logits, targets, reduction="none"), rtol=2e-5
    )


def test_the_gradient_is_right_to_the_last_digits_where_the_target_is_nearly_sure() -> None:
    weight = torch.tensor([[12.0], [0.0]])
    features, targets = torch.ones(1, 1), torch.tensor([0])
    (_, _, gradient) = fused(features, weight, None, targets=targets)
    assert float(gradient[0, 0]) == pytest.approx(-1 / (1 + torch.exp(torch.tensor(12.0)).item()), rel=1e-5)


@pytest.mark.usefixtures("left_to_torch")
def test_few_logits_give_the_same_by_torch() -> None:
    features, weight, bias, targets = example(29, 517)
    for part in (bias, None):
        expected = exact(features, weight, part, targets=targets)
        assert_close(fused(features, weight, part, targets=targets), expected, 2e-6)
        with torch.autocast("cpu", torch.bfloat16):
            assert_close(fused(features, weight, part, targets=targets), expected, 0.02)


def test_tied_weights_get_the_sum_of_both_gradients() -> None:
    _, weight, bias, targets = example(9, 50)
    ids = torch.arange(9) * 5

    def loss_of(table: Tensor, plain: bool) -> Tensor:
        features = functional.embedding(ids, table)
        if plain:
            return functional.cross_entropy(functional.linear(features, table, bias.to(table.dtype)), targets)
        return fused_cross_entropy(features, table, bias=bias, targets=targets)

    narrow, wide = weight.clone().requires_grad_(), weight.double().requires_grad_()
    (found,) = torch.autograd.grad(loss_of(narrow, plain=False), [narrow])
    (expected,) = torch.autograd.grad(loss_of(wide, plain=True), [wide])
    assert_close([found], [expected], 2e-6)


def test_gradients_add_up_over_losses_and_follow_the_factor() -> None:
    features, weight, bias, targets = example(12, 40)
    weight.requires_grad_()
    one = fused_cross_entropy(features, weight, bias=bias, targets=targets)
    two = fused_cross_entropy(-features, weight, bias=bias, targets=targets)
    (one / 4 - 3 * two).backward()
    wide = weight.detach().double().requires_grad_()
    losses = [
        functional.cross_entropy(functional.linear(x.double(), wide, bias.double()), targets)
        for x in (features, -features)
    ]
    (losses[0] / 4 - 3 * losses[1]).backward()
    assert_close([weight.grad], [wide.grad], 2e-6)


def test_a_graph_that_is_kept_gives_the_same_gradients_again() -> None:
    features, weight, bias, targets = example(12, 40)
    weight.requires_grad_()
    loss = fused_cross_entropy(features, weight, bias=bias, targets=targets)
    (first,) = torch.autograd.grad(loss, [weight], retain_graph=True)
    (second,) = torch.autograd.grad(2 * loss, [weight])
    assert torch.equal(2 * first, second)
    with pytest.raises(RuntimeError, match="second time"):
        loss.backward()


@pytest.mark.parametrize("wanted", [(True, False, False), (False, True, False), (False, False, True)])
def test_only_the_gradients_asked_for_are_formed(wanted: tuple[bool, ...]) -> None:
    features, weight, bias, targets = example(10, 30)
    arrays = [part.requires_grad_(need) for part, need in zip((features, weight, bias), wanted, strict=True)]
    fused_cross_entropy(arrays[0], arrays[1], bias=arrays[2], targets=targets).backward()
    expected = exact(features, weight, bias, targets=targets)[1:]
    for part, need, right in zip(arrays, wanted, expected, strict=True):
        assert (part.grad is not None) == need
        if need:
            assert_close([part.grad], [right], 2e-6)


def test_without_a_graph_no_gradient_is_formed(monkeypatch: pytest.MonkeyPatch) -> None:
    features, weight, bias, targets = example(10, 30)
    weight.requires_grad_()
    formed: list[object] = []
    monkeypatch.setattr(module, "_add_up", lambda gradients, *rest: formed.extend(gradients))
    with torch.no_grad():
        loss = fused_cross_entropy(features, weight, bias=bias, targets=targets)
    assert formed == [None, None, None]
    expected = functional.cross_entropy(functional.linear(features, weight.detach(), bias), targets)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)


def test_no_rows_give_no_loss_and_zero_gradients() -> None:
    features, weight, bias, targets = example(0, 30)
    loss, *gradients = fused(features, weight, bias, targets=targets)
    assert loss.item() == 0
    assert [gradient.abs().sum().item() for gradient in gradients] == [0, 0, 0]


def test_what_is_not_a_number_is_seen_in_the_loss() -> None:
    features, weight, bias, targets = example(4, 30)
    for bad in (float("nan"), float("inf")):
        features[2, 3] = bad
        assert not torch.isfinite(fused_cross_entropy(features, weight, bias=bias, targets=targets))


def test_the_memory_is_reused_between_inference_and_training() -> None:
    features, weight, bias, targets = example(10, 30)
    workspace = Workspace()
    with torch.inference_mode():
        target_log_probs(features, weight, bias=bias, targets=targets, workspace=workspace)
        fused_cross_entropy(features, weight, bias=bias, targets=targets, workspace=workspace)
    expected = exact(features, weight, bias, targets=targets)
    assert_close(fused(features, weight, bias, targets=targets, workspace=workspace), expected, 2e-6)
    with torch.inference_mode():
        loss = fused_cross_entropy(features, weight, bias=bias, targets=targets, workspace=workspace)
    assert loss.item() == pytest.approx(float(expected[0]), rel=1e-6)


def test_copies_and_pickles_leave_the_memory_behind() -> None:
    workspace = Workspace()
    workspace.take(3, 4, like=torch.empty(0))
    for twin in (copy.deepcopy(workspace), pickle.loads(pickle.dumps(workspace))):
        assert twin._memory.numel() == 0


@pytest.mark.usefixtures("small_chunks")
def test_memory_is_for_a_chunk_only() -> None:
    features, weight, bias, targets = example(100, 50)
    workspace = Workspace()
    fused(features, weight, bias, targets=targets, workspace=workspace)
    assert workspace._memory.numel() == 7 * 50 * 4


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.usefixtures("small_chunks")
def test_the_number_of_threads_changes_nothing(threads: int) -> None:
    features, weight, bias, targets = example(5, 300)
    expected = exact(features, weight, bias, targets=targets)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert_close(fused(features, weight, bias, targets=targets), expected, 2e-6)
    finally:
        torch.set_num_threads(before)


@pytest.mark.usefixtures("small_chunks")
def test_autocast_multiplies_in_bfloat16_and_adds_up_in_float32() -> None:
    features, weight, bias, targets = example(40, 300)
    expected = exact(features, weight, bias, targets=targets)
    with torch.autocast("cpu", torch.bfloat16):
        found = fused(features, weight, bias, targets=targets)
    assert_close(found, expected, 0.02)
    rounded = [part.bfloat16().float() for part in (features, weight)]
    assert_close(found[:1], exact(*rounded, bias, targets=targets)[:1], 1e-3)
    assert [part.dtype for part in found] == [torch.float32] * 4
    assert not torch.equal(
        found[2], found[2].bfloat16().float()
    )  # sums of chunks are not rounded to bfloat16


def test_autocast_takes_features_that_are_bfloat16_already() -> None:
    features, weight, bias, targets = example(10, 30)
    narrow = features.bfloat16().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        loss = fused_cross_entropy(narrow, weight, bias=bias, targets=targets)
    loss.backward()
    assert loss.dtype == torch.float32
    assert narrow.grad is not None
    assert narrow.grad.dtype == torch.bfloat16


def test_scores_are_float32_under_autocast_too() -> None:
    features, weight, bias, targets = example(33, 300)
    expected = -functional.cross_entropy(functional.linear(features, weight, bias), targets, reduction="none")
    with torch.autocast("cpu", torch.bfloat16):
        found = target_log_probs(features, weight, bias=bias, targets=targets)
    assert torch.allclose(found, expected, atol=1e-5)


def test_what_is_changed_before_backward_is_an_error() -> None:
    features, weight, bias, targets = example(5, 20)
    weight.requires_grad_()
    loss = fused_cross_entropy(features, weight, bias=bias, targets=targets)
    with torch.no_grad():
        weight.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@pytest.mark.parametrize("bad", [-1, 30])
def test_targets_that_are_no_ids_are_refused(bad: int) -> None:
    features, weight, bias, targets = example(5, 30)
    targets[3] = bad
    with pytest.raises(InputError, match=r"targets must be ids below 30, not .*: encode the text with"):
        fused_cross_entropy(features, weight, bias=bias, targets=targets)
    with pytest.raises(InputError, match="targets must be ids below 30"):
        target_log_probs(features, weight, bias=bias, targets=targets)
