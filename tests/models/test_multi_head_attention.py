"""Multi-head attention written out against torch.nn.MultiheadAttention."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from textkit.errors import UsageError
from textkit.models.multi_head_attention import MultiHeadAttention


def like(module: nn.MultiheadAttention) -> MultiHeadAttention:
    """Ours with the weights of torch's."""
    ours = MultiHeadAttention(module.embed_dim, module.num_heads)
    names = ("queries", "keys", "values")
    state = {
        f"{name}.{kind}": part
        for kind in ("weight", "bias")
        for name, part in zip(names, getattr(module, f"in_proj_{kind}").chunk(3), strict=True)
    }
    state |= {"output.weight": module.out_proj.weight, "output.bias": module.out_proj.bias}
    ours.load_state_dict(state)
    return ours


def inputs() -> tuple[Tensor, Tensor, Tensor]:
    return tuple(torch.randn(3, steps, 12, requires_grad=True) for steps in (4, 5, 5))


@pytest.mark.parametrize("heads", [1, 3])
@pytest.mark.parametrize("shape", [None, (3, 4, 5), (3, 1, 5)])
def test_it_equals_torchs_forward_and_backward(heads: int, shape: tuple[int, ...] | None) -> None:
    torch.manual_seed(0)
    module = nn.MultiheadAttention(12, heads, batch_first=True)
    nn.init.normal_(module.in_proj_bias)
    ours, given = like(module), inputs()
    mask = None
    if shape is not None:
        mask = torch.rand(shape) < 0.6
        mask[..., 0] = True
    hidden = None if mask is None else (~mask).expand(3, 4, 5).repeat_interleave(heads, dim=0)
    wanted, where = module(*given, attn_mask=hidden, average_attn_weights=False)
    outputs, weights = ours(*given, mask=mask)
    torch.testing.assert_close(outputs, wanted)
    torch.testing.assert_close(weights, where)
    factor = torch.randn_like(wanted)
    parts = [ours.queries.weight, ours.keys.weight, ours.values.weight]
    got = torch.autograd.grad((outputs * factor).sum(), [*given, *parts, ours.output.weight])
    theirs = [*given, module.in_proj_weight, module.out_proj.weight]
    expected = torch.autograd.grad((wanted * factor).sum(), theirs)
    expected = (*expected[:3], *expected[3].chunk(3), expected[4])
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_masked_positions_have_no_weight_and_no_gradient() -> None:
    torch.manual_seed(1)
    queries, keys, values = inputs()
    mask = torch.tensor([True, True, False, True, False]).expand(3, 1, 5)
    outputs, weights = MultiHeadAttention(12, 3)(queries, keys, values, mask=mask)
    assert not weights[..., [2, 4]].any()
    torch.testing.assert_close(weights.sum(dim=3), torch.ones(3, 3, 4))
    outputs.square().sum().backward()
    for part in (keys, values):
        assert part.grad is not None
        assert not part.grad[:, [2, 4]].any()
        assert part.grad[:, [0, 1, 3]].all()


def test_the_order_of_keys_does_not_matter_and_that_of_queries_is_kept() -> None:
    torch.manual_seed(2)
    attention, (queries, keys, values) = MultiHeadAttention(12, 3), inputs()
    outputs, weights = attention(queries, keys, values)
    order, turned = torch.randperm(5), torch.randperm(4)
    moved, moved_weights = attention(queries[:, turned], keys[:, order], values[:, order])
    torch.testing.assert_close(moved, outputs[:, turned])
    torch.testing.assert_close(moved_weights, weights[:, :, turned][..., order])


def test_a_query_that_may_look_nowhere_mixes_zeros() -> None:
    attention = MultiHeadAttention(4, 2, bias=False)
    mask = torch.zeros(1, 3, 3, dtype=torch.bool)
    outputs, weights = attention(*(torch.randn(1, 3, 4) for _ in range(3)), mask=mask)
    assert not outputs.any()
    assert not weights.any()


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(UsageError, match="width must be a multiple of heads: width 8, heads 3"):
        MultiHeadAttention(8, 3)
