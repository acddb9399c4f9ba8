"""The Transformer for translation step by step: what reading the whole at once gives."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from textkit.errors import UsageError

from .tiny_translator import example, log_probs, make, written_out


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_steps_are_those_of_the_whole(norm: str) -> None:
    network = make(norm=norm)
    source, inputs = example(steps=70)  # more than the slots there are at first
    expected = log_probs(network, source, inputs)
    decoding = network.decoding(source)
    state = decoding.start(3)
    for step in range(70):
        found, state = decoding.step(inputs[:, step], state)
        assert torch.allclose(found, expected[:, step], atol=1e-5)


@pytest.mark.parametrize("uneven", [False, True])
def test_rows_may_fork_die_and_leave(uneven: bool) -> None:
    network = make()
    source, _ = example()
    generator = torch.Generator().manual_seed(3)
    decoding = network.decoding(source)
    state, sentences, past = decoding.start(6), torch.arange(6) // 2, torch.zeros(6, 0, dtype=torch.long)
    for step in range(60):
        ids = torch.randint(11, (len(sentences),), generator=generator)
        past = torch.cat((past, ids[:, None]), dim=1)
        found, state = decoding.step(ids, state)
        expected = log_probs(network, source.rows(sentences), past)[:, -1]
        assert torch.allclose(found, expected, atol=1e-5)
        kept = sentences.unique().tolist()
        kept = kept[1:] if step in (30, 50) else kept  # a sentence leaves
        of_each = int(torch.randint(1, 5, (1,), generator=generator))
        picked = []
        for sentence in kept:
            own = (sentences == sentence).nonzero()[:, 0]
            count = of_each + (uneven and sentence == 1)
            picked.append(own[torch.randint(len(own), (count,), generator=generator)])
        rows = torch.cat(picked)
        state, sentences, past = decoding.reorder(state, rows), sentences[rows], past[rows]
    if not uneven:
        assert state.filled < 60 * 4  # slots that nobody sees any more were left out
        assert state.sentences == 1


def test_states_are_values() -> None:
    network = make()
    source, inputs = example(steps=4)
    decoding = network.decoding(source)
    _, old = decoding.step(inputs[:, 0], decoding.start(3))
    results = [decoding.step(inputs[:, at], old) for at in (1, 2)]
    rows = torch.tensor([2, 0])
    fewer = decoding.reorder(results[0][1], rows)
    for (found, state), at in zip(results, (1, 2), strict=True):
        read = inputs[:, [0, at]]
        assert torch.allclose(found, log_probs(network, source, read)[:, -1], atol=1e-5)
        after, _ = decoding.step(inputs[:, 3], state)
        whole = torch.cat((read, inputs[:, 3:]), dim=1)
        assert torch.allclose(after, log_probs(network, source, whole)[:, -1], atol=1e-5)
    after, _ = decoding.step(inputs[rows, 3], fewer)
    whole = inputs[rows][:, [0, 1, 3]]
    assert torch.allclose(after, log_probs(network, source.rows(rows), whole)[:, -1], atol=1e-5)


def test_attention_is_that_of_the_last_layer_to_the_source() -> None:
    network = make()
    source, inputs = example()
    decoding = network.decoding(source)
    state = decoding.start(3)
    with pytest.raises(UsageError, match="there is attention after the first step"):
        decoding.attention(state)
    for ids in inputs.T:
        _, state = decoding.step(ids, state)
    last = network.decoder[-1]
    course = written_out(last.memory_attention, memory=True, width=12)
    read: list[Tensor] = []
    handle = last.memory_norm.register_forward_hook(lambda *parts: read.append(parts[2]))
    network(source, inputs)
    handle.remove()
    memory, _ = network.encode(source)
    memory = memory.view(3, 6, 12)
    real = torch.arange(6) < source.lengths[:, None]
    weights = course(read[0].view(3, 5, 12), memory, memory, mask=real[:, None]).weights
    found = decoding.attention(state)
    assert torch.allclose(found, weights.mean(1)[:, -1], atol=1e-5)
    assert torch.allclose(found.sum(1), torch.ones(3))
    rows = torch.tensor([2, 2, 1, 1])
    assert torch.equal(decoding.attention(decoding.reorder(state, rows)), found[rows])


def test_in_bfloat16_reading_and_steps_differ_by_rounding_only() -> None:
    network = make()
    source, inputs = example()
    expected = log_probs(network, source, inputs)
    with torch.autocast("cpu", torch.bfloat16):
        found = log_probs(network, source, inputs)
        decoding = network.decoding(source)
        step, _ = decoding.step(inputs[:, 0], decoding.start(3))
    assert found.dtype == step.dtype == torch.float32
    assert torch.allclose(found, expected, atol=0.15)
    assert torch.allclose(step, expected[:, 0], atol=0.15)


def test_rows_must_be_a_multiple_of_the_sentences() -> None:
    decoding = make().decoding(example()[0])
    with pytest.raises(UsageError, match="3 sentences are decoded in as many rows each, not in 4 rows"):
        decoding.start(4)
