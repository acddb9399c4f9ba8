# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 10 · Slot filling: a tag for every word, and fewer labels than steps
#
# "Arrive Taipei on November 2nd": a booking service must know that Taipei is where one goes and November 2nd
# when one arrives. That is a tag for every word: many to many, of the same length.

# %%
import itertools
import math
import random
import tempfile
from pathlib import Path

import torch
from matplotlib import pyplot as plt

import textkit_corpora
from textkit.data.spans import span_report, spans_of
from textkit.decode.ctc import beam_labellings, collapse, greedy_labelling
from textkit.models.crf import LinearChain
from textkit.models.ctc import CTCNetwork
from textkit.tasks import tagging
from textkit.tasks.tagging import MostFrequentTag, TaggerConfig, load_tagger
from textkit_corpora.tagged import read_tagged

torch.set_num_threads(1)

# %% [markdown]
# ## Tags and spans
#
# B-x begins a span of the kind x, I-x goes on with it, O is outside. A tagger is judged by whole spans:
# half a span is wrong twice, once as a span that is not there and once as one that was missed.

# %%
wanted = ["O", "B-destination", "I-destination", "O", "B-arrival_time"]
found = ["O", "B-destination", "O", "O", "B-arrival_time"]
print(spans_of(wanted))
print(span_report([wanted], [found]).micro, "F1", span_report([wanted], [found]).micro.f1)

# %% [markdown]
# ## What is in the corpus
#
# Travel requests in English and Chinese. Some cities, and every sixth template, are in dev and test alone.
# The tagger to beat looks at the word and nothing else: but whether Oslo is the origin or the destination,
# Oslo does not say.

# %%
corpus = textkit_corpora.load("travel")
train, dev = (list(read_tagged(corpus.path(split))) for split in ("train", "dev"))
for sentence in train[:2]:
    print(" ".join(f"{token}/{tag}" for token, tag in zip(sentence.tokens, sentence.tags, strict=True)))
baseline = MostFrequentTag.of(train)
report = span_report((each.tags for each in dev), (baseline.tag(each.tokens) for each in dev))
print(f"the most frequent tag of each word: F1 {report.micro.f1:.1%}, tags right {report.accuracy:.1%}")

# %% [markdown]
# ## A conditional random field
#
# A recurrent network read from both ends gives each word a score for each tag. A linear chain adds scores
# for tags that follow each other, and makes one distribution over whole paths of tags. Its sum over all
# paths takes T steps by the forward algorithm, instead of K to the power of T.

# %%
T, K = 6, 4
torch.manual_seed(1)
chain = LinearChain(K).double()
for weight in chain.parameters():
    torch.nn.init.normal_(weight)
scores, lengths = torch.randn(1, T, K, dtype=torch.float64), torch.tensor([T])
with torch.no_grad():
    paths = torch.tensor(list(itertools.product(range(K), repeat=T)))
    each = chain.path_score(scores.expand(len(paths), T, K), lengths.expand(len(paths)), paths)
    print(f"{len(paths)} paths one by one: {torch.logsumexp(each, 0):.6f}")
    print(f"the forward algorithm:   {chain.log_partition(scores, lengths)[0]:.6f}")
    best, _ = chain.decode(scores, lengths)
    print("the best path is Viterbi's:", torch.equal(paths[each.argmax()], best[0]))

# %% [markdown]
# ## Training
#
# Each tag alone (softmax), or whole paths (CRF), as `textkit train-tagger TRAIN --dev DEV -o RUN` does it. A
# few epochs here; the default goes on until dev no longer improves.

# %%
folder = Path(tempfile.mkdtemp())
for layer in ("softmax", "crf"):
    config = TaggerConfig(output_layer=layer, epochs=10)
    reports = tagging.train(train, config, out=folder / layer, dev=dev)
    print(f"{layer:8} F1 on dev {reports['dev'].micro.f1:.1%}, macro {reports['dev'].macro_f1:.1%}")

