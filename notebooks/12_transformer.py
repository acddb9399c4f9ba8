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
# # 12 · The Transformer: attention and nothing that recurs
#
# A recurrent network passes what it knows from step to step. A Transformer lets each step look at all the
# others at once. Its parts are few; here each is written out and held against another of the same.

# %%
import tempfile
import time
from pathlib import Path

import torch
from matplotlib import pyplot as plt
from torch import nn
from torch.nn import functional

import textkit_corpora
from textkit.models.multi_head_attention import MultiHeadAttention
from textkit.models.outputs import SoftmaxOutput
from textkit.models.position_wise import PositionWise
from textkit.models.sinusoids import sinusoid_table
from textkit.models.translators.transformer import TranslatorTransformer, TranslatorTransformerSettings
from textkit.tasks import translation
from textkit.tasks.translation import TranslatorConfig, load_translator
from textkit.tasks.translation.scoring import bleu
from textkit.tasks.translation.source_batch import SourceBatch
from textkit.text.pairs import Pair

torch.manual_seed(1)
torch.set_num_threads(1)

# %% [markdown]
# ## Multi-head attention
#
# Queries are compared with keys, softmax makes weights of the scores, and values are mixed by them. Each head
# does so in a part of the width of its own, so that heads can look at different places. With the same weights
# torch's own module gives the same.

# %%
B, T, S, D, H = 2, 4, 5, 16, 4
attention, theirs = MultiHeadAttention(D, H), nn.MultiheadAttention(D, H, batch_first=True)
parts = (attention.queries, attention.keys, attention.values)
with torch.no_grad():
    theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
    theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
theirs.out_proj.load_state_dict(attention.output.state_dict())
queries, memory, lengths = torch.randn(B, T, D), torch.randn(B, S, D), torch.tensor([5, 3])
real = torch.arange(S) < lengths[:, None]  # (B, S)
outputs, weights = attention(queries, memory, memory, mask=real[:, None])
expected, _ = theirs(queries, memory, memory, key_padding_mask=~real)
print("weights", tuple(weights.shape), "largest difference", (outputs - expected).abs().max().item())
print("sums", weights.sum(dim=3).unique().tolist(), "on padding", weights[1, :, :, 3:].max().item())

# %% [markdown]
# ## Position-wise feed-forward network
#
# Two layers with a ReLU between, the same at every position: that is what a convolution of kernel size 1
# does. Change one position, and no other changes.

# %%
feed_forward = PositionWise(D, 4 * D)
wide, narrow = nn.Conv1d(D, 4 * D, 1), nn.Conv1d(4 * D, D, 1)
for convolution, layer in ((wide, feed_forward.input), (narrow, feed_forward.output)):
    convolution.load_state_dict({"weight": layer.weight[:, :, None], "bias": layer.bias})
by_convolution = narrow(torch.relu(wide(memory.transpose(1, 2)))).transpose(1, 2)
print("largest difference", (feed_forward(memory) - by_convolution).abs().max().item())
changed = memory.clone()
changed[:, 2] += 1
moved = (feed_forward(changed) - feed_forward(memory)).abs().amax(dim=(0, 2))
print("a change at position 2 changes positions", moved.nonzero()[:, 0].tolist())

# %% [markdown]
# ## Positions
#
# Neither part knows where a word stands: shuffle the words, and their results are shuffled and nothing else.
# So each position adds a pattern of its own, sines and cosines of falling frequency.

# %%
order = torch.tensor([3, 0, 4, 1, 2])
straight = attention(memory, memory, memory).outputs[:, order]
shuffled = attention(memory[:, order], memory[:, order], memory[:, order]).outputs
print("largest difference without positions:", (straight - shuffled).abs().max().item())
placed = memory + sinusoid_table(S, D)
straight = attention(placed, placed, placed).outputs[:, order]
again = memory[:, order] + sinusoid_table(S, D)
print("with positions:", (straight - attention(again, again, again).outputs).abs().max().item())

table = sinusoid_table(60, 32)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
left.imshow(table.T, cmap="RdBu", aspect="auto", vmin=-1, vmax=1)
left.set(xlabel="position", ylabel="element", title="the table")
for element in (4, 8, 12):
    right.plot(table[:, element], label=f"element {element}")
right.set(xlabel="position")
right.legend(fontsize="small", ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.1))
plt.show()

# %% [markdown]
# ## Where to normalise
#
# Each part adds something to what it read, and layer normalisation keeps the numbers in bounds. In the paper
# the sum is normalised ("post"): the gradient passes every norm on its way, and before training begins the
# layers far from the output get little of it, which is why such networks want a slow warm-up. Normalise what
# a part reads instead ("pre"), and the sums are a straight road (Xiong et al. 2020).

# %%
source = SourceBatch(torch.randint(2, 50, (16, 9)), torch.full((16,), 9))
read, wanted = torch.randint(2, 50, (16, 9)), torch.randint(2, 50, (144,))
print("norms of the gradients of decoder layers 1 to 12, before training")
for norm in ("post", "pre"):
    torch.manual_seed(1)
    sizes = TranslatorTransformerSettings(50, 50, width=32, layers=12, norm=norm, dropout=0.0)
    network = TranslatorTransformer(sizes)
    network.output.loss(network(source, read).flatten(0, 1), wanted).backward()
    norms = [layer.feed_forward.output.weight.grad.norm().item() for layer in network.decoder_layers]
    print(f"{norm:4}", " ".join(f"{value:.2f}" for value in norms))

