"""The Transformer for translation against torch's own and the course's formulas; what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from textkit.errors import UsageError
from textkit.models.position_wise import PositionWise
from textkit.models.sinusoids import sinusoid_table
from textkit.models.translators.layers import DecoderLayer, EncoderLayer
from textkit.models.translators.transformer import TranslatorTransformer, TranslatorTransformerSettings

from .tiny_translator import SMALL, Sources, example, log_probs, make, written_out


def torchs(network: TranslatorTransformer) -> nn.Transformer:
    """torch's Transformer with the same weights."""
    s = network.settings
    twin = nn.Transformer(
        s.width, s.heads, s.layers, s.layers, 4 * s.width, 0.0, batch_first=True, norm_first=s.norm == "pre",
        layer_norm_eps=1e-6,
    )  # fmt: skip
    twin.encoder.norm, twin.decoder.norm = network.encoder_norm, network.decoder_norm
    for ours, theirs in zip(network.encoder, twin.encoder.layers, strict=True):
        _give(ours, theirs, norms=("attention_norm", "feed_forward_norm"))
    for ours, theirs in zip(network.decoder, twin.decoder.layers, strict=True):
        _give(ours, theirs, norms=("attention_norm", "memory_norm", "feed_forward_norm"))
        part, other = ours.memory_attention, theirs.multihead_attn
        for kind in ("weight", "bias"):
            whole = torch.cat((getattr(part.queries, kind), getattr(part.memory, kind)))
            getattr(other, f"in_proj_{kind}").data = whole.detach()
        other.out_proj = part.output
    return twin.eval()


def _give(ours: Any, theirs: Any, *, norms: tuple[str, ...]) -> None:
    theirs.self_attn.in_proj_weight = ours.attention.inputs.weight
    theirs.self_attn.in_proj_bias = ours.attention.inputs.bias
    theirs.self_attn.out_proj.weight = ours.attention.output.weight
    theirs.self_attn.out_proj.bias = ours.attention.output.bias
    theirs.linear1, theirs.linear2 = ours.feed_forward.input, ours.feed_forward.output
    for number, name in enumerate(norms, 1):
        setattr(theirs, f"norm{number}", getattr(ours, name))


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("lengths", [(6, 3, 1), (4, 4, 4)])
@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
def test_it_is_torchs_transformer(norm: str, lengths: tuple[int, ...]) -> None:
    network = make(norm=norm)
    twin = torchs(network)
    source, inputs = example(lengths)
    table = sinusoid_table(10, 12)
    embedded = [
        embedding(ids) * 12**0.5 + table[: ids.shape[1]]
        for embedding, ids in ((network.source_embedding, source.ids), (network.target_embedding, inputs))
    ]
    padding = torch.arange(max(lengths)) >= source.lengths[:, None]
    future = torch.ones(5, 5, dtype=torch.bool).triu(1)
    expected = twin.train()(
        *embedded, tgt_mask=future, src_key_padding_mask=padding, memory_key_padding_mask=padding
    )
    found = network(source, inputs)
    assert torch.allclose(found, expected, atol=2e-5)
    weights = torch.randn(found.shape)
    shared = [network.source_embedding.weight, network.encoder[0].attention.inputs.weight]
    pairs = zip(
        torch.autograd.grad((found * weights).sum(), shared),
        torch.autograd.grad((expected * weights).sum(), shared),
        strict=True,
    )
    assert all(torch.allclose(one, other, atol=1e-4) for one, other in pairs)


def test_layers_are_the_formulas_of_the_course() -> None:
    network = make()
    encoder, decoder = network.encoder[0], network.decoder[1]
    assert isinstance(encoder, EncoderLayer)
    assert isinstance(decoder, DecoderLayer)
    memory, x = torch.randn(2, 4, 12), torch.randn(2, 5, 12)
    position_wise = PositionWise(12, 48)
    position_wise.load_state_dict(decoder.feed_forward.state_dict())
    own = written_out(decoder.attention, memory=False, width=12)
    of_source = written_out(decoder.memory_attention, memory=True, width=12)
    read = decoder.attention_norm(x)
    h = x + own(read, read, read, mask=torch.ones(1, 5, 5, dtype=torch.bool).tril()).outputs
    h = h + of_source(decoder.memory_norm(h), memory, memory).outputs
    h = h + position_wise(decoder.feed_forward_norm(h))
    _, seen = network.encode(Sources(torch.zeros(2, 4, dtype=torch.long), torch.tensor([4, 4])))
    found = decoder(x.flatten(0, 1), memory.flatten(0, 1), 2, seen)
    assert torch.allclose(found.view(2, 5, 12), h, atol=1e-5)


def test_attention_by_its_formula_is_that_of_torch() -> None:
    source, inputs = example()
    expected = make()(source, inputs)
    assert torch.allclose(make(backend="scratch")(source, inputs), expected, atol=1e-5)


