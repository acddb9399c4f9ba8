"""The Transformer against torch's encoder layers with a causal mask; reading in pieces against the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.network import State, select
from textkit.models.outputs import SoftmaxOutput
from textkit.models.transformer import Block, TransformerNetwork, TransformerSettings

SMALL = {"vocab_size": 11, "width": 12, "layers": 2, "heads": 3}


def make(**changes: Any) -> TransformerNetwork:
    torch.manual_seed(0)
    network = TransformerNetwork(TransformerSettings(**{**SMALL, **changes}))
    with torch.no_grad():  # larger weights than at the start, so that mistakes show
        for weight in network.blocks.parameters():
            weight.mul_(10 if weight.dim() == 2 else 1.3)
    return network


def softmax(network: TransformerNetwork) -> SoftmaxOutput:
    assert isinstance(network.output, SoftmaxOutput)
    return network.output


def text(rows: int, length: int) -> Tensor:
    return torch.randint(11, (rows, length), generator=torch.Generator().manual_seed(1))


def torchs_layer(block: nn.Module) -> nn.TransformerEncoderLayer:
    """Torch's own layer with the weights of `block`."""
    layer = nn.TransformerEncoderLayer(
        12, 3, 48, dropout=0.0, activation="gelu", batch_first=True, norm_first=True, bias=False
    )
    with torch.no_grad():
        for theirs, ours in pairs(layer, block):
            theirs.copy_(ours)
    return layer


def pairs(layer: nn.TransformerEncoderLayer, block: nn.Module) -> list[tuple[Tensor, Tensor]]:
    assert isinstance(block, Block)
    return [
        (layer.self_attn.in_proj_weight, block.attention.inputs.weight),
        (layer.self_attn.out_proj.weight, block.attention.output.weight),
        (layer.linear1.weight, block.feed_forward.input.weight),
        (layer.linear2.weight, block.feed_forward.output.weight),
        (layer.norm1.weight, block.attention_norm.weight),
        (layer.norm2.weight, block.feed_forward_norm.weight),
    ]


def test_the_network_equals_torchs_layers_forward_and_backward() -> None:
    network, ids = make(positions="learned", context=9), text(4, 9)
    layers = [torchs_layer(block) for block in network.blocks]
    targets = ids.roll(-1, dims=1)
    embedding = network.embedding.weight.detach().clone().requires_grad_()
    places = cast(nn.Embedding, network.places)
    x = embedding[ids] + places.weight
    mask = nn.Transformer.generate_square_subsequent_mask(9)
    for layer in layers:
        x = layer(x, src_mask=mask, is_causal=True)
    expected = functional.layer_norm(x, (12,), network.norm.weight)
    features = network.read(ids, network.zero_state(4)).features
    torch.testing.assert_close(features, expected, rtol=1e-5, atol=1e-5)
    loss = functional.cross_entropy(
        (expected @ embedding.T + softmax(network).bias).flatten(0, 1), targets.flatten()
    )
    loss.backward()  # type: ignore[no-untyped-call]
    network.zero_grad()
    network.output.loss(features.flatten(0, 1), targets.flatten()).backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(network.embedding.weight.grad, embedding.grad, rtol=1e-5, atol=1e-5)
    for layer, block in zip(layers, network.blocks, strict=True):
        for theirs, ours in pairs(layer, block):
            torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-5, atol=1e-5)


def in_pieces(network: TransformerNetwork, ids: Tensor, lengths: Sequence[int]) -> tuple[Tensor, State]:
    state, parts, begin = network.zero_state(len(ids)), [], 0
    for length in lengths:
        reading = network.read(ids[:, begin : begin + length], state)
        parts.append(reading.features)
        state, begin = reading.state, begin + length
    assert begin == ids.shape[1]
    return torch.cat(parts, dim=1), state


