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
# # 3 · n-gram models, from counting to Kneser-Ney
#
# An n-gram model predicts a word from the n-1 words before it, by counting. Almost all of the work is in
# what it says of n-grams that were never counted. Here are the classical answers, one after the other, on
# one text.

# %%
import numpy as np
from matplotlib import pyplot as plt

import textkit_corpora
from textkit.data.encoded import EncodedCorpus
from textkit.data.interned import InternedText
from textkit.lm.counts import NgramCounts
from textkit.lm.language_model import language_model_vocab
from textkit.lm.score import MeasuredText, score
from textkit.text.tokenizers.characters import CharacterTokenizer
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.regular_expression import RegexTokenizer

# %% [markdown]
# ## 1. Counting
#
# Each split of a sample corpus is tokenized; the training split gives the vocabulary, all words of it, as
# KenLM has it; words of other splits that are not in it become `<unk>`. Every line ends with `</s>`, which
# is predicted like a word, and begins with `<s>`, which is not.


# %%
def encoded(corpus, tokenizer):
    texts = {split: InternedText.of(corpus.lines(split), tokenizer) for split in corpus.splits}
    vocab = language_model_vocab(texts["train"].counts())
    return vocab, {split: MeasuredText.of(text, vocab) for split, text in texts.items()}


english, chinese = textkit_corpora.load("prose-en"), textkit_corpora.load("prose-zh")
data = {
    "English words": encoded(english, RegexTokenizer()),
    "Chinese words": encoded(chinese, JiebaTokenizer()),
    "Chinese characters": encoded(chinese, CharacterTokenizer()),
}
counts = {}
for name, (vocab, texts) in data.items():
    counts[name] = NgramCounts.count(texts["train"].corpus, order=5, vocab_size=len(vocab))
    sizes = ", ".join(f"{counts[name].trie.size(k):,}" for k in range(1, 6))
    print(f"{name:19} {len(texts['train'].corpus.ids):7,} tokens; different n-grams, n = 1 to 5: {sizes}")


# %% [markdown]
# The counts lie in tables, one for each order; a row is an n-gram, and its words are asked for when they
# are needed. These are the most frequent.


# %%
def spelled(name, order, rows):
    tokens = (*data[name][0].tokens, "<s>")
    return [" ".join(tokens[i] for i in ids) for ids in counts[name].trie.ngrams(order, rows)]


for name in data:
    print(name)
    for order in (1, 2, 3):
        raw = counts[name].raw[order - 1]
        top = np.argsort(-raw)[:6]
        ngrams = zip(spelled(name, order, top), raw[top].tolist(), strict=True)
        print(f"  {order}:", "   ".join(f"{ngram} ({count:,})" for ngram, count in ngrams))

# %% [markdown]
# ## 2. Zipf's law
#
# Sort n-grams by how often they occur and plot count against rank, both on logarithmic scales: natural
# text gives nearly a straight line, of slope about -1 for words, and flatter ones for longer n-grams.

# %%
figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True)
slopes = {}
for panel, name in zip(axes, data, strict=True):
    for order in (1, 2, 3):
        ranked = np.sort(counts[name].raw[order - 1])[::-1]
        ranked = ranked[ranked > 0]
        panel.loglog(np.arange(1, len(ranked) + 1), ranked, label=f"{order}-grams")
        ranks = np.unique(np.geomspace(10, 1000, 50).astype(int))
        slopes[name, order] = np.polyfit(np.log(ranks), np.log(ranked[ranks - 1]), 1)[0]
    panel.set(title=name, xlabel="rank")
    panel.grid(alpha=0.3)
    panel.legend(fontsize=8)
axes[0].set(ylabel="count")
figure.tight_layout()
plt.show()
for name in data:
    once = [np.mean(counts[name].raw[k - 1][counts[name].raw[k - 1] > 0] == 1) for k in (1, 2, 3)]
    print(
        f"{name:19} slope from rank 10 to 1000:",
        ", ".join(f"{slopes[name, k]:.2f}" for k in (1, 2, 3)),
        "  seen only once:",
        ", ".join(f"{share:.0%}" for share in once),
    )

