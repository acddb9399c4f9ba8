"""Saliency, gradient times input and integrated gradients, held against closed forms."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from textkit.errors import TextkitError, UsageError
from textkit.explain.gradients import gradient_x_input, saliency, value_and_gradient
from textkit.explain.integrated_gradients import integrated_gradients
from textkit.explain.target import Target
from textkit.models.perturbation import real
from textkit.models.text_classifiers.bag import HiddenBag, MeanBag
from textkit.models.text_classifiers.recurrent import RecurrentClassifier
from textkit.models.text_classifiers.text_cnn import TextCNN
from textkit.models.text_classifiers.word_network import WordNetwork

KINDS: dict[str, Callable[[], WordNetwork]] = {
    "bag": lambda: MeanBag(11, 5, classes=3),
    "hidden": lambda: HiddenBag(11, 8, classes=3),
    "cnn": lambda: TextCNN(11, 5, classes=3, filters=6, widths=(2, 3)),
    "gru": lambda: RecurrentClassifier(11, 5, classes=3, hidden=4, cell="gru", pooling="attention"),
    "lstm": lambda: RecurrentClassifier(11, 5, classes=3, hidden=4, cell="lstm", pooling="last"),
}


def made(kind: str) -> WordNetwork:
    """A network with weights large enough to bend."""
    torch.manual_seed(3)
    network = KINDS[kind]().eval()
    with torch.no_grad():
        for weight in network.parameters():
            weight.normal_()
    return network


def texts() -> tuple[Tensor, Tensor]:
    """Ids (4, 6), of lengths 1, 3, 5 and 6."""
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 11, (4, 6), generator=generator), torch.tensor([1, 3, 5, 6])


def target_of(network: WordNetwork, *, margin: bool = True) -> Target:
    with torch.no_grad():
        return Target.of(network(*texts()), margin=margin)


@pytest.mark.parametrize("margin", [True, False])
def test_linear_network_has_closed_forms(margin: bool) -> None:
    network = made("bag")
    assert isinstance(network, MeanBag)
    ids, lengths = texts()
    target = target_of(network, margin=margin)
    weights = network.output.weight[target.classes]
    if target.rivals is not None:
        weights = weights - network.output.weight[target.rivals]
    share = real(network.embed(ids), lengths)[..., 0] / lengths[:, None]
    expected = (network.embed(ids) * weights[:, None]).sum(2) * share
    torch.testing.assert_close(gradient_x_input(network, ids, lengths, target=target), expected)
    found = integrated_gradients(network, ids, lengths, target=target)
    torch.testing.assert_close(found.scores.float(), expected, atol=1e-5, rtol=1e-5)
    lengths_of_gradients = weights.norm(dim=1)[:, None] * share
    torch.testing.assert_close(saliency(network, ids, lengths, target=target), lengths_of_gradients)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_finite_differences(kind: str) -> None:
    network = made(kind).double()
    ids, lengths = texts()
    target = target_of(network)
    embedded = network.embed(ids).detach()
    value, gradient = value_and_gradient(network, embedded, lengths, target=target)
    torch.testing.assert_close(value, target.values(network(ids, lengths)).detach())
    move = torch.randn(embedded.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    for row in range(len(ids)):
        step = torch.zeros_like(move)
        step[row] = 1e-6 * move[row]
        with torch.no_grad():
            up = target.values(network.classify(embedded + step, lengths))[row]
            down = target.values(network.classify(embedded - step, lengths))[row]
        slope = (gradient[row] * move[row]).sum()
        torch.testing.assert_close((up - down) / 2e-6, slope, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_integrated_gradients_are_complete_and_leave_padding_alone(kind: str) -> None:
    network = made(kind)
    ids, lengths = texts()
    target = target_of(network)
    for tolerance in (1e-2, 1e-3):
        found = integrated_gradients(network, ids, lengths, target=target, tolerance=tolerance)
        assert found.gap.abs().max() <= tolerance
        sums = found.scores.sum(1)
        torch.testing.assert_close(sums + found.baseline, found.value, atol=tolerance, rtol=0)
    with torch.no_grad():
        zeros = network.classify(torch.zeros_like(network.embed(ids)), lengths)
        torch.testing.assert_close(found.value.float(), target.values(network(ids, lengths)))
    torch.testing.assert_close(found.baseline.float(), target.values(zeros))
    assert not found.scores[~real(network.embed(ids), lengths)[..., 0]].any()
    alone = integrated_gradients(
        network, ids[1:2, :3], lengths[1:2], target=target.rows(torch.tensor([1])), tolerance=1e-3
    )
    torch.testing.assert_close(alone.scores[0], found.scores[1, :3], atol=2e-2, rtol=0)


def test_integrated_gradients_equal_a_fine_riemann_sum() -> None:
    network = made("lstm")
    ids, lengths = texts()
    target = target_of(network)
    baseline = network.words.weight.detach().mean(0)
    found = integrated_gradients(network, ids, lengths, target=target, baseline=baseline, tolerance=1e-4)
    along = network.embed(ids).detach() - baseline
    expected = torch.zeros(ids.shape, dtype=torch.float64)
    steps = 300
    for step in range(steps):
        place = baseline + (step + 0.5) / steps * along
        _, gradient = value_and_gradient(network, place, lengths, target=target)
        expected += (gradient * along).sum(2).double() / steps
    torch.testing.assert_close(found.scores, expected, atol=5e-3, rtol=0)


class Written(MeanBag):
    """The same function as its parent, from other parts: x = relu(x) - relu(-x)."""

    def classify(self, embedded: Tensor, lengths: Tensor, /) -> Tensor:
        plain = super().classify
        return plain(embedded.relu(), lengths) - plain((-embedded).relu(), lengths) + self.output.bias


def test_two_networks_of_the_same_function_are_explained_alike() -> None:
    first = made("bag")
    torch.manual_seed(0)
    second = Written(11, 5, classes=3).eval()
    second.load_state_dict(first.state_dict())
    ids, lengths = texts()
    target = target_of(first)
    torch.testing.assert_close(second(ids, lengths), first(ids, lengths))
    one, other = (
        integrated_gradients(each, ids, lengths, target=target, tolerance=1e-4).scores
        for each in (first, second)
    )
    torch.testing.assert_close(one, other, atol=2e-3, rtol=0)


class Jumping(MeanBag):
    """A network whose value jumps, or is not a number."""

    def classify(self, embedded: Tensor, lengths: Tensor, /) -> Tensor:
        self.asked += 1
        return super().classify(embedded * 0 + (embedded > 0.1).float() * self.height, lengths)

    height = 5.0
    asked = 0


@pytest.mark.parametrize("height", [5.0, float("nan")])
def test_a_network_that_allows_no_exactness_is_an_error(
    height: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textkit.explain.integrated_gradients.MOST", 128)
    torch.manual_seed(0)
    network = Jumping(11, 5, classes=3).eval()
    nn.init.normal_(network.words.weight)
    network.height = height
    ids, lengths = texts()
    with pytest.raises(TextkitError, match="jumps, or is not finite"):
        integrated_gradients(network, ids, lengths, target=target_of(made("bag")))


def test_a_jump_is_not_looked_into_for_ever() -> None:
    torch.manual_seed(0)
    network = Jumping(11, 5, classes=3).eval()
    nn.init.normal_(network.words.weight)
    ids, lengths = texts()
    target = target_of(made("bag")).rows(torch.tensor([0]))
    with pytest.raises(TextkitError, match="jumps"):
        integrated_gradients(network, ids[:1], lengths[:1], target=target)
    assert network.asked < 1000


def test_target() -> None:
    logits = torch.tensor([[3.0, 1.0, 2.0], [0.0, 5.0, 4.0]])
    chosen = Target.of(logits, classes=torch.tensor([1, 1]))
    assert chosen.rivals is not None
    assert chosen.rivals.tolist() == [0, 2]
    assert chosen.values(logits).tolist() == [-2.0, 1.0]
    assert Target.of(logits, margin=False).values(logits).tolist() == [3.0, 5.0]
    with pytest.raises(UsageError, match="with one class"):
        Target.of(logits[:, :1])
