"""Recurrent networks against a stack of torch's own modules with the same weights and the same seeds."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.dropout import Dropouts
from textkit.models.network import detach, select
from textkit.models.outputs import AdaptiveOutput
from textkit.models.recurrent import RecurrentNetwork, RecurrentSettings

MODULES = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def losses(network: RecurrentNetwork, features: Tensor, targets: Tensor) -> Tensor:
    return network.output.loss(features.flatten(0, 1), targets.flatten())


class Stack(nn.Module):
    """The same model from torch's own modules, time first, with plain dropout in the three usual places."""

    def __init__(self, network: RecurrentNetwork, p: float = 0.0) -> None:
        super().__init__()
        s = network.settings
        self.cell, self.p = s.cell, p
        self.embedding = nn.Embedding(s.vocab_size, s.embedding)
        self.layers = MODULES[s.cell](s.embedding, s.hidden, s.layers, dropout=p if s.layers > 1 else 0.0)
        self.decoder = nn.Linear(s.hidden, s.vocab_size)
        if s.tied:
            self.decoder.weight = self.embedding.weight
        weights = {"embedding.weight": network.embedding.weight, "decoder.weight": network.output.weight}
        weights["decoder.bias"] = network.output.bias
        for number, layer in enumerate(network.layers):
            weights |= {f"layers.{name}_l{number}": getattr(layer, name) for name in NAMES}
        self.load_state_dict(weights)

    def forward(self, ids: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        inputs = functional.dropout(self.embedding(ids.T), self.p, self.training)
        raw, last = self.layers(inputs)
        features = functional.dropout(raw, self.p, self.training)
        parts = last if self.cell == "lstm" else (last,)
        state = [part[number] for number in range(self.layers.num_layers) for part in parts]
        loss = functional.cross_entropy(self.decoder(features).flatten(0, 1), targets.T.flatten())
        return loss, features.transpose(0, 1), state


@pytest.mark.parametrize("backend", ["torch", "scratch"])
@pytest.mark.parametrize("cell", MODULES)
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("p", [0.0, 0.4])
def test_network_equals_torchs_modules_with_the_same_masks_for_the_same_seed(
    cell: str, backend: str, tied: bool, p: float
) -> None:
    torch.manual_seed(0)
    network = RecurrentNetwork(
        RecurrentSettings(
            cell, 11, embedding=6, hidden=6, layers=3, tied=tied, backend=backend,
            dropouts=Dropouts.everywhere(p),
        )
    )  # fmt: skip
    stack = Stack(network, p)
    ids, targets = torch.randint(0, 11, (2, 4, 7))
    torch.manual_seed(1)
    reading = network.read(ids, network.zero_state(4))
    loss = losses(network, reading.features, targets)
    torch.manual_seed(1)
    wanted, features, state = stack(ids, targets)
    torch.testing.assert_close(loss, wanted, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(reading.features, features, atol=1e-5, rtol=1e-5)
    for got, want in zip(reading.state, state, strict=True):
        torch.testing.assert_close(got, want, atol=1e-5, rtol=1e-5)
    loss.backward()
    wanted.backward()
    pairs = [(network.embedding.weight, stack.embedding.weight), (network.output.bias, stack.decoder.bias)]
    pairs += [(network.output.weight, stack.decoder.weight)]
    for number, layer in enumerate(network.layers):
        pairs += [(getattr(layer, n), getattr(stack.layers, f"{n}_l{number}")) for n in NAMES]
    for ours, theirs in pairs:
        torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("cell", MODULES)
def test_reading_in_pieces_or_step_by_step_equals_reading_at_once(cell: str) -> None:
    torch.manual_seed(1)
    network = RecurrentNetwork(RecurrentSettings(cell, 9, embedding=4, hidden=4, layers=2)).eval()
    ids = torch.randint(0, 9, (3, 10))
    whole = network.read(ids, network.zero_state(3))
    for cuts in ([4, 6], [1] * 10):
        state, parts = network.zero_state(3), []
        for piece in ids.split(cuts, dim=1):
            reading = network.read(piece, state)
            parts.append(reading.features)
            state = detach(reading.state)
        torch.testing.assert_close(torch.cat(parts, dim=1), whole.features, atol=1e-6, rtol=1e-5)
        for got, want in zip(state, whole.state, strict=True):
            torch.testing.assert_close(got, want, atol=1e-6, rtol=1e-5)


def test_rows_can_be_selected_from_a_state_and_go_on_alone() -> None:
    torch.manual_seed(2)
    network = RecurrentNetwork(RecurrentSettings("lstm", 9, embedding=4, hidden=5, layers=2)).eval()
    ids = torch.randint(0, 9, (3, 8))
    state = network.read(ids[:, :5], network.zero_state(3)).state
    before = [part.clone() for part in state]
    rows = torch.tensor([2, 0, 2])
    moved = network.read(ids[rows, 5:], select(state, rows)).features
    wanted = network.read(ids, network.zero_state(3)).features[rows, 5:]
    torch.testing.assert_close(moved, wanted, atol=1e-6, rtol=1e-5)
    assert all(torch.equal(part, was) for part, was in zip(state, before, strict=True))


def test_tied_layers_end_as_wide_as_the_embedding_and_share_one_parameter() -> None:
    torch.manual_seed(3)
    settings = RecurrentSettings("lstm", 50, embedding=8, hidden=12, layers=3, tied=True)
    network = RecurrentNetwork(settings)
    assert settings.widths == (12, 12, 8)
    assert network.output.weight is network.embedding.weight
    assert [tuple(layer.weight_ih.shape) for layer in network.layers] == [(48, 8), (48, 12), (32, 12)]
    reading = network.read(torch.zeros(2, 5, dtype=torch.long), network.zero_state(2))
    assert reading.features.shape == (2, 5, 8)
    assert [part.shape[1] for part in reading.state] == [12, 12, 12, 12, 8, 8]
    assert RecurrentSettings("lstm", 50, embedding=8, hidden=12, layers=3).widths == (12, 12, 12)


def test_weights_start_in_the_ranges_of_zaremba_and_torch() -> None:
    torch.manual_seed(4)
    network = RecurrentNetwork(RecurrentSettings("gru", 500, embedding=16, hidden=25))
    for weight, bound in (
        (network.embedding.weight, 0.1),
        (network.output.weight, 0.1),
        (network.layers[0].weight_hh, 0.2),
        (network.layers[0].bias_ih, 0.2),
    ):
        assert 0.9 * bound < weight.abs().max() <= bound
    assert not network.output.bias.any()


def test_every_dropout_acts_in_training_and_none_in_evaluation() -> None:
    ids = torch.randint(0, 30, (4, 6))
    for name in ("input", "hidden", "output", "embedding", "weight"):
        for locked in (False, True):
            torch.manual_seed(5)
            network = RecurrentNetwork(
                RecurrentSettings(
                    "lstm", 30, embedding=8, hidden=8, layers=2,
                    dropouts=Dropouts(**{name: 0.5}, locked=locked),
                )
            )  # fmt: skip
            state = network.zero_state(4)
            one, other = network.read(ids, state), network.read(ids, state)
            assert not torch.equal(one.features, other.features), name
            # What activation regularisation looks at stands before the last dropout.
            assert torch.equal(one.raw, other.raw) == (name == "output")
            network.eval()
            one, other = network.read(ids, state), network.read(ids, state)
            assert torch.equal(one.features, other.features)
            assert torch.equal(one.features, one.raw)


def test_a_locked_mask_holds_for_all_steps_of_a_window_and_a_dropped_word_for_all_its_places() -> None:
    torch.manual_seed(6)
    settings = RecurrentSettings(
        "gru", 30, embedding=8, hidden=64, dropouts=Dropouts(output=0.5, locked=True)
    )
    network = RecurrentNetwork(settings)
    reading = network.read(torch.randint(0, 30, (4, 6)), network.zero_state(4))
    dropped = reading.features == 0
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert not torch.equal(dropped[0], dropped[1])
    # With no recurrent weights and no bias, a dropped word leaves the plain RNN at zero wherever it stands.
    network = RecurrentNetwork(
        RecurrentSettings("rnn", 30, embedding=8, hidden=8, dropouts=Dropouts(embedding=0.5))
    )
    for weight in (network.layers[0].weight_hh, network.layers[0].bias_ih, network.layers[0].bias_hh):
        nn.init.zeros_(weight)
    ids = torch.arange(30).repeat(3, 2)
    silent = (network.read(ids, network.zero_state(3)).features == 0).all(dim=2)
    assert torch.equal(silent, silent[:1, :30].repeat(3, 2))
    assert 5 < silent[0, :30].sum() < 25


def test_a_sparse_embedding_gradient_is_the_dense_one() -> None:
    ids, targets = torch.randint(0, 40, (2, 3, 5))
    gradients = []
    for sparse in (False, True):
        torch.manual_seed(7)
        network = RecurrentNetwork(
            RecurrentSettings("lstm", 40, embedding=6, hidden=5, sparse_embedding=sparse)
        )
        losses(network, network.read(ids, network.zero_state(3)).features, targets).backward()
        gradients.append(network.embedding.weight.grad)
    assert gradients[1].is_sparse
    torch.testing.assert_close(gradients[1].to_dense(), gradients[0])


def test_an_adaptive_output_trains_and_is_a_distribution() -> None:
    torch.manual_seed(8)
    settings = RecurrentSettings("gru", 60, embedding=8, hidden=32, output="adaptive", cutoffs=(10, 30))
    network = RecurrentNetwork(settings)
    assert isinstance(network.output, AdaptiveOutput)
    ids, targets = torch.randint(0, 60, (2, 4, 6))
    features = network.read(ids, network.zero_state(4)).features
    losses(network, features, targets).backward()
    assert all(p.grad is not None for p in network.layers.parameters())
    total = network.output.log_probs(features[:, -1]).exp().sum(dim=1)
    torch.testing.assert_close(total, torch.ones(4), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cell": "qrnn"}, "unknown cell 'qrnn': did you mean 'rnn'? (known: gru, lstm, rnn)"),
        ({"backend": "scrach"}, "unknown backend 'scrach': did you mean 'scratch'?"),
        ({"output": "softmaxx"}, "unknown output 'softmaxx': did you mean 'softmax'?"),
        ({"initial": "zero"}, "unknown initialisation 'zero'"),
        ({"layers": 0}, "vocab_size, hidden and layers must be at least 1, embedding at least 0"),
        ({"tied": True, "output": "adaptive"}, "an adaptive output has no matrix to tie to the embedding"),
    ],
)
def test_bad_settings_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as error:
        RecurrentSettings(**({"cell": "lstm", "vocab_size": 5} | arguments))  # type: ignore[arg-type]
    assert message in str(error.value)


def test_one_hot_inputs_equal_an_embedding_of_the_unit_matrix() -> None:
    torch.manual_seed(4)
    one_hot = RecurrentNetwork(RecurrentSettings("gru", 7, embedding=0, hidden=5))
    embedded = RecurrentNetwork(RecurrentSettings("gru", 7, embedding=7, hidden=5))
    weights = one_hot.state_dict() | {"embedding.weight": torch.eye(7)}
    embedded.load_state_dict(weights)
    ids = torch.randint(0, 7, (3, 6))
    first, second = (n.read(ids, n.zero_state(3)).features for n in (one_hot, embedded))
    torch.testing.assert_close(first, second)