# %% [markdown]
# The heads look natural: words fall with a slope near -1, pairs and triples less steeply. The tails do not.
# In natural text of this size about half of all words stand there once; these corpora were written by a
# grammar with a closed list of words, so the lines for words drop off at the end, and far fewer words are
# rare. Whatever follows is therefore easier here than in life, and perplexities of real prose are far higher.
#
# ## 3. Relative frequencies, and why they fail
#
# The likeliest model of a text is p(w | h) = c(h w) / c(h). It has probability zero for whatever the text
# did not happen to contain, and one zero makes the perplexity of a held-out text infinite.

# %%
from textkit.lm.smoothing.maximum_likelihood import MaximumLikelihood

vocab, texts = data["English words"]
train, held_out = texts["train"], texts["valid"]
by_order = [counts["English words"].truncated(k) for k in range(1, 6)]


def unseen(model, corpus):
    places = np.arange(len(corpus.ids)) - np.repeat(corpus.offsets[:-1], corpus.lengths)
    longest = np.minimum(model.order, places + 2)  # a line has one <s> before it
    return np.mean((model.ngram_lengths(corpus) < longest) | (corpus.ids == 0))


for order, table in enumerate(by_order, 1):
    model = MaximumLikelihood().estimate(table, vocab)
    print(
        f"order {order}: perplexity of the training text {score(model, train).perplexity:6.1f}, "
        f"held out {score(model, held_out).perplexity}; "
        f"held-out {order}-grams never seen in training {unseen(model, held_out.corpus):5.1%}"
    )

# %% [markdown]
# ## 4. Smoothing
#
# Smoothing takes a little from what was seen for what was not. How much is the question. Good and Turing
# answer it with N(r), the number of n-grams that were seen r times: what was seen r times should count as
# r* = (r + 1) N(r + 1) / N(r), and all that was never seen together as N(1). Where N(r) gets sparse a line
# through it takes its place (Gale and Sampson 1995).

# %%
from textkit.lm.smoothing.good_turing import adjusted_counts, distinct_counts

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6))
for order in (1, 2, 3):
    r, n = distinct_counts(counts["English words"].raw[order - 1])
    left.loglog(r, n, ".", markersize=4, label=f"{order}-grams")
    stars, never, note = adjusted_counts(r, n, order=order)
    right.plot(r[:12], stars[:12], "o-", markersize=4, label=f"{order}-grams")
    print(f"{order}-grams: r* of r = 1 to 5: {stars[:5].round(2)}, all unseen ones: {never:,.0f}")
right.plot([1, 12], [1, 12], "k:", label="r* = r")
left.set(xlabel="r", ylabel="N(r)", title="n-grams that were seen r times")
right.set(xlabel="r", ylabel="r*", title="adjusted counts")
for panel in (left, right):
    panel.grid(alpha=0.3)
    panel.legend(fontsize=8)
figure.tight_layout()
plt.show()

# %% [markdown]
# In natural text N(r) falls along a line, and r* stays a little below r. Here N(r) has a bump around r = 7,
# probably from phrases that the grammar draws with equal chances, and Turing's ratio follows it. For single
# words r* of 1 even exceeds 1: too few of them are rare.
#
# The methods, all estimated from the same tables of counts:
#
# - **add-k**: k more for every word. Nothing else is asked, so long histories waste most of their
#   probability on words that cannot follow.
# - **Good-Turing**: r* for r, and the unseen share N(1) equally.
# - **Katz**: Good-Turing's discounts, and what they free is shared as the shorter history says.
# - **Witten-Bell**: a history that many different words followed leaves more for new ones.
# - **absolute discounting**: the same amount off every count.
# - **Kneser-Ney**: absolute discounting, with shorter histories counted another way (section 5).
# - **modified Kneser-Ney**: three discounts an order, for counts 1, 2 and 3 or more.

# %%
from textkit.lm.smoothing.absolute_discounting import AbsoluteDiscounting
from textkit.lm.smoothing.add_k import AddK
from textkit.lm.smoothing.good_turing import GoodTuring
from textkit.lm.smoothing.katz import Katz
from textkit.lm.smoothing.kneser_ney import KneserNey
from textkit.lm.smoothing.modified_kneser_ney import ModifiedKneserNey
from textkit.lm.smoothing.stupid_backoff import StupidBackoff
from textkit.lm.smoothing.witten_bell import WittenBell