def test_attention_dropout_of_almost_nothing_changes_nothing() -> None:
    source, inputs = example()
    network = make(dropout=0.0)
    expected = network.train()(source, inputs)
    found = make(dropout=0.0, attention_dropout=1e-9).train()(source, inputs)
    assert torch.allclose(found, expected, atol=1e-5)
    dropped = make(dropout=0.0, attention_dropout=0.5)
    assert not torch.allclose(dropped.train()(source, inputs), expected, atol=1e-2)
    assert torch.allclose(dropped.eval()(source, inputs), expected, atol=1e-5)


def test_padding_changes_nothing() -> None:
    network = make()
    source, inputs = example()
    together = log_probs(network, source, inputs)
    for row, length in enumerate(source.lengths.tolist()):
        alone = Sources(source.ids[row : row + 1, :length], source.lengths[row : row + 1])
        assert torch.allclose(
            log_probs(network, alone, inputs[row : row + 1]), together[row : row + 1], atol=1e-5
        )
    other = source.ids.clone()
    other[1, 3:] = 7
    assert torch.equal(log_probs(network, Sources(other, source.lengths), inputs), together)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_source_is_encoded_the_same_without_its_padding(norm: str) -> None:
    network, (source, _) = make(norm=norm).eval(), example(lengths=(6, 1, 4))
    whole, _ = network.encode(source)
    rows, seen = network.encode(source, padded=False)
    assert rows.shape == (6 + 1 + 4, network.settings.width)
    real = torch.arange(6) < source.lengths[:, None]
    torch.testing.assert_close(rows, whole.view(3, 6, -1)[real])
    torch.testing.assert_close(seen.padded(rows).view(3, 6, -1)[real], rows)
    assert not seen.padded(rows).view(3, 6, -1)[~real].any()


def test_places_beyond_the_table_are_computed() -> None:
    network = make(layers=1)
    source, _ = example()
    long = torch.zeros(3, 600, dtype=torch.long)
    with torch.inference_mode():
        network(source, long)
    loss = network(source, long).sum()  # what was made in inference mode is of use in training
    loss.backward()
    assert torch.equal(network.places[:600], sinusoid_table(600, 12))
    assert "places" not in network.state_dict()


def test_it_learns_pairs_by_heart() -> None:
    network = make(width=24, layers=1, dropout=0.1).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)
    source, targets = example((4, 4, 3, 2, 4, 1))
    inputs = torch.cat((torch.ones(6, 1, dtype=torch.long), targets[:, :-1]), dim=1)
    losses = []
    for _ in range(60):
        features = network(source, inputs)
        both = network.output.losses(features.flatten(0, 1), targets.flatten(), label_smoothing=0.1)
        optimizer.zero_grad()
        both.loss.backward()
        optimizer.step()
        losses.append(both.nats.item())
    assert losses[0] > 2
    assert losses[-1] < 1


def test_what_is_shared_is_there_once() -> None:
    def matrices(**changes: Any) -> list[str]:
        names = (name for name, _ in make(**changes).named_parameters())
        return [name for name in names if "embedding" in name or name == "output.weight"]

    assert matrices() == ["source_embedding.weight", "target_embedding.weight"]
    assert matrices(source_size=11, joint=True) == ["source_embedding.weight"]
    assert matrices(tied=False) == ["source_embedding.weight", "target_embedding.weight", "output.weight"]
    network = make(source_size=11, joint=True)
    assert network.output.weight is network.target_embedding.weight is network.source_embedding.weight
    assert network.output.bias is None


def test_scheduled_sampling_is_refused() -> None:
    source, inputs = example()
    with pytest.raises(UsageError, match="reads all true words at once: teacher_forcing must be 1"):
        make()(source, inputs, forced=torch.ones_like(inputs, dtype=torch.bool))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source_size": 0}, "source_size must be at least 1, not 0"),
        ({"layers": 0}, "layers must be at least 1, not 0"),
        ({"feed_forward": -1}, "feed_forward must be at least 1, or 0 for 4 widths, not -1"),
        ({"width": 10}, "width must be even and a multiple of heads: width 10, heads 3"),
        ({"width": 15}, "width must be even and a multiple of heads: width 15, heads 3"),
        ({"dropout": 1.0}, r"dropout must lie in \[0, 1\), not 1.0"),
        ({"attention_dropout": -0.1}, r"attention_dropout must lie in \[0, 1\), not -0.1"),
        ({"norm": "prae"}, "unknown norm 'prae': did you mean 'pre'"),
        ({"backend": "torsh"}, "unknown backend 'torsh': did you mean 'torch'"),
        ({"joint": True}, "a joint embedding needs one vocabulary: 13 source ids, 11 target ids; set joint"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TranslatorTransformerSettings(**{**SMALL, **changes})
