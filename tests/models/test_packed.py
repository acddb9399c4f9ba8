"""Networks whose products are laid out anew: the same numbers, from weights of their own."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from textkit.models import packed as module
from textkit.models.outputs import SoftmaxOutput
from textkit.models.packed import PackedLinear, packed


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("rows", [1, 3, 200])
def test_products_are_those_of_the_layer(rows: int, bias: bool) -> None:
    torch.manual_seed(0)
    layer = nn.Linear(33, 70, bias=bias)
    x = torch.randn(rows, 2, 33).transpose(0, 1)[1]  # not contiguous
    with torch.inference_mode():
        torch.testing.assert_close(packed(layer)(x), layer(x))
        with torch.autocast("cpu", torch.bfloat16):
            found, wanted = packed(layer, torch.bfloat16)(x), layer(x)
    assert found.dtype == wanted.dtype == torch.bfloat16
    torch.testing.assert_close(found, wanted)


def test_a_twin_shares_all_but_its_products() -> None:
    torch.manual_seed(0)
    embedding = nn.Embedding(9, 4)
    inner = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4))
    network = nn.ModuleDict({"embedding": embedding, "inner": inner})
    network["output"] = SoftmaxOutput(9, 4, weight=embedding.weight)
    twin = packed(network)
    x = torch.randn(5, 4)
    with torch.inference_mode():
        wanted = network["output"].log_probs(network["inner"](x))
        torch.testing.assert_close(twin["output"].log_probs(twin["inner"](x)), wanted)
    assert twin["embedding"].weight is embedding.weight
    assert isinstance(twin["inner"][0], PackedLinear)
    assert type(network["inner"][0]) is nn.Linear
    with torch.no_grad():
        embedding.weight.zero_()
        for parameter in inner.parameters():
            parameter.zero_()
    with torch.inference_mode():
        after = network["output"].log_probs(network["inner"](x))
        assert torch.allclose(after, torch.full((5, 9), -torch.log(torch.tensor(9.0)).item()))
        assert not torch.allclose(twin["output"].log_probs(x), after)  # it was laid out before


@pytest.mark.parametrize("broken", [RuntimeError, AttributeError, None])
def test_without_such_products_a_network_stays_as_it_is(
    broken: type[Exception] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Product(module.PackedProduct):
        def __call__(self, x: torch.Tensor) -> torch.Tensor:
            if broken is not None:
                raise broken("no such thing")
            return super().__call__(x) + 0.01

    layer = nn.Linear(3, 2)
    assert packed(layer) is not layer
    monkeypatch.setattr(module, "PackedProduct", Product)
    module._can_pack.cache_clear()
    try:
        assert packed(layer) is layer
    finally:
        module._can_pack.cache_clear()


def test_only_float32_is_laid_out_anew() -> None:
    layer = nn.Linear(3, 2).double()
    assert packed(layer) is layer
