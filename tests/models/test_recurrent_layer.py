"""One recurrent layer against torch's own modules with the same weights, and its dropped weights."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from textkit.errors import UsageError
from textkit.models.cells import CELLS, CellWeights, uniform_weights
from textkit.models.recurrent_layer import RecurrentLayer, torch_weights

MODULES = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
BACKENDS = ["torch", "scratch"]
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def stack_like(module: nn.RNNBase, cell: str, backend: str) -> list[RecurrentLayer]:
    layers = []
    for number in range(module.num_layers):
        inputs = module.input_size if number == 0 else module.hidden_size
        layer = RecurrentLayer(cell, inputs, hidden=module.hidden_size, backend=backend)
        layer.load_state_dict({name: getattr(module, f"{name}_l{number}") for name in NAMES})
        layers.append(layer)
    return layers


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("cell", MODULES)
@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("steps", [1, 7])
def test_a_stack_equals_torchs_module_forward_and_backward(
    cell: str, backend: str, depth: int, steps: int
) -> None:
    torch.manual_seed(0)
    module = MODULES[cell](5, 6, num_layers=depth)
    layers = stack_like(module, cell, backend)
    inputs = torch.randn(steps, 4, 5, requires_grad=True)
    parts = CELLS[cell].parts
    state = [torch.randn(depth, 4, 6, requires_grad=True) for _ in range(parts)]
    wanted, last = module(inputs, tuple(state) if cell == "lstm" else state[0])
    last = last if cell == "lstm" else (last,)
    outputs, after = inputs, []
    for number, layer in enumerate(layers):
        outputs, own = layer(outputs, tuple(part[number] for part in state))
        after.append(own)
    torch.testing.assert_close(outputs, wanted, atol=1e-5, rtol=1e-5)
    for part in range(parts):
        torch.testing.assert_close(
            torch.stack([own[part] for own in after]), last[part], atol=1e-5, rtol=1e-5
        )
    weight = torch.randn_like(wanted)
    ours = [getattr(layer, name) for layer in layers for name in NAMES]
    theirs = [getattr(module, f"{name}_l{number}") for number in range(depth) for name in NAMES]
    loss = (outputs * weight).sum() + sum(part.pow(2).sum() for own in after for part in own)
    wanted_loss = (wanted * weight).sum() + sum(part.pow(2).sum() for part in last)
    gradients = torch.autograd.grad(loss, [inputs, *state, *ours])
    for got, want in zip(gradients, torch.autograd.grad(wanted_loss, [inputs, *state, *theirs]), strict=True):
        torch.testing.assert_close(got, want, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("cell", MODULES)
def test_the_written_out_cells_pass_finite_differences_in_float64(cell: str) -> None:
    torch.manual_seed(1)
    layer = RecurrentLayer(cell, 2, hidden=3, backend="scratch").double()
    state = layer.zero_state(2)
    inputs = torch.randn(4, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, _w: layer(x, state)[0], (inputs, layer.weight_hh))


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="this torch is built without oneDNN")
def test_the_lstm_is_read_and_learnt_by_onednn_with_and_without_dropped_weights() -> None:
    layer = RecurrentLayer("lstm", 8, hidden=8)
    for share in (0.0, 0.5):
        layer.weight_drop = share
        with torch.profiler.profile() as profile:
            layer(torch.randn(5, 2, 8), layer.zero_state(2))[0].sum().backward()
        seen = {event.key for event in profile.key_averages()}
        assert {"aten::mkldnn_rnn_layer", "aten::mkldnn_rnn_layer_backward"} <= seen


def windows(layer: RecurrentLayer, count: int) -> list[Tensor]:
    inputs = torch.linspace(-1, 1, 5 * 2 * 3).view(5, 2, 3)
    return [layer(inputs, layer.zero_state(2))[0] for _ in range(count)]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("cell", MODULES)
def test_dropped_weights_change_from_window_to_window_in_training_only(cell: str, backend: str) -> None:
    torch.manual_seed(2)
    layer = RecurrentLayer(cell, 3, hidden=16, backend=backend, weight_drop=0.5)
    assert all(not torch.equal(one, other) for one, other in pairwise(windows(layer, 4)))
    layer.eval()
    plain = RecurrentLayer(cell, 3, hidden=16, backend=backend)
    plain.load_state_dict(layer.state_dict())
    one, other = windows(layer, 2)
    assert torch.equal(one, other)
    assert torch.equal(one, windows(plain, 1)[0])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("cell", MODULES)
def test_the_gradient_reaches_the_raw_weight_and_is_zero_where_it_was_dropped(
    cell: str, backend: str
) -> None:
    torch.manual_seed(3)
    layer = RecurrentLayer(cell, 3, hidden=16, backend=backend, weight_drop=0.5)
    torch.manual_seed(4)
    kept = layer.weights().weight_hh != 0
    torch.manual_seed(4)  # the same mask again
    windows(layer, 1)[0].pow(2).sum().backward()
    assert 0.3 < kept.float().mean() < 0.7
    gradient = layer.weight_hh.grad
    assert gradient is not None
    assert torch.equal(gradient != 0, kept)
    # A step of SGD changes what the next windows compute: the raw weight is what is learnt.
    with torch.no_grad():
        before = windows(layer.eval(), 1)[0]
        layer.weight_hh -= 0.1 * gradient
        assert not torch.equal(before, windows(layer, 1)[0])


def test_dropped_weights_are_right_in_expectation() -> None:
    torch.manual_seed(5)
    layer = RecurrentLayer("lstm", 3, hidden=16, weight_drop=0.3)
    mean = torch.stack([layer.weights().weight_hh for _ in range(4000)]).mean(dim=0)
    torch.testing.assert_close(mean, layer.weight_hh, atol=0.02, rtol=0)


def test_dropping_replaces_nothing_in_the_module() -> None:
    """The first WeightDrop swapped a parameter inside nn.LSTM, which torch 1.5 then computed without."""
    torch.manual_seed(6)
    layer = RecurrentLayer("lstm", 3, hidden=4, weight_drop=0.5)
    parameters, values = dict(layer.named_parameters()), [p.clone() for p in layer.parameters()]
    windows(layer, 2)
    assert list(layer.state_dict()) == list(NAMES)
    assert all(getattr(layer, name) is parameter for name, parameter in parameters.items())
    assert all(torch.equal(p, value) for p, value in zip(layer.parameters(), values, strict=True))
    # The outputs are those of torch's own module with the masked weights in place of the whole ones.
    torch.manual_seed(7)
    masked = layer.weights()._asdict()
    torch.manual_seed(7)
    outputs = windows(layer, 1)[0]
    module = nn.LSTM(3, 4)
    module.load_state_dict({f"{name}_l0": weight for name, weight in masked.items()})
    inputs = torch.linspace(-1, 1, 5 * 2 * 3).view(5, 2, 3)
    torch.testing.assert_close(outputs, module(inputs)[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("cell", MODULES)
@pytest.mark.parametrize("steps", [1, 6])
def test_autocast_to_bfloat16_stays_near_and_keeps_state_and_gradients_in_float32(
    cell: str, backend: str, steps: int
) -> None:
    torch.manual_seed(7)
    layer = RecurrentLayer(cell, 8, hidden=8, backend=backend)
    inputs = torch.randn(steps, 3, 8)
    exact, _ = layer(inputs, layer.zero_state(3))
    try:
        with torch.autocast("cpu", torch.bfloat16):
            outputs, state = layer(inputs, layer.zero_state(3))
            again, _ = layer(inputs, state)  # a carried state goes in again
    except RuntimeError as error:
        if "primitive" not in str(error):
            raise
        pytest.skip(f"oneDNN has no bfloat16 on this processor: {error}")
    torch.testing.assert_close(outputs.float(), exact, atol=0.03, rtol=0)
    assert all(part.dtype == torch.float32 for part in state)
    again.float().sum().backward()
    assert all(p.grad is not None and p.grad.dtype == torch.float32 for p in layer.parameters())


def test_gradients_flow_outside_training_too() -> None:
    torch.manual_seed(8)
    layer = RecurrentLayer("lstm", 3, hidden=4)
    by_mode = []
    for training in (True, False):
        layer.train(training)
        outputs, _ = layer(torch.ones(5, 2, 3), layer.zero_state(2))
        by_mode.append(torch.autograd.grad(outputs.sum(), list(layer.parameters())))
    for one, other in zip(*by_mode, strict=True):
        torch.testing.assert_close(one, other)


def test_layers_start_uniform_as_torchs_do_or_orthogonal_with_an_open_forget_gate() -> None:
    weights = uniform_weights("lstm", 30, hidden=100, generator=torch.Generator().manual_seed(9))
    for weight, shape in zip(weights, [(400, 30), (400, 100), (400,), (400,)], strict=True):
        assert weight.shape == shape
        assert weight.abs().max() <= 0.1
        assert weight.std() == pytest.approx(0.2 / 12**0.5, rel=0.1)
    again = uniform_weights("lstm", 30, hidden=100, generator=torch.Generator().manual_seed(9))
    assert all(torch.equal(one, other) for one, other in zip(weights, again, strict=True))
    layer = RecurrentLayer("lstm", 5, hidden=6, initial="orthogonal")
    for gate in layer.weight_hh.detach().chunk(4):
        torch.testing.assert_close(gate @ gate.T, torch.eye(6), atol=1e-5, rtol=0)
    assert layer.bias_hh.view(4, 6).tolist() == [[0] * 6, [1] * 6, [0] * 6, [0] * 6]
    assert not layer.bias_ih.any()


def test_weights_laid_end_to_end_are_the_same_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    class OnCuda(Tensor):  # what cuDNN would be given, without a GPU
        is_cuda = True  # type: ignore[assignment]

    both = [CellWeights(*(w.as_subclass(OnCuda) for w in uniform_weights("gru", 3, hidden=4))) for _ in "ab"]
    flat = torch_weights(*both)
    for weight, wanted in zip(flat, [*both[0], *both[1]], strict=True):
        assert torch.equal(weight, wanted)
    assert len({weight.untyped_storage().data_ptr() for weight in flat}) == 1
    places = [weight.storage_offset() for weight in flat]
    assert [places[i] for i in (0, 1, 4, 5, 2, 3, 6, 7)] == sorted(places)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cell": "ltsm"}, "unknown cell 'ltsm': did you mean 'lstm'?"),
        ({"backend": "cudnn"}, "unknown backend 'cudnn': known: scratch, torch"),
        ({"initial": "orthogonl"}, "did you mean 'orthogonal'?"),
        ({"inputs": 0}, "a recurrent layer needs widths of at least 1, not 0 and 4"),
        ({"weight_drop": 1.0}, "weight_drop must lie in [0, 1), not 1.0"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as error:
        RecurrentLayer(**({"cell": "gru", "inputs": 3, "hidden": 4} | arguments))  # type: ignore[arg-type]
    assert message in str(error.value)