methods = {
    "maximum likelihood": MaximumLikelihood(),
    "add-1": AddK(1.0),
    "add-0.01": AddK(0.01),
    "Good-Turing": GoodTuring(),
    "Katz": Katz(),
    "Witten-Bell": WittenBell(),
    "absolute discounting": AbsoluteDiscounting(),
    "Kneser-Ney": KneserNey(),
    "modified Kneser-Ney": ModifiedKneserNey(),
}
models = {
    name: [method.estimate(table, vocab) for table in by_order]
    for name, method in (methods | {"stupid back-off": StupidBackoff()}).items()
}
perplexities = {
    (name, split): [score(model, text).perplexity for model in models[name]]
    for name in methods
    for split, text in (("training", train), ("held out", held_out))
}
print(f"{'order':22}{'training':>20}{'':20}{'held out':>20}")
print(f"{'':22}" + "".join(f"{order:8}" for order in (*range(1, 6), *range(1, 6))))
for name in methods:
    row = perplexities[name, "training"] + perplexities[name, "held out"]
    print(f"{name:22}" + "".join(f"{value:8.1f}" for value in row))

# %%
figure, axes = plt.subplots(1, 3, figsize=(11, 4.6))
for panel, split in zip(axes, ("training", "held out", "held out"), strict=True):
    for name in methods:
        panel.semilogy(range(1, 6), perplexities[name, split], "o-", markersize=4, label=name)
    panel.set(title=split, xlabel="order", xticks=range(1, 6), ylim=(1, 2000))
    panel.grid(alpha=0.3)
axes[0].set(ylabel="perplexity")
axes[2].set(title="held out, the best of them", xlim=(2.8, 5.2), ylim=(7, 15), yscale="linear")
figure.legend(*axes[0].get_legend_handles_labels(), loc="lower center", ncols=5, fontsize=8)
figure.tight_layout(rect=(0, 0.1, 1, 1))
plt.show()

# %% [markdown]
# The perplexity of the training text says nothing: it is best for maximum likelihood, which is worthless on
# any other text. Held out, add-k and Good-Turing, which ask no shorter history, get worse beyond order 2
# or 3, while at order 4 Good-Turing's training perplexity still falls. The Kneser-Ney models are best at
# every order from 3 on. One discount does better than three here, which is not what Chen and Goodman found
# in natural text.
#
# The order of the methods is much the same in Chinese. Words and characters are different units, so their
# perplexities do not compare; bits per character do, with what it costs to spell unknown words.

# %%
compared = ("Good-Turing", "Katz", "Witten-Bell", "absolute discounting", "Kneser-Ney", "modified Kneser-Ney")
print(f"order 5, held out: perplexity, bits per character\n{'':22}" + "".join(f"{name:>21}" for name in data))
for method in compared:
    row = [
        score(methods[method].estimate(counts[name], words), parts["valid"])
        for name, (words, parts) in data.items()
    ]
    print(f"{method:22}" + "".join(f"{one.perplexity:15.1f}{one.bits_per_character:6.2f}" for one in row))

# %% [markdown]
# ## 5. What is new about Kneser-Ney
#
# "Francisco" is a frequent word, but it only ever follows "San". After any other word it should be
# unlikely, however often it was counted. So Kneser-Ney gives a word, as a shorter history's prediction, not
# its count but the number of different words it was seen after. A pair of words of this text, found by
# looking for equal counts and unequal numbers of left contexts:

# %%
pairs = by_order[1]
raw, contexts = pairs.raw[0][:-1], pairs.adjusted(1)[:-1]
francisco = max(np.flatnonzero(contexts == 1), key=lambda i: raw[i])
other = max(np.flatnonzero(raw == raw[francisco]), key=lambda i: contexts[i])
befores = pairs.trie.prefixes(2)[pairs.trie.words[1] == francisco]
print(f"'{vocab.tokens[francisco]}' only ever follows '{vocab.tokens[befores[0]]}'")
for i in (francisco, other):
    print(f"{vocab.tokens[i]:8} count {raw[i]}, after {contexts[i]} different words")

