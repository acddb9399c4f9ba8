"""Attention against torch's own multi-head attention, rotary positions against complex numbers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from textkit.models.attention import Cache, SelfAttention
from textkit.models.positions import rotate, rotation_table


def test_attention_equals_torchs_forward_and_backward() -> None:
    torch.manual_seed(0)
    ours, theirs = SelfAttention(12, 3), nn.MultiheadAttention(12, 3, bias=False, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.inputs.weight)
        theirs.out_proj.weight.copy_(ours.output.weight)
    x = torch.randn(2, 7, 12)
    mine, peer = x.clone().requires_grad_(), x.clone().requires_grad_()
    mask = nn.Transformer.generate_square_subsequent_mask(7)
    outputs = ours(mine)[0]
    expected = theirs(peer, peer, peer, attn_mask=mask, is_causal=True, need_weights=False)[0]
    torch.testing.assert_close(outputs, expected, rtol=1e-5, atol=1e-5)
    weights = torch.randn_like(outputs)
    (outputs * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(mine.grad, peer.grad, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(ours.inputs.weight.grad, theirs.in_proj_weight.grad, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(ours.output.weight.grad, theirs.out_proj.weight.grad, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("pieces", [[1] * 9, [4, 5], [3, 1, 5], [8, 1]])
@pytest.mark.parametrize("rotary", [False, True])
def test_the_cache_gives_what_the_whole_gives(pieces: list[int], rotary: bool) -> None:
    torch.manual_seed(0)
    attention, x = SelfAttention(8, 2), torch.randn(3, 9, 8)
    rotation = rotation_table(9, 4) if rotary else None
    whole, at_end = attention(x, rotation=rotation)
    cache, begin = None, 0
    for length in pieces:
        end = begin + length
        places = None if rotation is None else rotation.rows(begin, end)
        part, cache = attention(x[:, begin:end], rotation=places, cache=cache)
        torch.testing.assert_close(part, whole[:, begin:end])
        begin = end
    assert isinstance(cache, Cache)
    torch.testing.assert_close(cache, at_end)


def test_no_step_sees_what_comes_later() -> None:
    torch.manual_seed(0)
    attention, x = SelfAttention(8, 2), torch.randn(1, 6, 8, requires_grad=True)
    attention(x)[0][0, 2].sum().backward()
    assert x.grad is not None
    assert x.grad[0, :3].abs().sum(dim=1).min() > 0
    assert x.grad[0, 3:].abs().max() == 0


def test_rotating_is_multiplying_by_complex_numbers() -> None:
    length, width = 50, 6
    x = torch.randn(2, 3, length, width, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    planes = torch.complex(x[..., : width // 2], x[..., width // 2 :])
    angles = torch.tensor(
        [[place * 10000.0 ** (-2 * i / width) for i in range(width // 2)] for place in range(length)],
        dtype=torch.float64,
    )
    turned = planes * torch.exp(1j * angles)
    expected = torch.cat((turned.real, turned.imag), dim=-1)
    torch.testing.assert_close(rotate(x, rotation_table(length, width)), expected, rtol=1e-6, atol=1e-6)


def test_rotated_products_depend_on_the_distance_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    query, key = (torch.randn(8, generator=generator).expand(1, 1, 40, 8) for _ in range(2))
    table = rotation_table(40, 8)
    products = (rotate(query, table) @ rotate(key, table).transpose(2, 3))[0, 0]  # (40, 40)
    for distance in range(-39, 40):
        same = products.diagonal(distance)
        torch.testing.assert_close(same, same[0].expand_as(same), rtol=1e-4, atol=1e-4)
    assert products.diagonal(1)[0] != products.diagonal(2)[0]
    lengths = rotate(query, table).norm(dim=-1)
    torch.testing.assert_close(lengths, query.norm(dim=-1))