# %%
tagger = load_tagger(folder / "crf")
for line in (
    "Arrive Taipei on November 2nd",
    "I would like to arrive in Taipei on November 2nd",
    "Leave Taipei on November 2nd",
):
    (tagged,) = tagger.tag_lines([line])
    print(line)
    for span in tagged.spans:
        print(f"    {span.label:16}{span.text:16}{span.probability:.2f}")

# %% [markdown]
# The same words in another context have another slot. The probability of a span is the sum over all paths
# that have it, by forward and backward sums. It says how sure the tagger is, not how right: this one knows
# nothing but sentences from templates.
#
# ## Many to fewer: CTC
#
# Speech gives many steps and few letters, and nobody says which steps are which letter. Connectionist
# temporal classification adds a blank: a path gives a label or the blank at every step, and spells what
# remains when repeated labels are merged and blanks left out. The probability of a word is the sum over all
# paths that spell it.

# %%
print(collapse([0, 8, 8, 0, 5, 12, 0, 12, 12, 15], blank=0))
log_probs = torch.tensor([[0.6, 0.4], [0.6, 0.4]]).log()
print("the best path spells", greedy_labelling(log_probs).ids)
best = beam_labellings(log_probs, width=4)[0]
print("the best labelling is", best.ids, f"with {math.exp(best.log_prob):.2f}")

# %% [markdown]
# A small task: words in which every letter is said one to four times, with noise between and sometimes a
# wrong letter. The network is told the word alone.

# %%
LETTERS = "abcdefghij"
NOISE = len(LETTERS) + 1
generator = random.Random(1)


def heard(word: list[int]) -> list[int]:
    steps: list[int] = []
    for place, letter in enumerate(word):
        steps += [NOISE] * generator.randrange(1 if word[place - 1 : place] == [letter] else 0, 3)
        said = [letter] * generator.randrange(1, 5)
        if len(said) > 2 and generator.random() < 0.2:
            said[1] = generator.randrange(1, NOISE)
        steps += said
    return steps


def minibatch(rows: int):
    words = [[generator.randrange(1, NOISE) for _ in range(generator.randrange(2, 7))] for _ in range(rows)]
    steps = [heard(word) for word in words]
    padded = [
        torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in part], batch_first=True)
        for part in (steps, words)
    ]
    lengths = [torch.tensor([len(row) for row in part]) for part in (steps, words)]
    return padded[0], lengths[0], padded[1], lengths[1]


torch.manual_seed(1)
network = CTCNetwork(NOISE + 1, len(LETTERS), embedding=24, hidden=32)
optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
for step in range(1, 251):
    ids, lengths, labels, label_lengths = minibatch(32)
    loss = network.loss(ids, lengths, labels=labels, label_lengths=label_lengths)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print(f"step {step}: {loss.item():.3f} nats a word")

# %%
ids, lengths, labels, label_lengths = minibatch(300)
with torch.no_grad():
    log_probs = network(ids, lengths)
words = [tuple(row[:length].tolist()) for row, length in zip(labels, label_lengths, strict=True)]
rows = [log_probs[row, :length] for row, length in enumerate(lengths.tolist())]
for name, read in {
    "greedy": greedy_labelling,
    "beam of 8": lambda row: beam_labellings(row, width=8)[0],
}.items():
    right = sum(read(row).ids == word for row, word in zip(rows, words, strict=True))
    print(f"{name:10} {right / len(words):.1%} of new words right")

# %% [markdown]
# Where the letters are the network found by itself. It has learnt what was noise, and that the blank must
# part a letter from the same letter again.

# %%
shown, spelled = max(range(50), key=lambda row: len(words[row])), f" {LETTERS}~"
print("".join(spelled[letter] for letter in ids[shown, : lengths[shown]].tolist()))
print("".join(spelled[letter] for letter in greedy_labelling(rows[shown]).ids))
figure, axes = plt.subplots(figsize=(8, 2.5))
for label in sorted({0, *words[shown]}):
    column = rows[shown][:, label].exp()
    axes.plot(column, color=None if label else "grey", label=spelled[label] if label else "blank")
axes.set(xlabel="step", ylabel="probability")
axes.legend(ncols=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize="small")
plt.show()
