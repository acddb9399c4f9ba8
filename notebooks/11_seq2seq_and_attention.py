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
# # 11 · Sequence to sequence, and attention
#
# One network reads a French sentence, another writes an English one. At first all that passes between them is
# one vector; then the writer may look back at each word. As in the course, twenty pairs are learnt by heart;
# and then, as one should, pairs are translated that were not learnt.

# %%
import math
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from matplotlib import pyplot as plt

import textkit_corpora
from textkit.data.encoded import EncodedCorpus
from textkit.data.pair_batches import PairBatches
from textkit.tasks import translation
from textkit.tasks.translation import TranslationDecoding, TranslatorConfig, load_translator
from textkit.tasks.translation.scoring import Scorer
from textkit.tasks.translation.source_batch import SourceBatch
from textkit.text.pairs import CopiedSource, Duplicates, EmptySide, LengthRatio, Pair, PairReport, clean_pairs
from textkit.text.tokenizers.regular_expression import RegexTokenizer

torch.set_num_threads(1)
runs = Path(tempfile.mkdtemp())

# %% [markdown]
# ## Parallel data
#
# Two texts, line by line. What is collected from the web has pairs that teach the wrong thing: a side is
# missing, was not translated, or belongs to another line. Filters look at both sides.

# %%
collected = [
    Pair("Le chat dort.", "The cat is sleeping."),
    Pair("Le chat dort.", "The cat is sleeping."),
    Pair("La fille lit un livre rouge sous la table.", "Yes."),
    Pair("Home | Contact | Imprint", "Home | Contact | Imprint"),
    Pair("Où est le chat ?", ""),
    Pair("Où est le chat ?", "Where is the cat?"),
]
report = PairReport()
filters = [EmptySide(), CopiedSource(), LengthRatio(3), Duplicates()]
for pair in clean_pairs(collected, filters, report):
    print(pair)
print(*report.lines(), sep="\n")

# %% [markdown]
# ## Batches
#
# A batch is two matrices, so short sentences are filled up. Pairs of similar length on both sides go
# together, and little of what is computed is padding. Lengths are kept: they say what is real.

# %%
corpus = textkit_corpora.load("pairs-en-fr")
pairs = {name: [Pair(fr, en) for en, fr in corpus.rows(name)] for name in ("train", "valid", "test")}
tokenizer, END = RegexTokenizer(), 1


def encoded(texts, vocab):
    rows = [[vocab.setdefault(token, len(vocab) + 2) for token in tokenizer(text)] for text in texts]
    return EncodedCorpus.from_sequences([*row, END] for row in rows)