# %% [markdown]
# What the two models of order 2 make of these words after a name that neither was seen after:

# %%
name = vocab.encode(["Holloway"])[0]
assert pairs.of([name, francisco]) == pairs.of([name, other]) == 0
for method in ("absolute discounting", "Kneser-Ney"):
    probabilities = np.exp(models[method][1].distribution_after(["Holloway"], begin=False))
    given = [f"p({vocab.tokens[i]} | Holloway) = {probabilities[i]:.2e}" for i in (francisco, other)]
    print(f"{method:20}", "   ".join(given))

# %% [markdown]
# ## 6. Do the probabilities sum to one?
#
# A model is a distribution after every history, not only after those it has seen. Take histories of four
# words from the training text, from held-out text, at random, with `<unk>` in them, and the beginning of a
# line, and sum over the whole vocabulary with `<unk>` and `</s>`.

# %%
random = np.random.default_rng(3)


def windows(corpus, many):
    return corpus.ids[random.integers(0, len(corpus.ids) - 4, many)[:, None] + np.arange(4)]


with_unknown = windows(held_out.corpus, 200)
with_unknown[np.arange(200), random.integers(0, 4, 200)] = 0
histories = {
    "training": windows(train.corpus, 200),
    "held out": windows(held_out.corpus, 200),
    "random words": random.integers(2, len(vocab), (200, 4)),
    "with <unk>": with_unknown,
    "line's beginning": np.ones((1, 4), dtype=int),
}


def sums(model, words):
    state = model.start(len(words))
    for column in words.T:
        state = model.trie.advance(state, column, end=1)  # </s> begins a new line
    return np.exp(model.distribution(state)).sum(axis=1)  # (histories, vocabulary)


print(f"{'greatest |sum - 1|':22}", "".join(f"{kind:>18}" for kind in histories))
for name, by_length in models.items():
    columns = [np.abs(sums(by_length[4], words) - 1).max() for words in histories.values()]
    print(f"{name:22}", "".join(f"{column:18.1e}" for column in columns))

# %% [markdown]
# All are distributions but one; what is off in the others is rounding, since the tables keep
# single-precision logarithms. Stupid back-off gives to unseen words without taking anything from seen ones,
# so after histories it knows its sums exceed one; each word of history that it has to give up costs a factor
# of 0.4, so after histories it does not know they are too small. Its numbers are scores, good for ranking,
# and a perplexity made of them would be none.

# %%
for kind, words in histories.items():
    columns = [sums(model, words).mean() for model in models["stupid back-off"]]
    print(f"{kind:17} mean sum, orders 1 to 5:", " ".join(f"{value:.3f}" for value in columns))

# %% [markdown]
# ## 7. The definitions of KenLM
#
# `ModifiedKneserNey` has those of KenLM's estimator, `lmplz`, so that the models are the same: every
# n-gram, to 1e-6 in the logarithm of its probability. What one could also define differently:
#
# - each line has one `<s>` before it, which is part of histories but never predicted, and one `</s>`;
# - n-grams of the highest order, and those that begin with `<s>`, keep their counts; all others count the
#   different words before them, `<s>` being one: their *adjusted* counts;
# - the discounts of an order come from its own counts of adjusted counts, n1 to n4:
#   Y = n1 / (n1 + 2 n2), D(j) = j - (j + 1) Y n(j+1) / n(j) for j = 1, 2, 3, the last for all above;
# - the words alone are interpolated with the uniform 1 / V, V counting `<unk>` and `</s>` too; of that
#   alone `<unk>`, which the text never spells, has its probability.

# %%
from textkit.lm.counts import counts_of_counts

table = by_order[4]
for order, discounts in enumerate(ModifiedKneserNey().discounts(table), 1):
    n = counts_of_counts(table.adjusted(order))
    print(f"order {order}: n1 to n4 {n[1:].tolist()!s:28} D1, D2, D3+ = {discounts[1:].round(4)}")

# %% [markdown]
# One probability by hand, p(baker | the) at order 2: what the count less its discount gives, and the
# history's weight times the probability of the word alone.

