"""Networks over texts against their formulas written out, and what must not change their answers."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from textkit.errors import UsageError
from textkit.models.text_classifiers.bag import HiddenBag, MeanBag, mean_of
from textkit.models.text_classifiers.recurrent import AttentionPooling, RecurrentClassifier
from textkit.models.text_classifiers.text_cnn import TextCNN
from textkit.models.text_classifiers.word_network import WordNetwork

V, E, K = 12, 5, 3
Make = Callable[..., WordNetwork]

MAKERS: dict[str, Make] = {
    "textcnn": lambda **more: TextCNN(V, E, classes=K, filters=4, widths=(1, 2, 4), **more),
    "bigru": lambda **more: RecurrentClassifier(
        V, E, classes=K, hidden=4, cell="gru", pooling="attention", layers=2, **more
    ),
    "lstm": lambda **more: RecurrentClassifier(
        V, E, classes=K, hidden=4, cell="lstm", pooling="last", layers=2, **more
    ),
    "mean": lambda **more: MeanBag(V, E, classes=K, **more),
    "book": lambda **more: HiddenBag(V, E, classes=K, **more),
}


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest) -> Make:
    """A function that makes one of the networks, with larger weights than training starts from."""

    def made(**more: float) -> WordNetwork:
        torch.manual_seed(3)
        network = MAKERS[request.param](**more)
        with torch.no_grad():
            for weight in network.parameters():
                weight.normal_(std=0.7)
        return network

    return made


def some(rows: int = 4, steps: int = 7) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(5)
    ids = torch.randint(V, (rows, steps), generator=generator)
    lengths = torch.randint(1, steps + 1, (rows,), generator=generator)
    lengths[0], lengths[1] = steps, 1
    return ids, lengths


def test_padding_changes_nothing(make: Make) -> None:
    network = make().eval()
    ids, lengths = some()
    expected = network(ids, lengths)
    assert expected.shape == (4, K)
    other = ids.clone()
    for row, length in enumerate(lengths.tolist()):
        other[row, length:] = (other[row, length:] + 5) % V
    wider = torch.cat([other, torch.full((4, 3), 9)], dim=1)
    assert torch.equal(network(other, lengths), expected)
    assert torch.allclose(network(wider, lengths), expected, atol=1e-6)
    noise = network.embed(ids).detach().clone()
    for row, length in enumerate(lengths.tolist()):
        noise[row, length:] = 100.0
    assert torch.allclose(network.classify(noise, lengths), expected, atol=1e-6)


def test_texts_together_are_judged_as_one_by_one(make: Make) -> None:
    network = make().eval()
    ids, lengths = some()
    together = network(ids, lengths)
    for row, length in enumerate(lengths.tolist()):
        alone = network(ids[row : row + 1, :length], lengths[row : row + 1])
        assert torch.allclose(alone[0], together[row], atol=1e-6)


def test_the_two_halves_are_the_whole(make: Make) -> None:
    ids, lengths = some()
    for mode in (True, False):
        network = make(dropout=0.5, dropout_words=0.3).train(mode)
        torch.manual_seed(1)
        whole = network(ids, lengths)
        torch.manual_seed(1)
        assert torch.equal(network.classify(network.embed(ids), lengths), whole)


def test_padding_gets_no_gradient(make: Make) -> None:
    network = make()
    ids, lengths = some()
    embedded = network.embed(ids).detach().requires_grad_()
    gradient = torch.autograd.grad(network.classify(embedded, lengths).square().sum(), embedded)[0]
    for row, length in enumerate(lengths.tolist()):
        assert not gradient[row, length:].any()
        assert gradient[row, :length].any()


def test_gradients_are_those_of_finite_differences(make: Make) -> None:
    network = make().double().eval()
    ids, lengths = some(3, 4)
    embedded = network.embed(ids).detach().requires_grad_()
    assert torch.autograd.gradcheck(network.classify, (embedded, lengths))


def test_dropped_words_are_zeros_and_the_mean_stays(make: Make) -> None:
    network = make(dropout_words=0.3)
    ids = torch.randint(V, (200, 50), generator=torch.Generator().manual_seed(0))
    torch.manual_seed(2)
    vectors, whole = network.embed(ids), network.words(ids)
    dropped = (vectors == 0).all(dim=2)
    assert dropped.float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert torch.allclose(vectors[~dropped], whole[~dropped] / 0.7)
    assert torch.equal(network.eval().embed(ids), whole)


@torch.no_grad()
def test_a_text_cnn_is_its_formula() -> None:
    torch.manual_seed(0)
    network = TextCNN(V, E, classes=K, filters=4, widths=(2, 3)).eval()
    ids, lengths = some()
    logits = network(ids, lengths)
    for row, length in enumerate(lengths.tolist()):
        x = torch.cat([network.words(ids[row, :length]), torch.zeros(2, E)])
        features = []
        for layer, width in zip(network.filters, (2, 3), strict=True):
            assert isinstance(layer, nn.Conv1d)
            for weight, bias in zip(*layer.parameters(), strict=True):
                windows = [x[i : i + width] for i in range(length)]
                features.append(max(float((w.T * weight).sum() + bias) for w in windows))
        hidden = torch.tensor(features).clamp(min=0)
        assert torch.allclose(network.output(hidden), logits[row], atol=1e-6)


@torch.no_grad()
def test_attention_pooling_is_its_formula() -> None:
    torch.manual_seed(0)
    pooling, h = AttentionPooling(4), torch.randn(2, 3, 4)
    pooled = pooling(h, torch.tensor([3, 2]))
    for row, length in enumerate((3, 2)):
        scores = []
        for t in range(length):
            u = torch.tanh(pooling.project.weight @ h[row, t] + pooling.project.bias)
            scores.append(math.exp(float(u @ pooling.context)))
        weighed = [score / sum(scores) * h[row, t] for t, score in enumerate(scores)]
        assert torch.allclose(torch.stack(weighed).sum(dim=0), pooled[row], atol=1e-6)


def test_attention_is_a_distribution_over_the_real_steps() -> None:
    pooling = AttentionPooling(4)
    attention = pooling.attention(torch.randn(3, 5, 4), torch.tensor([5, 1, 3]))
    assert torch.allclose(attention.sum(dim=1), torch.ones(3))
    assert attention[1].tolist() == [1, 0, 0, 0, 0]
    assert not attention[2, 3:].any()


def test_gradients_of_attention_pooling_by_finite_differences() -> None:
    torch.manual_seed(0)
    pooling, lengths = AttentionPooling(3).double(), torch.tensor([4, 2])
    features = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    inputs = (features, *pooling.parameters())

    def pool(features: Tensor, *weights: Tensor) -> Tensor:
        names = [name for name, _ in pooling.named_parameters()]
        own = dict(zip(names, weights, strict=True))
        pooled: Tensor = torch.func.functional_call(pooling, own, (features, lengths))
        return pooled

    assert torch.autograd.gradcheck(pool, inputs)


@pytest.mark.parametrize(("cell", "kind"), [("lstm", nn.LSTM), ("gru", nn.GRU)])
def test_last_states_are_those_of_torch(cell: str, kind: type[nn.LSTM]) -> None:
    torch.manual_seed(0)
    network = RecurrentClassifier(V, E, classes=K, hidden=4, cell=cell, pooling="last")  # type: ignore[arg-type]
    other = kind(E, 4, batch_first=True, bidirectional=True)
    with torch.no_grad():
        for suffix, layer in (("", network.encoder.ahead[0]), ("_reverse", network.encoder.back[0])):
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                getattr(other, f"{name}_l0{suffix}").copy_(getattr(layer, name))
    ids, lengths = some()
    packed = pack_padded_sequence(network.words(ids), lengths, batch_first=True, enforce_sorted=False)
    _, state = other(packed)
    last = state[0] if cell == "lstm" else state  # (2, B, H)
    expected = network.output(torch.cat([last[0], last[1]], dim=1))
    assert torch.allclose(network.eval()(ids, lengths), expected, atol=1e-6)


def test_the_hidden_bag_is_a_network_over_relative_frequencies() -> None:
    torch.manual_seed(0)
    network = HiddenBag(V, 6, classes=K).eval()
    dense = nn.Linear(V, 6)
    with torch.no_grad():
        dense.weight.copy_(network.words.weight.T)
        dense.bias.copy_(network.bias)
    ids, lengths = some()
    bags = torch.stack(
        [torch.bincount(ids[row, :n], minlength=V) / n for row, n in enumerate(lengths.tolist())]
    )
    expected = network.output(dense(bags).relu())
    logits = network(ids, lengths)
    assert torch.allclose(logits, expected, atol=1e-6)
    loss, other = logits.logsumexp(dim=1).sum(), expected.logsumexp(dim=1).sum()
    words = torch.autograd.grad(loss, network.words.weight)[0]
    assert torch.allclose(words.T, torch.autograd.grad(other, dense.weight)[0], atol=1e-6)


def test_the_mean_is_torchs_embedding_bag() -> None:
    torch.manual_seed(0)
    network = MeanBag(V, E, classes=K).eval()
    ids, lengths = some()
    flat = torch.cat([ids[row, :length] for row, length in enumerate(lengths.tolist())])
    offsets = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)[:-1]])
    means = nn.functional.embedding_bag(flat, network.words.weight, offsets, mode="mean")
    assert torch.allclose(mean_of(network.embed(ids), lengths), means, atol=1e-6)
    assert torch.allclose(network(ids, lengths), network.output(means), atol=1e-6)


def test_what_makes_no_network_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 1, not 0 and 5"):
        MeanBag(0, 5, classes=2)
    with pytest.raises(UsageError, match="dropout_words must lie in"):
        MeanBag(4, 5, classes=2, dropout_words=1.0)
    with pytest.raises(UsageError, match="dropout must lie in"):
        HiddenBag(4, 5, classes=2, dropout=-0.1)
    with pytest.raises(UsageError, match="widths and filters of at least 1"):
        TextCNN(4, 5, classes=2, filters=3, widths=())
    with pytest.raises(UsageError, match="did you mean 'attention'"):
        RecurrentClassifier(4, 5, classes=2, hidden=3, cell="gru", pooling="atention")  # type: ignore[arg-type]