source = encoded((pair.source for pair in pairs["train"]), {})
target = encoded((pair.target for pair in pairs["train"]), {})
batches = PairBatches(source, target, end=END, batch_size=32)
order = np.random.default_rng(1).permutation(len(source))[: len(source) // 32 * 32].reshape(-1, 32)
sides = [corpus.lengths[order] for corpus in (source, target)]
positions = sum(lengths.max(axis=1).sum() * 32 for lengths in sides)
print(f"padding in order of chance: {1 - sum(lengths.sum() for lengths in sides) / positions:.1%}")
print(f"among pairs of like length: {batches.padding:.1%}")
batch = next(iter(PairBatches(source, target, end=END, batch_size=2)))
print(batch.source, batch.source_lengths, batch.inputs, batch.targets, sep="\n")

# %% [markdown]
# The decoder reads the true word before the one that it has to predict (teacher forcing): `inputs` are the
# targets one place later, and begin with the end sign. Where `targets` are -1, nothing is to be predicted.
#
# ## Twenty pairs by heart
#
# The course's translator: a GRU of two layers of 64 units reads the French words; its last state is where the
# decoder's starts, and is read again at each step. Then the same with attention: at each step the decoder
# scores all source words, softmax makes weights of the scores, and what it reads is the weighted mean.

# %%
toy = [Pair(fr, en) for fr, en in textkit_corpora.load("pairs-fr-en-toy").rows("train")]
course = {"preset": "course", "tokenizer": "regex", "batch_size": 4, "validate_every": 50, "valid_bleu": 0}


def trained(name, learnt, valid, **settings):
    config = TranslatorConfig.model_validate(settings)
    translation.train(learnt, config, out=runs / name, valid=valid, say=print)
    return load_translator(runs / name)


models = {}
for attention in ("none", "additive"):
    settings = {**course, "epochs": 30, "attention": attention, "input_feeding": attention != "none"}
    models[attention] = trained(f"toy-{attention}", toy, toy, **settings)

# %% [markdown]
# The library says what is wrong with that: the pairs it is judged on are those that it has learnt. BLEU is
# a product of precisions of n-grams, times a penalty for short translations. The course takes n up to 2,
# raises the precisions to 1/2 and 1/4, and does so for each sentence alone. The measure of the field takes n
# up to 4, over all sentences together, and has a signature, so that others can measure the same.


# %%
def course_bleu(words, reference, k=2):
    if len(words) < k:
        return 0.0
    score = math.exp(min(0, 1 - len(reference) / len(words)))
    for n in range(1, k + 1):
        grams, wanted = (
            Counter(zip(*(side[i:] for i in range(n)), strict=False)) for side in (words, reference)
        )
        score *= ((grams & wanted).total() / grams.total()) ** (0.5**n)
    return score


scorer = Scorer(("bleu",), language="en", resamples=0)
for name, model in models.items():
    found = [best[0] for best in model.translate((pair.source for pair in toy), TranslationDecoding(beam=1))]
    course_scores = [
        course_bleu(each.tokens, tokenizer(pair.target)) for each, pair in zip(found, toy, strict=True)
    ]
    (measured,) = scorer.measure([each.text for each in found], [[pair.target for pair in toy]])
    print(f"{name:9} the course's BLEU, mean {np.mean(course_scores):.2f}; sacrebleu {measured.score:.1f}")
print(measured.signature)

# %% [markdown]
# New sentences of the same words are another matter:

# %%
for line in ("La fille ne dort pas.", "Le chien noir est sous la table.", "Il aime le livre rouge."):
    for name, model in models.items():
        ((found,),) = model.translate([line])
        print(f"{name:9} {line} -> {found.text}")

# %% [markdown]
# That is what was learnt: twenty sentences, and to answer with one of them. Twenty pairs are too few to learn
# a language from, and judged on those twenty nobody would see it.
#
# ## Pairs that were not learnt
#
# Two thousand pairs of at most ten French words, a wider GRU that reads them from both ends, and scores that
# are dot products. Whatever also stands in training is taken out of the test pairs first.

# %%
short = {name: [pair for pair in part if len(pair.source.split()) <= 10] for name, part in pairs.items()}
learnt = {pair.source for pair in short["train"]}
test = [pair for pair in dict.fromkeys(short["test"]) if pair.source not in learnt]
print(f"{len(learnt)} to learn from, {len(test)} of {len(short['test'])} to be judged on")
looking = {"attention": "dot", "input_feeding": False, "width": 96, "dropout": 0.0, "label_smoothing": 0.0}
pace = {"learning_rate": 0.01, "warmup": 30, "batch_tokens": 256, "epochs": 5, "valid_bleu": 0}
settings = {"preset": "rnn", "tokenizer": "regex", "joint": False, **looking, **pace}
translator = trained("held-out", short["train"], short["valid"], **settings)
found = [best[0] for best in translator.translate(pair.source for pair in test)]
for measured in Scorer(("bleu",), language="en").measure(
    [each.text for each in found], [[pair.target for pair in test]]
):
    low, high = measured.interval
    print(f"{measured.name} {measured.score:.1f} ({low:.1f} to {high:.1f})  {measured.signature}")
for pair, each in list(zip(test, found, strict=True))[:4]:
    print(f"{pair.source} -> {each.text}")

# %% [markdown]
# ## Where it looked
#
# Each row is an English word at the moment it was chosen; its weights over the French words sum to one. A
# short sentence in a batch with a longer one is filled up, and nothing looks at what it is filled with.

# %%
network, sides = translator.network, translator.sides
source = SourceBatch.of(sides.encode_source(["Elle lit.", "Il fait souvent froid en hiver."]), [0, 1])
decoding = network.decoding(source)
_, state = decoding.step(torch.tensor([END, END]), decoding.start(2))
for weights, length in zip(decoding.attention(state), source.lengths.tolist(), strict=True):
    print(f"sum {weights.sum():.6f}, beyond the {length} real steps {weights[length:].sum():.1f}")

# %%
right = [pair for pair, each in zip(test, found, strict=True) if each.text == pair.target]
shown = max(right, key=lambda pair: len(pair.source))
((best,),) = translator.translate([shown.source], TranslationDecoding(attention=True))
figure, axes = plt.subplots(figsize=(5, 4), layout="constrained")
axes.imshow(best.attention, cmap="Greys", vmin=0, vmax=1)
axes.set_xticks(range(len(best.source_tokens) + 1), [*best.source_tokens, "</s>"], rotation=90)
axes.set_yticks(range(len(best.tokens)), best.tokens)
axes.set_title(shown.source, fontsize="medium")
plt.show()

# %% [markdown]
# ## Padding changes nothing
#
# The loss of a pair is the same alone and in a batch with longer ones.

# %%
few = [
    sides.encode_source(pair.source for pair in test[:64]),
    sides.encode_target(pair.target for pair in test[:64]),
]
together = next(iter(PairBatches(*few, end=END, batch_size=64)))


def losses(batch, forced=None):
    ids, lengths, inputs, targets = map(torch.from_numpy, batch[:4])
    with torch.no_grad():
        features = network(SourceBatch(ids, lengths), inputs, forced=forced)
        nats = -network.output.log_probs(features).gather(2, targets.clamp(min=0)[..., None])[..., 0]
    return (nats * (targets >= 0)).sum(dim=1)


alone = torch.cat([losses(together.part(row, 64)) for row in range(64)])
print("largest difference", (losses(together) - alone).abs().max().item(), "of", alone.max().item())

# %% [markdown]
# ## Teacher forcing
#
# In training the decoder always reads the true word before, in translating its own. With a ratio below 1 it
# reads its own in training, too, now and then (`--teacher-forcing`). How much worse are predictions when the
# words before are its own?

# %%
shape = together.inputs.shape
torch.manual_seed(1)
for ratio in (1.0, 0.75, 0.5, 0.0):
    forced = torch.rand(shape) < ratio
    forced[:, 0] = True
    total = losses(together, forced).sum() / together.predictions
    print(f"ratio {ratio:4}: {total:.2f} nats for each true word")
