"""`textkit train-lm`: from lines of text to a language model in a run folder."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from textkit.errors import UsageError
from textkit_cli import options
from textkit_cli.console import say, table
from textkit_cli.training_bar import training_bar

MODELS = ("ngram", "rnn", "gru", "lstm")


def _option(text: str, *, metavar: str | None = None) -> Any:
    return typer.Option(help=text, metavar=metavar, show_default=False)


def command(
    files: options.Files = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="RUN", help="The run folder to make.")
    ] = None,
    model: Annotated[
        str | None, _option("Kind of model.  [default: ngram]", metavar="|".join(MODELS))
    ] = None,
    valid: Annotated[
        str | None,
        _option(
            "Held-out text that decides when to stop.  [default: the last tenth of FILES]", metavar="FILE"
        ),
    ] = None,
    test: Annotated[str | None, _option("Held-out text to report on at the end.", metavar="FILE")] = None,
    config: Annotated[
        str | None, _option("Settings from a file; options override it.", metavar="TOML")
    ] = None,
    resume: Annotated[
        str | None, _option("Go on with an interrupted run, or for more --epochs.", metavar="RUN")
    ] = None,
    unit: Annotated[
        str | None, _option("What is predicted.  [default: word]", metavar="word|char|subword")
    ] = None,
    tokenizer: Annotated[
        str | None, _option("How words are found.  [default: whitespace]", metavar="NAME")
    ] = None,
    tokenizer_option: options.TokenizerOptions = None,
    clean: Annotated[
        str | None, _option("Preset that cleans each line.  [default: none]", metavar="PRESET")
    ] = None,
    min_count: Annotated[
        int | None, _option("Rarer tokens are unknown words.  [default: 1 for n-grams, 2 for networks]")
    ] = None,
    max_vocab: Annotated[int | None, _option("Keep the most frequent tokens only.")] = None,
    pieces: Annotated[int | None, _option("Size of the subword model.  [default: 4000]")] = None,
    subword_type: Annotated[str | None, _option("[default: unigram]", metavar="unigram|bpe")] = None,
    seed: Annotated[int | None, _option("Same seed, same model.  [default: 1]")] = None,
    order: Annotated[int | None, _option("n-gram: words of an n-gram.  [default: 5]")] = None,
    smoothing: Annotated[
        str | None, _option("n-gram: how.  [default: modified-kneser-ney]", metavar="NAME")
    ] = None,
    smoothing_value: Annotated[
        float | None,
        _option("n-gram: k of add-k, weight of jelinek-mercer, discount, alpha of stupid-backoff."),
    ] = None,
    arpa: Annotated[
        str | None, _option("n-gram: write the model as ARPA text too (.gz: packed).", metavar="FILE")
    ] = None,
    sampling: Annotated[str | None, _option("[default: sequential]", metavar="random|sequential")] = None,
    epochs: Annotated[int | None, _option("Passes over the text, at most.  [default: 20]")] = None,
    batch_size: Annotated[int | None, _option("Rows of a minibatch.  [default: 20]")] = None,
    steps: Annotated[int | None, _option("Steps of a window.  [default: 35]")] = None,
    embedding: Annotated[int | None, _option("Width of the embedding.  [default: 256]")] = None,
    hidden: Annotated[int | None, _option("Width of the hidden state.  [default: 256]")] = None,
    layers: Annotated[int | None, _option("Recurrent layers.  [default: 1]")] = None,
    dropout: Annotated[float | None, _option("[default: 0.5]")] = None,
    tied: Annotated[
        bool | None,
        typer.Option("--tied/--untied", help="Share input and output embedding.  [default: tied]"),
    ] = None,
    optimizer: Annotated[str | None, _option("[default: adamw]", metavar="adamw|sgd")] = None,
    learning_rate: Annotated[float | None, _option("[default: 0.003]")] = None,
    clip: Annotated[float | None, _option("Bound of the gradient's norm.  [default: 0.25]")] = None,
    decay: Annotated[
        float | None, _option("Learning rate factor after a worse epoch.  [default: 0.5]")
    ] = None,
    patience: Annotated[int | None, _option("Worse epochs in a row before stopping.  [default: 3]")] = None,
    context: Annotated[str | None, _option("When scoring.  [default: stream]", metavar="stream|line")] = None,
    valid_fraction: Annotated[float | None, _option("Held out without --valid.  [default: 0.1]")] = None,
    log_every: Annotated[int | None, _option("Steps between records in the log.  [default: 20]")] = None,
    save_seconds: Annotated[float | None, _option("Time between saves in an epoch.  [default: 300]")] = None,
    tensorboard: Annotated[
        bool | None, typer.Option("--tensorboard", help="Write TensorBoard events too.")
    ] = None,
    field: options.Field = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Train a language model on FILES, or standard input; a line is a sentence.

    Everything goes to the folder RUN: settings, cleaning, tokenizer, vocabulary, weights, the learning
    curve as PNG and JSON lines. Ctrl-C saves; --resume RUN goes on as if nothing had happened.
    """
    given = {name: value for name, value in locals().items() if value is not None}
    if resume is not None:
        _resume(resume, given)
        return
    from textkit.tasks import language_model

    if output is None:
        raise UsageError("name the run folder to make with --output RUN")
    options.check_folder(output)
    settings = {} if config is None else language_model.read_config(config)
    settings |= {
        name: value
        for name, value in given.items()
        if name in language_model.LanguageModelConfig.model_fields
    }
    if tokenizer_option:
        settings["tokenizer_options"] = options.parse_tokenizer_options(tokenizer_option)
    checked = language_model.make_config(settings, source=config or "options")
    if arpa is not None and checked.model != "ngram":
        raise UsageError("--arpa is for n-gram models")

    def read(name: str | None) -> Any:
        return None if name is None else options.read_all([name], field=field, errors=errors)

    with training_bar(quiet=quiet) as watch:
        scores = language_model.train(
            options.read_all(files, field=field, errors=errors),
            checked,
            out=output,
            valid=read(valid),
            test=read(test),
            watch=watch,
            say=lambda message: say(message, quiet=quiet),
        )
    if arpa is not None:
        language_model.load_model(output).write_arpa(arpa)
    _report(output, scores, quiet=quiet)


def _resume(run: str, given: dict[str, Any]) -> None:
    extra = given.keys() - {"resume", "epochs", "quiet", "errors"}
    if extra:
        name = min(extra).replace("_", "-")
        raise UsageError(f"--resume goes on with the run's own text and settings; leave out '{name}'")
    from textkit.tasks import language_model

    with training_bar(quiet=given["quiet"]) as watch:
        scores = language_model.resume(run, epochs=given.get("epochs"), watch=watch)
    _report(run, scores, quiet=given["quiet"])


def _report(run: str, scores: dict[str, Any], *, quiet: bool) -> None:
    if scores:
        print(table(scores))  # noqa: T201
    say(f"the model is in {run}; try: textkit generate {run}", quiet=quiet)
