"""Generated text: the same streamed or whole, with the model's probabilities, for every kind of model."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import torch

from textkit.data.encoded import EncodedCorpus
from textkit.errors import UsageError
from textkit.lm.counts import NgramCounts
from textkit.lm.language_model import END, LanguageModel, language_model_vocab
from textkit.lm.neural import NeuralLanguageModel
from textkit.lm.smoothing.witten_bell import WittenBell
from textkit.models.recurrent import RecurrentNetwork, RecurrentSettings
from textkit.models.transformer import TransformerNetwork, TransformerSettings
from textkit.tasks.language_model.decoding import Decoding
from textkit.tasks.language_model.generation import generate, stream
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.regular_expression import RegexTokenizer

LINES = ["the cat sat , on the mat .", "the dog sat .", "a cat saw the dog ( on a mat )", "the cat saw"]
PIPELINE = Pipeline.of(RegexTokenizer())
WORDS = [line.split() for line in LINES]
VOCAB = language_model_vocab(Counter(word for line in WORDS for word in line))


def ngrams() -> LanguageModel[Any]:
    corpus = EncodedCorpus.from_sequences([*VOCAB.encode(line), VOCAB.id(END)] for line in WORDS)
    return WittenBell().estimate(NgramCounts.count(corpus, order=3, vocab_size=len(VOCAB)), VOCAB)


def recurrent() -> NeuralLanguageModel:
    torch.manual_seed(1)
    network = RecurrentNetwork(RecurrentSettings("lstm", len(VOCAB), embedding=6, hidden=6, tied=True))
    torch.nn.init.normal_(network.embedding.weight)  # tokens that differ in what follows them
    return NeuralLanguageModel(VOCAB, network)


def transformer() -> NeuralLanguageModel:
    torch.manual_seed(1)
    settings = TransformerSettings(len(VOCAB), width=8, layers=1, heads=2, context=64)
    return NeuralLanguageModel(VOCAB, TransformerNetwork(settings))


MODELS = {
    "ngram": ngrams,
    "lstm": recurrent,
    "transformer": transformer,
    "lstm of lines": lambda: replace(recurrent(), context="line"),
    "transformer of lines": lambda: replace(transformer(), context="line"),
}


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> LanguageModel[Any]:
    return MODELS[request.param]()


DECODINGS = [
    Decoding(length=20, seed=3),
    Decoding(length=20, seed=4, one_line=True),
    Decoding(length=20, temperature=0.7, top_k=5, top_p=0.9, repetition_penalty=1.3),
    Decoding(length=20, temperature=0),
    Decoding(length=25, seed=5, stop=("t s", "on", "\n\n")),
]


@pytest.mark.parametrize("decoding", DECODINGS)
def test_streamed_or_whole_the_text_is_the_same(model: LanguageModel[Any], decoding: Decoding) -> None:
    whole = generate(model, PIPELINE, "the cat\nthe", decoding=decoding)[0]
    pieces = list(stream(model, PIPELINE, "the cat\nthe", decoding=decoding))
    assert "".join(pieces) == whole.text
    assert pieces[0] == "the cat\nthe"
    assert len(pieces) > len(whole.tokens) / 2  # as they are drawn
    assert whole == generate(model, PIPELINE, "the cat\nthe", decoding=decoding)[0]
    assert not any(stop in whole.text.removeprefix("the cat\nthe") for stop in decoding.stop)


def scored(model: LanguageModel[Any], tokens: list[str]) -> float:
    """The log probability of tokens after "the", line by line or as one stream, by `log_probs`."""
    lines: list[list[int]] = [[]]
    for token in ["the", *tokens]:
        lines[-1].append(VOCAB.id(token))
        if token == END:
            lines.append([])
    logs = model.log_probs(EncodedCorpus.from_sequences(line for line in lines if line))
    return float(logs[1:].sum())


@pytest.mark.parametrize("beam", [None, 3])
@pytest.mark.parametrize("one_line", [False, True])
def test_probabilities_are_the_models(model: LanguageModel[Any], beam: int | None, one_line: bool) -> None:
    decoding = Decoding(length=6, samples=3, one_line=one_line, beam=beam, seed=2)
    texts = generate(model, PIPELINE, "the", decoding=decoding)
    assert len(texts) == 3
    for text in texts:
        ended = [END] if one_line and len(text.tokens) < 6 else []
        assert text.log_prob == pytest.approx(scored(model, [*text.tokens, *ended]), abs=1e-4)
        assert text.text.startswith("the")
    logs = [text.log_prob for text in texts]
    # The search ranks by what is left without the unknown word, which may differ in the last digits.
    assert beam is None or logs == pytest.approx(sorted(logs, reverse=True), abs=1e-3)


@pytest.mark.parametrize("name", ["lstm of lines", "transformer of lines"])
@pytest.mark.parametrize("beam", [None, 3])
def test_networks_of_lines_forget_the_lines_before(name: str, beam: int | None) -> None:
    model = MODELS[name]()
    decoding = Decoding(length=30, samples=3, beam=beam, seed=2)
    texts = generate(model, PIPELINE, "the", decoding=decoding)
    assert beam or any(END in text.tokens[:-1] for text in texts)  # so that there is something to forget
    after = generate(model, PIPELINE, "a dog sat .\nthe", decoding=decoding)
    assert [text.tokens for text in after] == [text.tokens for text in texts]
    assert [text.log_prob for text in after] == pytest.approx([text.log_prob for text in texts], abs=1e-4)
    assert all(text.text.startswith("a dog sat.\nthe") for text in after)
    for text in texts:
        assert text.log_prob == pytest.approx(scored(model, list(text.tokens)), abs=1e-4)


def test_a_beam_gives_each_text_once_with_its_own_probability(model: LanguageModel[Any]) -> None:
    best = generate(model, PIPELINE, "the", decoding=Decoding(length=6, beam=12))[0]
    decoding = Decoding(length=6, samples=3, beam=12, stop=(best.tokens[1],))
    texts = generate(model, PIPELINE, "the", decoding=decoding)
    assert any(len(text.tokens) < 6 for text in texts)
    for text in texts:
        assert text.log_prob == pytest.approx(scored(model, list(text.tokens)), abs=1e-4)
    assert len({text.text for text in texts}) == len(texts)


def test_a_beam_of_one_is_greedy(model: LanguageModel[Any]) -> None:
    greedy = generate(model, PIPELINE, "a", decoding=Decoding(length=12, temperature=0))[0]
    beam = generate(model, PIPELINE, "a", decoding=Decoding(length=12, beam=1))[0]
    assert (greedy.text, greedy.tokens) == (beam.text, beam.tokens)
    assert greedy.log_prob == pytest.approx(beam.log_prob, abs=1e-4)


def test_wider_beams_find_no_less(model: LanguageModel[Any]) -> None:
    logs = [
        generate(model, PIPELINE, "a", decoding=Decoding(length=4, beam=width))[0].log_prob
        for width in (1, len(VOCAB) ** 3)
    ]
    assert logs[1] >= logs[0] - 1e-6


def test_repetition_is_punished_and_line_ends_are_not(model: LanguageModel[Any]) -> None:
    decoding = Decoding(length=len(VOCAB) - 3, temperature=0, repetition_penalty=1e6)
    text = generate(model, PIPELINE, "the", decoding=decoding)[0]
    words = [token for token in text.tokens if token != END]
    assert len(set(words)) == len(words)
    assert "the" not in words


def test_stop_strings_end_each_text_by_itself(model: LanguageModel[Any]) -> None:
    plain = generate(model, PIPELINE, "the", decoding=Decoding(length=30, samples=4, seed=1))
    stopped = generate(
        model, PIPELINE, "the", decoding=Decoding(length=30, samples=4, seed=1, stop=("at", ")"))
    )
    for before, after in zip(plain, stopped, strict=True):
        found = [before.text.find(stop, 3) for stop in ("at", ")") if stop in before.text[3:]]
        assert after.text == before.text[: min(found, default=None)]
        assert before.tokens[: len(after.tokens)] == after.tokens


def test_threads_are_given_back() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        pieces = stream(recurrent(), PIPELINE, "", decoding=Decoding(length=5))
        list(pieces)
        assert torch.get_num_threads() == 2
        pieces = stream(recurrent(), PIPELINE, "", decoding=Decoding(length=5))
        next(pieces)
        next(pieces)
        assert torch.get_num_threads() == 1
        pieces.close()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"length": 0}, "length and samples must be at least 1, not 0 and 1"),
        ({"temperature": -1.0}, "temperature must be 0 or a positive number, not -1.0"),
        ({"repetition_penalty": 0.0}, "a repetition penalty must be a positive number, not 0.0"),
        ({"stop": ("a", "")}, "a stop string must not be empty"),
        ({"length_penalty": 0.6}, "a length penalty ranks the texts of a beam: give the beam a width"),
        ({"beam": 0}, "a beam needs a width of at least 1, not 0"),
        ({"beam": 2, "samples": 3}, "a beam of 2 gives at most as many texts, not 3"),
        ({"beam": 2, "top_k": 3}, "a beam draws nothing: temperature, top-k and top-p do not go with it"),
        ({"beam": 2, "temperature": 0.5}, "a beam draws nothing"),
        ({"beam": 2, "length_penalty": -1.0}, "the length penalty must be 0 or a positive number, not -1.0"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Decoding(**settings)


def test_only_one_text_can_be_streamed() -> None:
    for settings in ({"samples": 2}, {"beam": 1}):
        with pytest.raises(UsageError, match="only a single sample can be streamed"):
            next(stream(ngrams(), PIPELINE, "", decoding=Decoding(**settings)))