# %%
table, model = by_order[1], models["modified Kneser-Ney"][1]
the, baker = vocab.encode(["the", "baker"])
discounts = ModifiedKneserNey().discounts(table)[1]
first, end = table.trie.children(1, np.array([the]))
after_the = table.raw[1][first[0] : end[0]]
freed = discounts[np.minimum(after_the, 3)].sum()
count = table.of([the, baker])
alone = np.exp(model.score(model.null(), "baker")[0])
by_hand = (count - discounts[min(count, 3)]) / after_the.sum() + freed / after_the.sum() * alone
_, state = model.score(model.null(), "the")
print(f"c(the baker) = {count}, c(the) = {after_the.sum()}, p(baker) = {alone:.6f}")
print(f"by hand {by_hand:.7f}, of the model {np.exp(model.score(state, 'baker')[0]):.7f}")

# %% [markdown]
# A small text may have no n-gram with count 3, say; then the formula has nothing to divide by. `lmplz` stops
# there and asks for `--discount_fallback`. Here the usual replacement is taken, and the model says so.

# %%
lines = ["the cat sat", "the cat ran", "a cat sat", "the dog sat"]
few = InternedText.of(lines, str.split)
few_words = language_model_vocab(few.counts())
few_counts = NgramCounts.count(MeasuredText.of(few, few_words).corpus, order=2, vocab_size=len(few_words))
print(*ModifiedKneserNey().estimate(few_counts, few_words).notes, sep="\n")

# %% [markdown]
# ## 8. Smaller models
#
# Most n-grams were seen once and are worth little. Two ways to leave some out: by count, in training, with a
# threshold for each order; or by what the model itself loses (Stolcke 1998), from any finished model.

# %%
from textkit.lm.pruning import prune_entropy


def size(model):
    return sum(model.trie.size(order) for order in range(2, model.order + 1))


table = by_order[3]
curves = {"modified Kneser-Ney, by count": {}}
for prune in ((), (0, 0, 1), (0, 1, 1), (0, 0, 2), (0, 2, 2), (0, 4, 4)):
    model = ModifiedKneserNey(prune=prune).estimate(table, vocab)
    curves["modified Kneser-Ney, by count"][size(model)] = score(model, held_out).perplexity
    print(f"prune={prune!s:10} {size(model):7,} n-grams, perplexity {score(model, held_out).perplexity:5.2f}")
for name in ("modified Kneser-Ney", "Witten-Bell", "Katz"):
    curve = curves[f"{name}, by entropy"] = {}
    for threshold in (0, 1e-6, 3e-6, 1e-5, 3e-5):
        model = prune_entropy(models[name][3], threshold)
        curve[size(model)] = score(model, held_out).perplexity

# %%
figure, axes = plt.subplots(figsize=(7, 3.8))
for name, curve in curves.items():
    axes.plot(list(curve), list(curve.values()), "o-", markersize=4, label=name)
axes.set(xlabel="n-grams of order 2 to 4", ylabel="held-out perplexity", xlim=(12_000, 112_000), ylim=(8, 20))
axes.grid(alpha=0.3)
axes.legend(fontsize=8)
plt.show()

# %% [markdown]
# Kneser-Ney models should be pruned by count. Entropy pruning weighs a history with its probability under
# the model itself, and Kneser-Ney's probabilities of short histories are made for backing off, not for
# this (Chelba et al. 2010): the curve climbs at once. Witten-Bell and Katz lose little until half of the
# n-grams are gone, and where a quarter is left they do no worse than Kneser-Ney pruned by count.
#
# ## 9. Two domains
#
# Much general text and little of the kind that is wanted: 100 everyday sentences in Chinese beside the
# prose. Rather than pouring them together, each gets a model, and held-out text of the wanted kind (50 lines)
# finds their weights, by expectation maximisation. One vocabulary for both, so that perplexities compare.

# %%
from textkit.lm.mixing.mix import mix
from textkit.lm.mixing.weights import tune_weights

everyday = textkit_corpora.load("pairs-en-zh")
wanted = {split: [line for _, line in everyday.rows(split)] for split in ("train", "valid", "test")}


