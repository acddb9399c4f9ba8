"""Recurrent translators against torch's modules, against themselves step by step, and on a toy."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from textkit.errors import UsageError
from textkit.models.network import PADDING
from textkit.models.translators.recurrent import RecurrentTranslator, RecurrentTranslatorSettings

END = 1
MODULES = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
# Every cell, attention, way of feeding, direction, depth and backend, not every combination of them.
SETTINGS: list[dict[str, Any]] = [
    {"cell": "gru"},
    {"cell": "lstm", "layers": 2},
    {"cell": "rnn", "attention": "general", "bidirectional": False},
    {"cell": "gru", "attention": "dot", "layers": 2, "backend": "scratch"},
    {"cell": "lstm", "attention": "scaled-dot", "bidirectional": False, "layers": 2, "tied": False},
    {"cell": "gru", "input_feeding": False, "layers": 2},
    {"cell": "lstm", "attention": "general", "input_feeding": False},
    {"cell": "rnn", "attention": "dot", "input_feeding": False, "backend": "scratch"},
    {"cell": "gru", "attention": "none", "layers": 2},
    {"cell": "lstm", "attention": "none", "bidirectional": False, "backend": "scratch"},
]


class Pairs(NamedTuple):
    ids: Tensor
    lengths: Tensor


def make(seed: int = 0, **settings: Any) -> RecurrentTranslator:
    torch.manual_seed(seed)
    sizes: dict[str, Any] = {"source_size": 11, "target_size": 9, "width": 6}
    network = RecurrentTranslator(RecurrentTranslatorSettings(**(sizes | settings)))
    for parameter in network.parameters():  # the first weights hide mistakes behind symmetry and zeros
        nn.init.normal_(parameter, std=0.5)
    return network.eval()


def pairs(batch: int = 4, steps: int = 5) -> tuple[Pairs, Tensor]:
    generator = torch.Generator().manual_seed(1)
    lengths = torch.tensor([5, 3, 5, 1])[:batch]
    source = Pairs(torch.randint(2, 11, (batch, 5), generator=generator), lengths)
    inputs = torch.randint(2, 9, (batch, steps), generator=generator)
    inputs[:, 0] = END
    return source, inputs


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_step_by_step_it_says_what_it_says_at_once(settings: dict[str, Any]) -> None:
    network, (source, inputs) = make(**settings), pairs()
    features = network(source, inputs)
    model = network.decoding(source)
    state = model.start(8)  # two rows for each sentence
    for step in range(5):
        log_probs, state = model.step(inputs[:, step].repeat_interleave(2), state)
        wanted = network.output.log_probs(features[:, step]).repeat_interleave(2, dim=0)
        torch.testing.assert_close(log_probs, wanted, atol=1e-5, rtol=1e-5)
        if settings.get("attention") != "none":
            weights = model.attention(state)
            torch.testing.assert_close(weights.sum(dim=1), torch.ones(8))
            beyond = torch.arange(5) >= source.lengths.repeat_interleave(2)[:, None]
            assert torch.equal(weights == 0, beyond)
    assert len(state.memory.values) == 4  # once for a sentence, not for each row


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_the_decoder_starts_from_what_the_encoder_ends_with(cell: str) -> None:
    network, (source, _) = make(cell=cell), pairs()
    encoding = network.encoder(network.source_embedding(source.ids), source.lengths)
    _, found = network.encode(source)
    bridged = [part(last) for part, last in zip(network.decoder.bridge, encoding.state, strict=True)]
    bridged[0] = bridged[0].tanh()  # h as cells make it; the memory cell of an LSTM is as large as it likes
    assert len(found) == len(bridged) == (2 if cell == "lstm" else 1)
    for part, wanted in zip(found, bridged, strict=True):
        torch.testing.assert_close(part, wanted)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_padding_changes_nothing_and_a_batch_is_its_rows(settings: dict[str, Any]) -> None:
    network, (source, inputs) = make(**settings), pairs()
    features = network(source, inputs)
    beyond = torch.arange(7) >= source.lengths[:, None]
    noisy = torch.cat([source.ids, torch.full((4, 2), 3)], dim=1).masked_fill(beyond, 7)
    torch.testing.assert_close(network(Pairs(noisy, source.lengths), inputs), features, atol=1e-6, rtol=1e-5)
    for row, length in enumerate(source.lengths.tolist()):
        alone = network(Pairs(source.ids[row : row + 1, :length], torch.tensor([length])), inputs[[row], :3])
        torch.testing.assert_close(alone, features[[row], :3], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("backend", ["torch", "scratch"])
def test_without_attention_it_equals_torchs_modules_forward_and_backward(layers: int, backend: str) -> None:
    network = make(cell="gru", attention="none", bidirectional=False, layers=layers, backend=backend)
    encoder, decoder = nn.GRU(6, 6, layers, batch_first=True), nn.GRU(12, 6, layers, batch_first=True)
    names = []
    for module, prefix in ((encoder, "encoder.ahead"), (decoder, "decoder.layers")):
        for name, parameter in module.named_parameters():
            kind, number = name.rsplit("_l", 1)
            names.append(f"{prefix}.{number}.{kind}")
            parameter.data = network.get_parameter(names[-1]).detach().clone()
    source, inputs = pairs()
    read = nn.functional.embedding(source.ids, network.source_embedding.weight)
    _, state = encoder(pack_padded_sequence(read, source.lengths, batch_first=True, enforce_sorted=False))
    written = nn.functional.embedding(inputs, network.target_embedding.weight)
    context = state[-1][:, None].expand(-1, 5, -1)
    wanted, _ = decoder(torch.cat([written, context], dim=2), state)
    features = network(source, inputs)
    torch.testing.assert_close(features, wanted, atol=1e-5, rtol=1e-5)
    factor = torch.randn_like(wanted)
    ours = [network.source_embedding.weight, *(network.get_parameter(name) for name in names)]
    theirs = [network.source_embedding.weight, *encoder.parameters(), *decoder.parameters()]
    got = torch.autograd.grad((features * factor).sum(), ours)
    expected = torch.autograd.grad((wanted * factor).sum(), theirs)
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("feeding", [True, False])
def test_with_attention_it_equals_the_formulas_of_luong(feeding: bool) -> None:
    network, (source, inputs) = make(cell="gru", input_feeding=feeding), pairs()
    decoder, attention = network.decoder, network.decoder.attention
    assert attention is not None
    cell = nn.GRUCell(12 if feeding else 6, 6)
    cell.load_state_dict(decoder.layers[0].state_dict())
    features = network(source, inputs)
    for row, length in enumerate(source.lengths.tolist()):
        read = network.source_embedding(source.ids[[row], :length])
        encodings, last = network.encoder(read, torch.tensor([length]))  # (1, length, 12)
        h, vector = torch.tanh(decoder.bridge[0](last[0])), torch.zeros(1, 6)
        for step in range(5):
            word = network.target_embedding(inputs[[row], step])
            h = cell(torch.cat([word, vector], dim=1) if feeding else word, h)
            context = (attention.score(h[:, None], encodings) @ encodings)[:, 0]
            matrix = torch.cat([attention.context.weight, attention.query.weight], dim=1)
            vector = torch.tanh(torch.cat([context, h], dim=1) @ matrix.T + attention.query.bias)
            torch.testing.assert_close(vector[0], features[row, step], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("settings", [SETTINGS[0], SETTINGS[1]], ids=str)
def test_gradients_through_what_is_fed_agree_with_finite_differences(settings: dict[str, Any]) -> None:
    network, (source, inputs) = make(**(settings | {"width": 2})).double(), pairs(batch=2, steps=3)
    wanted = [network.target_embedding.weight, network.decoder.layers[0].weight_ih]
    assert torch.autograd.gradcheck(lambda *_: network(source, inputs), wanted, fast_mode=True)


def test_in_bfloat16_it_is_nearly_the_same() -> None:
    network, (source, inputs) = make(cell="gru", layers=2), pairs()
    with torch.autocast("cpu", torch.bfloat16):
        features = network(source, inputs)
    torch.testing.assert_close(features.float(), network(source, inputs), atol=0.1, rtol=0.1)
    features.float().sum().backward()
    assert all(bool(parameter.grad.isfinite().all()) for parameter in network.decoder.parameters())


@pytest.mark.parametrize("settings", [SETTINGS[0], SETTINGS[5], SETTINGS[8]], ids=str)
def test_forced_says_where_the_decoder_reads_its_input(settings: dict[str, Any]) -> None:
    network, (source, inputs) = make(**settings), pairs(steps=6)
    truth = network(source, inputs)
    everywhere = torch.ones(4, 6, dtype=torch.bool)
    torch.testing.assert_close(network(source, inputs, forced=everywhere), truth)
    # Nowhere: what greedy decoding reads, whatever the inputs are after the first.
    model = network.decoding(source)
    state, read = model.start(4), [inputs[:, 0]]
    for _ in range(5):
        log_probs, state = model.step(read[-1], state)
        read.append(log_probs.argmax(dim=1))
    own = network(source, torch.stack(read, dim=1))
    torch.testing.assert_close(network(source, inputs, forced=~everywhere), own, atol=1e-5, rtol=1e-5)
    # One row, one step: the others do not notice, nor do earlier steps.
    mixed = everywhere.clone()
    mixed[2, 3] = False
    features = network(source, inputs, forced=mixed)
    torch.testing.assert_close(features[[0, 1, 3]], truth[[0, 1, 3]], atol=1e-5, rtol=1e-5)
    changed = inputs.clone()
    changed[2, 3] = network.output.log_probs(truth[2, 2:3]).argmax()
    torch.testing.assert_close(features, network(source, changed), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("settings", [SETTINGS[0], SETTINGS[1], SETTINGS[8]], ids=str)
def test_rows_are_moved_dropped_and_repeated_within_their_sentences(settings: dict[str, Any]) -> None:
    network, (source, _) = make(**settings), pairs()
    model = network.decoding(source)
    _, first = model.step(torch.tensor([1, 1, 1, 1, 1, 1, 1, 1]), model.start(8))
    _, state = model.step(torch.arange(8), first)
    before, _ = model.step(torch.arange(8), state)
    # First: sentences 1 and 2 stay, three rows each where they had two; 0 and 3 are over. Then: all rows of
    # one sentence. Then: rows anyhow, which costs a memory for each.
    for rows, sentences in (([3, 2, 3, 4, 4, 5], 2), ([7], 1), ([6, 0, 1, 7, 3, 2], 6)):
        moved = model.reorder(state, torch.tensor(rows))
        assert len(moved.memory.values) == sentences
        log_probs, _ = model.step(torch.arange(2, 2 + len(rows)), moved)
        for place, row in enumerate(rows):
            alone = Pairs(source.ids[[row // 2]], source.lengths[[row // 2]])
            prefix = torch.tensor([[1, row, place + 2]])
            wanted = network.output.log_probs(network(alone, prefix)[:, -1])
            torch.testing.assert_close(log_probs[[place]], wanted, atol=1e-5, rtol=1e-5)
    assert len(model.reorder(state, torch.tensor([], dtype=torch.long)).features) == 0
    assert torch.equal(model.step(torch.arange(8), state)[0], before)  # states are values


def test_what_decoding_cannot_do_is_said() -> None:
    source, _ = pairs()
    model = make(cell="gru", attention="none").decoding(source)
    with pytest.raises(UsageError, match="4 sentences need as many rows each, not 6 together"):
        model.start(6)
    with pytest.raises(UsageError, match="a translator without attention looks nowhere"):
        model.attention(model.start(4))


def test_matrices_are_shared_where_they_can_be() -> None:
    def matrices(**settings: Any) -> int:
        network = make(cell="gru", target_size=11, **settings)
        return sum(parameter.shape == (11, 6) for parameter in network.parameters())

    assert matrices(joint=True) == 1
    assert matrices(joint=False) == 2
    assert matrices(joint=True, tied=False) == 3


def test_dropout_acts_in_training_only() -> None:
    source, inputs = pairs()
    for settings in SETTINGS[4:7]:
        network = make(dropout=0.5, **settings)
        assert torch.equal(network(source, inputs), network(source, inputs))
        network.train()
        assert not torch.equal(network(source, inputs), network(source, inputs))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cell": "grue"}, "unknown cell 'grue'"),
        ({"attention": "bahdanau"}, "unknown attention 'bahdanau'"),
        ({"backend": "jax"}, "unknown backend 'jax'"),
        ({"layers": 0}, "width and layers must be at least 1"),
        ({"dropout": 1.0}, r"dropout must lie in \[0, 1\), not 1.0"),
        ({"joint": True}, "a joint vocabulary has one size, not 11 and 9: set joint to false"),
        ({"attention": "dot", "width": 7}, "bidirectional encoder needs an even width, not 7"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make(**({"cell": "gru"} | settings))


def test_it_learns_to_spell_backwards_and_looks_where_it_reads() -> None:
    torch.manual_seed(0)
    settings = RecurrentTranslatorSettings("gru", 10, 10, joint=True, width=32, attention="general")
    network, length = RecurrentTranslator(settings), 4
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    generator = torch.Generator().manual_seed(0)

    def draw(count: int) -> tuple[Pairs, Tensor, Tensor]:
        words, end = torch.randint(2, 10, (count, length), generator=generator), torch.full((count, 1), END)
        source = Pairs(torch.cat([words, end], dim=1), torch.full((count,), length + 1))
        targets = torch.cat([words.flip(1), end], dim=1)
        return source, torch.cat([end, targets[:, :-1]], dim=1), targets

    for _ in range(150):
        source, inputs, targets = draw(32)
        targets[0, -1] = PADDING
        loss = network.output.loss(network(source, inputs).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05
    source, _, targets = draw(50)
    model = network.eval().decoding(source)
    state, ids = model.start(50), torch.full((50,), END)
    for step in range(length):
        log_probs, state = model.step(ids, state)
        ids = log_probs.argmax(dim=1)
        assert (ids == targets[:, step]).float().mean() > 0.97
        assert model.attention(state).mean(dim=0).argmax() == length - 1 - step