# %% [markdown]
# ## Label smoothing
#
# The loss wants 1 for the right word and 0 for others, which no finite score reaches. With smoothing of 0.1
# a tenth of the probability is spread over all words, and to be surer than that costs. Here the right word
# stands `score` above all others.

# %%
output = SoftmaxOutput(50, 8)
features, targets = torch.randn(6, 8), torch.randint(0, 50, (6,))
ours = output.loss(features, targets, label_smoothing=0.1)
expected = functional.cross_entropy(features @ output.weight.T + output.bias, targets, label_smoothing=0.1)
print("largest difference from torch's", (ours - expected).abs().item())
scores = torch.linspace(0, 14, 57)
logits = torch.zeros(57, 1000)
logits[:, 0] = scores
figure, axes = plt.subplots(figsize=(5, 2.8), layout="constrained")
for smoothing in (0.0, 0.1, 0.2):
    losses = functional.cross_entropy(
        logits, torch.zeros(57, dtype=torch.long), label_smoothing=smoothing, reduction="none"
    )
    axes.plot(scores, losses, label=f"smoothing {smoothing}")
    print(f"smoothing {smoothing}: least at a score of {scores[losses.argmin()].item():.2f}")
axes.set(xlabel="score of the right word", ylabel="loss")
axes.legend(fontsize="small")
plt.show()

# %% [markdown]
# ## A tiny Transformer
#
# French to English, two thousand five hundred pairs, one layer of 64 units: seconds. The test pairs are none
# of those that were learnt.

# %%
corpus = textkit_corpora.load("pairs-en-fr")
pairs = {name: [Pair(fr, en) for en, fr in corpus.rows(name)] for name in ("train", "valid", "test")}
settings = {"tokenizer": "regex", "joint": False, "valid_bleu": 0, "dropout": 0.0, "epochs": 6}
sizes = {"width": 64, "layers": 1, "feed_forward": 256, "learning_rate": 0.008, "batch_tokens": 400}
config = TranslatorConfig.model_validate({**settings, **sizes, "warmup": 50})
run = Path(tempfile.mkdtemp()) / "run"
translation.train(pairs["train"], config, out=run, valid=pairs["valid"], say=print)
translator = load_translator(run)
found = [best[0].text for best in translator.translate(pair.source for pair in pairs["test"])]
for pair, text in list(zip(pairs["test"], found, strict=True))[:4]:
    print(f"{pair.source} -> {text}")
print(f"BLEU on test {bleu(found, [pair.target for pair in pairs['test']]):.1f}")

# %% [markdown]
# ## Cached equals uncached
#
# In training all steps are computed at once, each sees those before it. In translating there is one new step
# at a time; what the steps before left for others to look at, their keys and values, is kept.

# %%
network, sides = translator.network, translator.sides
END = 1
right = [pair for pair, text in zip(pairs["test"], found, strict=True) if text == pair.target]
shown = max(right[:20], key=lambda pair: len(pair.source))
source = SourceBatch.of(sides.encode_source([shown.source]), [0])
decoding = network.decoding(source)
state, ids, by_steps, looked = decoding.start(1), [END], [], []
while len(ids) < 30 and (len(ids) == 1 or ids[-1] != END):
    log_probs, state = decoding.step(torch.tensor(ids[-1:]), state)
    looked.append(decoding.attention_of_heads(state)[0])  # (H, S)
    by_steps.append(log_probs)
    ids.append(int(log_probs.argmax()))
with torch.inference_mode():
    at_once = network.output.log_probs(network(source, torch.tensor([ids[:-1]]))[0])
print(shown.source, "->", sides.decode_target(ids[1:]))
print("largest difference of log probabilities", (at_once - torch.cat(by_steps)).abs().max().item())

# %%
read = torch.full((1, 400), 5)
with torch.inference_mode():
    begin = time.perf_counter()
    for length in range(1, 401):
        network(source, read[:, :length])
    whole = time.perf_counter() - begin
begin, state = time.perf_counter(), decoding.start(1)
for step in range(400):
    _, state = decoding.step(read[:, step], state)
print(f"400 steps: all anew {whole:.2f} s, cached {time.perf_counter() - begin:.2f} s")

# %% [markdown]
# ## Where the heads look
#
# The attention of the decoder to the source: a row for each English word when it was chosen, a column for
# each French word. Each head looks elsewhere, and not all of them at the word that is being translated.

# %%
columns, rows = sides.source_vocab.decode(source.ids[0].tolist()), sides.target_vocab.decode(ids[1:])
figure, axes = plt.subplots(1, 4, figsize=(11, 3.2), layout="constrained", sharey=True)
for head, (axis, weights) in enumerate(zip(axes, torch.stack(looked, dim=1), strict=True), 1):
    axis.imshow(weights, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    axis.set_xticks(range(len(columns)), columns, rotation=90)
    axis.set_yticks(range(len(rows)), rows)
    axis.set_title(f"head {head}")
plt.show()