@pytest.mark.parametrize("positions", ["rotary", "learned"])
@pytest.mark.parametrize("context", [2, 7, 8])
def test_a_text_read_in_any_pieces_is_the_same_text(positions: str, context: int) -> None:
    network, ids = make(positions=positions, context=context), text(3, 45)
    with torch.inference_mode():
        whole, at_end = in_pieces(network, ids, [45])
        for lengths in ([1] * 45, [context] * (45 // context) + [45 % context], [3, 20, 1, 1, 20], [44, 1]):
            features, state = in_pieces(network, ids, [length for length in lengths if length])
            torch.testing.assert_close(features, whole, rtol=1e-4, atol=1e-5)
            for part, expected in zip(state, at_end, strict=True):
                torch.testing.assert_close(part, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("context", [6, 7])
def test_each_prediction_sees_half_a_context_and_no_more_than_one(context: int) -> None:
    """Written out: step s of the text is read in a window that begins at a multiple of what is fresh."""
    network, ids = make(context=context), text(1, 40)
    fresh = context - context // 2
    with torch.inference_mode():
        features = network.read(ids, network.zero_state(1)).features
        for step in range(40):
            restarts = max(0, -(-(step + 1 - context) // fresh))
            begin = restarts * fresh
            assert step < context or context // 2 <= step - begin < context
            alone = network.read(ids[:, begin : step + 1], network.zero_state(1)).features[:, -1]
            torch.testing.assert_close(features[:, step], alone, rtol=1e-4, atol=1e-5)


def test_long_readings_are_cut_into_batches_of_windows_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    network, ids = make(context=6), text(2, 50)
    with torch.inference_mode():
        at_once = network.read(ids, network.zero_state(2)).features
        monkeypatch.setattr("textkit.models.transformer.WINDOW_BUDGET", 30)
        torch.testing.assert_close(network.read(ids, network.zero_state(2)).features, at_once)


def test_rows_are_independent_and_selectable() -> None:
    network, ids = make(context=8), text(3, 12)
    with torch.inference_mode():
        state = network.read(ids[:, :10], network.zero_state(3)).state
        assert all(len(part) == 3 for part in state)
        rows = torch.tensor([2, 0, 2, 1])
        features = network.read(ids[rows, 10:], select(state, rows)).features
        for row, of in zip(features, rows.tolist(), strict=True):
            alone = network.read(ids[[of]], network.zero_state(1)).features
            torch.testing.assert_close(row, alone[0, 10:], rtol=1e-4, atol=1e-5)


def test_a_state_is_a_value() -> None:
    network, ids = make(context=6), text(1, 9)
    with torch.inference_mode():
        state = network.read(ids[:, :6], network.zero_state(1)).state
        first = network.read(ids[:, 6:], state).features
        torch.testing.assert_close(network.read(ids[:, 6:], state).features, first, rtol=0, atol=0)


def test_bfloat16_is_near_float32_and_leaves_weights_and_gradients_float32() -> None:
    network, ids = make(context=8), text(4, 8)
    losses = []
    for enabled in (False, True):
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            features = network.read(ids, network.zero_state(4)).features
            losses.append(network.output.loss(features.flatten(0, 1), ids.roll(-1, 1).flatten()))
    torch.testing.assert_close(losses[1], losses[0], rtol=0.02, atol=0.0)
    losses[1].backward()  # type: ignore[no-untyped-call]
    assert all(
        weight.grad is not None and weight.grad.dtype == torch.float32 for weight in network.parameters()
    )


def test_dropout_acts_in_training_only() -> None:
    network, ids = make(dropout=0.5, context=8), text(2, 8)
    state = network.zero_state(2)
    assert not torch.equal(network.read(ids, state).features, network.read(ids, state).features)
    network.eval()
    assert torch.equal(network.read(ids, state).features, network.read(ids, state).features)


def test_tied_weights_are_one_parameter() -> None:
    tied, untied = make(tied=True), make(tied=False)
    assert softmax(tied).weight is tied.embedding.weight
    assert sum(p.numel() for p in untied.parameters()) - sum(p.numel() for p in tied.parameters()) == 11 * 12
    assert softmax(untied).weight.std() < 0.04


def test_the_output_may_be_adaptive() -> None:
    network, ids = make(tied=False, output="adaptive", cutoffs=(4,)), text(2, 6)
    reading = network.read(ids, network.zero_state(2))
    log_probs = network.output.log_probs(reading.features.flatten(0, 1))
    torch.testing.assert_close(log_probs.exp().sum(dim=1), torch.ones(12))


def test_it_learns_to_copy_from_a_distance() -> None:
    """Every id is the one five places before: attention has to look there."""
    network = make(context=24, width=24)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(150):
        ids = torch.randint(11, (16, 5), generator=generator).repeat(1, 5)
        features = network.read(ids[:, :-1], network.zero_state(16)).features
        loss = network.output.loss(features[:, 5:].flatten(0, 1), ids[:, 6:].flatten())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert loss.item() < 0.3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 10}, "width must be a multiple of heads: width 10, heads 3"),
        ({"width": 9}, "rotary positions need heads of even width: width 9 / heads 3 is 3; change one"),
        ({"layers": 0}, "vocab_size, width, layers and heads must be at least 1"),
        ({"context": 1}, "a Transformer's context must be at least 2 steps, not 1"),
        ({"dropout": 1.0}, r"dropout must lie in \[0, 1\), not 1.0"),
        ({"positions": "sinusoid"}, "unknown positions 'sinusoid': known: learned, rotary"),
        ({"output": "hierarchical"}, "unknown output 'hierarchical'"),
        ({"output": "adaptive"}, "an adaptive output has no matrix to tie"),
        ({"feed_forward": -1}, "feed_forward must be at least 1, or 0 for 4 widths, not -1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TransformerSettings(**{**SMALL, **changes})