def mixed(sentences):
    domains = [list(chinese.lines("train")), wanted["train"][:sentences]]
    read = [InternedText.of(lines, CharacterTokenizer()) for lines in domains]
    everything = InternedText.of(domains[0] + domains[1], CharacterTokenizer())
    shared = language_model_vocab(everything.counts())

    def text(lines):
        return MeasuredText.of(InternedText.of(lines, CharacterTokenizer()), shared)

    def trained(text):
        ids = MeasuredText.of(text, shared).corpus
        return ModifiedKneserNey().estimate(NgramCounts.count(ids, order=4, vocab_size=len(shared)), shared)

    each = [trained(text) for text in read]
    weights, _ = tune_weights([model.log_probs(text(wanted["valid"][:50]).corpus) for model in each])
    test = text(wanted["test"])
    one = mix(each, weights)  # an n-gram model again
    return weights, [score(model, test).perplexity for model in (*each, trained(everything), one)]


print("sentences  weight of the prose   prose alone  sentences alone  poured together  mixed")
for sentences in (100, 300, 1000):
    weights, (general, own, poured, both) = mixed(sentences)
    print(f"{sentences:9} {weights[0]:20.3f} {general:13.1f} {own:16.1f} {poured:16.1f} {both:6.1f}")

# %% [markdown]
# Poured together, the few sentences drown in the prose. Mixed, they are helped by it where they are few, and
# as they become more its weight goes towards zero.
#
# ## 10. One word at a time, and text
#
# A state remembers what was read; `score` takes it and a word, and gives the word's log probability and the
# next state. `textkit.lm.kenlm_model.Model` has the same under the names of KenLM's Python package.

# %%
model = models["modified Kneser-Ney"][4]
state, total = model.begin(), 0.0
for word in [*RegexTokenizer()("The baker gave the mayor a zebra."), "</s>"]:
    log_prob, state = model.score(state, word)
    total += log_prob
    print(f"{word:8} {np.exp(log_prob):.5f}")
print(f"sum of the logarithms {total:.3f}")
model.full_scores(["said", "the", "zebra"])

# %% [markdown]
# The whole distribution after a history:

# %%
probabilities = np.exp(model.distribution_after(["asked", "the"], begin=False))
likely = np.argsort(-probabilities)[:12]
figure, axes = plt.subplots(figsize=(6, 3.4))
axes.barh([vocab.tokens[i] for i in likely], probabilities[likely])
axes.invert_yaxis()
axes.set(xlabel="probability", title="after 'asked the'")
figure.tight_layout()
plt.show()

# %% [markdown]
# Drawing word after word makes text, the more fluent the longer the history.


# %%
def drawn(model, *, temperature=1.0):
    sampler = model.sampler(temperature=temperature)
    return sampler.sample([1], length=40, rows=1, generator=np.random.default_rng(1), stop=1)[0]


for name in ("modified Kneser-Ney", "Witten-Bell"):
    for order in (1, 2, 3, 5):
        print(f"{name}, {order}:", " ".join(vocab.decode(drawn(models[name][order - 1]))))

# %% [markdown]
# Held out, Kneser-Ney was better than Witten-Bell, yet its text is the less fluent one. It leaves more of the
# probability to words that were not seen after a history: right for judging a new text, but text drawn from
# it gets all those words. Witten-Bell keeps to the training text, and copies much of it:

# %%
for name in ("modified Kneser-Ney", "Witten-Bell"):
    rows = (
        models[name][4].sampler().sample([1], length=40, rows=200, generator=np.random.default_rng(1), stop=1)
    )
    lengths = models[name][4].ngram_lengths(EncodedCorpus.from_sequences(rows))
    print(f"{name}: {np.mean(lengths == 5):.0%} of the words drawn end a 5-gram of the training text")

# %% [markdown]
# A temperature below one keeps closer to what is likely. Characters make Chinese text without a segmenter.

# %%
name = "Chinese characters"
characters = ModifiedKneserNey().estimate(counts[name], data[name][0])
for temperature in (1.0, 0.7, 0.5):
    print(f"{temperature}:", "".join(data[name][0].decode(drawn(characters, temperature=temperature))))
