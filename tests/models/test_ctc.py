"""A network of many steps to fewer labels learns what it is not told: where they are."""

from __future__ import annotations

import random

import torch
from torch.nn import functional

from textkit.decode.ctc import beam_labellings, greedy_labelling
from textkit.models.ctc import BLANK, CTCNetwork

LETTERS = 6
NOISE = LETTERS + 1  # the input id that says nothing


def stretched(generator: random.Random) -> tuple[list[int], list[int]]:
    """A word of ids 1 to LETTERS, and the same with each letter said one to three times, noise between."""
    word = [generator.randrange(1, LETTERS + 1) for _ in range(generator.randrange(1, 6))]
    heard: list[int] = []
    for place, letter in enumerate(word):
        equal = place > 0 and word[place - 1] == letter
        heard += [NOISE] * generator.randrange(1 if equal else 0, 3) + [letter] * generator.randrange(1, 4)
    return heard, word


def padded(rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    lengths = torch.tensor([len(row) for row in rows])
    return torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True), lengths


def test_it_learns_to_squeeze_stretched_words() -> None:
    torch.manual_seed(0)
    generator = random.Random(0)
    network = CTCNetwork(NOISE + 1, LETTERS, embedding=16, hidden=16)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.03)
    for _ in range(100):
        heard, words = zip(*(stretched(generator) for _ in range(24)), strict=True)
        (ids, lengths), (labels, label_lengths) = padded(list(heard)), padded(list(words))
        loss = network.loss(ids, lengths, labels=labels, label_lengths=label_lengths)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    heard, words = zip(*(stretched(generator) for _ in range(100)), strict=True)
    with torch.no_grad():
        log_probs = network(*padded(list(heard)))
    greedy = beams = 0
    for row, (sound, word) in enumerate(zip(heard, words, strict=True)):
        own = log_probs[row, : len(sound)]
        greedy += list(greedy_labelling(own).ids) == word
        beams += list(beam_labellings(own, width=8)[0].ids) == word
    assert min(greedy, beams) >= 95


def test_the_loss_is_torchs_mean_over_rows_and_padding_changes_nothing() -> None:
    torch.manual_seed(1)
    network = CTCNetwork(8, 3, embedding=4, hidden=4)
    ids, lengths = torch.randint(8, (2, 6)), torch.tensor([6, 4])
    labels, label_lengths = torch.tensor([[1, 2, 2], [3, 1, 1]]), torch.tensor([3, 1])
    loss = network.loss(ids, lengths, labels=labels, label_lengths=label_lengths)
    alone = []
    for row in range(2):
        own = network(ids[row : row + 1, : lengths[row]], lengths[row : row + 1])[0]
        target = labels[row, : label_lengths[row]]
        alone.append(
            functional.ctc_loss(own, target, lengths[row], label_lengths[row], blank=BLANK, reduction="sum")
        )
    torch.testing.assert_close(loss, torch.stack(alone).mean())


def test_a_labelling_without_any_alignment_has_a_finite_gradient() -> None:
    network = CTCNetwork(4, 2, embedding=4, hidden=4)
    loss = network.loss(
        torch.tensor([[1, 2]]),
        torch.tensor([2]),
        labels=torch.tensor([[1, 1]]),
        label_lengths=torch.tensor([2]),
    )
    loss.backward()
    assert loss.item() == 0
    assert all(
        torch.isfinite(weight.grad).all() for weight in network.parameters() if weight.grad is not None
    )
