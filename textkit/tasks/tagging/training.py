"""The story of a tagger: from tagged sentences to a run folder that tags text."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from textkit.data.spans import SpanReport, TaggedSentence, well_formed
from textkit.data.splits import split
from textkit.errors import CheckpointError, InputError, UsageError
from textkit.tasks.tagging.config import TaggerConfig
from textkit.tasks.tagging.learning import Watch, make_trainer
from textkit.tasks.tagging.network import Inventory
from textkit.tasks.tagging.saved import KIND, load_config, load_tagger
from textkit.tasks.verification.probe import record_results
from textkit.text import clean
from textkit.text.catalog import make_tokenizer
from textkit.text.tokenizer import Tokenizer
from textkit.train import recipe
from textkit.train.checkpoint import RunFolder
from textkit.train.interrupt import going_on, stop_requests
from textkit.train.lock import alone_in
from textkit.train.log import check_events

Say = Callable[[str], None]
Sentences = Sequence[TaggedSentence]

_COMPARED = 500  # sentences that are tokenized anew, to see whether the tokenizer fits them


def train(
    sentences: Iterable[TaggedSentence],
    config: TaggerConfig,
    *,
    out: Path | str,
    dev: Iterable[TaggedSentence] | None = None,
    test: Iterable[TaggedSentence] | None = None,
    watch: Watch | None = None,
    say: Say | None = None,
) -> dict[str, SpanReport]:
    """Train a tagger on `sentences`, leave everything in the folder `out`, measure it on "dev" and "test".

    `dev` decides when to stop; without it part of the training sentences is held out. Ill-formed tags
    are read as the spans they spell. `watch` sees the progress after each step, `say` gets one-line
    messages. Raises InputError for sentences that cannot be learnt from, CheckpointError when `out` is
    taken, and Interrupted, everything saved, when SIGINT or SIGTERM comes (see `resume`).
    """
    say = say or (lambda _message: None)
    check_events(wanted=config.tensorboard)
    given = {"train": sentences, "dev": dev, "test": test}
    texts = {name: _read(name, each) for name, each in given.items() if each is not None}
    if "dev" not in texts:
        texts["train"], texts["dev"] = _hold_out(texts["train"], config)
        say(f"{len(texts['dev'])} training sentences are held out for validation")
    for name in ("dev", "test"):
        for note in _doubts(name, texts.get(name, []), texts["train"]):
            say(note)
    inventory = Inventory.of(texts["train"], config)
    _known(texts["dev"], inventory)  # refuses what nothing is known of before there is a run
    tokenizer = make_tokenizer(config.tokenizer, config.tokenizer_options)
    if differing := _otherwise_tokenized(texts["train"], tokenizer):
        say(
            f"the tokenizer '{config.tokenizer}' finds other words in {differing:.0%} of the training "
            "sentences than they have; lines of text will be tagged less well than sentences of tokens"
        )
    pipeline = clean.preset(config.clean).then(tokenizer)

    def fill(run: RunFolder) -> None:
        """What a resumed run needs, so that it never depends on the original files."""
        inventory.save(run)
        for name, text in texts.items():
            path = run.path / _file(name)
            path.parent.mkdir(parents=True)
            path.write_text(_to_lines(text), encoding="utf-8")

    run = RunFolder.create(
        out,
        kind=KIND,
        config=config.toml(),
        pipeline=pipeline,
        vocab=inventory.words,
        fill=fill,
        deciding=recipe.of_network(device="cpu"),
    )
    with _alone(run.path):
        return _fit(config, run, texts, watch=watch, say=say)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Around training: no other training is at work in the run, and what stops it says how to go on."""
    with going_on("train-tagger", "--resume", str(path)), alone_in(path):
        yield


def resume(
    path: Path | str, *, epochs: int | None = None, watch: Watch | None = None, say: Say | None = None
) -> dict[str, SpanReport]:
    """Go on with a run that was interrupted, or for more epochs; gives the measures as `train` does.

    The result equals, bit for bit, that of a run that was never interrupted. Raises CheckpointError for
    a run that is damaged, or in which another training is at work.
    """
    if epochs is not None and epochs < 1:
        raise UsageError(f"epochs must be at least 1, not {epochs}")
    load_config(RunFolder.open(path))
    with _alone(Path(path)):
        run = RunFolder.open(path)  # another training may have ended since
        if epochs is not None:
            run.record("epochs", epochs)  # config.toml stays as it was given
        config = load_config(run)
        run.check("data")
        names = [name for name in ("train", "dev", "test") if _file(name) in run.document["files"]]
        if "train" not in names or "dev" not in names:
            raise CheckpointError(f"{run.path / 'data'}: the training sentences are gone; train again")
        texts = {name: _from_lines(run, _file(name)) for name in names}
        return _fit(config, run, texts, watch=watch, say=say or (lambda _message: None))


def _fit(
    config: TaggerConfig, run: RunFolder, texts: dict[str, Sentences], *, watch: Watch | None, say: Say
) -> dict[str, SpanReport]:
    inventory = Inventory.load(run)
    trainer = make_trainer(
        config,
        run,
        inventory,
        train=texts["train"],
        dev=_known(texts["dev"], inventory),
        watch=watch or (lambda _progress, _steps: None),
        say=say,
    )
    if run.has("last"):
        trainer.resume()
    if trainer.done:
        say(f"there is nothing left to train: {trainer.done}")
    with stop_requests() as stop:
        trainer.fit(stop)
    tagger = load_tagger(run)
    held_out = [name for name in texts if name != "train"]
    reports = {name: tagger.evaluate(texts[name]) for name in sorted(held_out)}
    record_results(run, {name: report.as_dict() for name, report in reports.items()}, tagger)
    return reports


def _read(name: str, sentences: Iterable[TaggedSentence]) -> Sentences:
    """Sentences that have tokens, their tags well formed; raises InputError when there are none."""
    read = []
    for number, (tokens, tags) in enumerate(sentences, 1):
        where = f"{name}: sentence {number}"
        if len(tokens) != len(tags):
            raise InputError(f"{where}: has {len(tokens)} tokens and {len(tags)} tags; give a tag for each")
        try:
            mended = well_formed(tags)
        except InputError as error:
            raise InputError(f"{where}: {error}") from error
        if not all(token.strip() for token in tokens):
            raise InputError(f"{where}: a token is empty or white space; leave it out")
        if tokens:
            read.append(TaggedSentence(tuple(tokens), tuple(mended)))
    if not read:
        raise InputError(f"{name}: there is no sentence; give tagged sentences")
    return read


def _hold_out(sentences: Sentences, config: TaggerConfig) -> tuple[Sentences, Sentences]:
    """Training and validation sentences; equal ones stay together."""
    share = {"train": 1 - config.dev_fraction, "dev": config.dev_fraction}
    groups = [sentence.tokens for sentence in sentences]
    parts = split(len(sentences), share, seed=config.seed, groups=groups)
    train, dev = ([sentences[index] for index in parts[name]] for name in ("train", "dev"))
    if not train or not dev:
        raise InputError(
            f"train: {len(sentences)} sentences, {len(set(groups))} of them different, are too few to hold "
            "some out; give more, or a --dev file"
        )
    return train, dev


def _doubts(name: str, sentences: Sentences, train: Sentences) -> Iterable[str]:
    """What would make a measure on `sentences` look better, or worse, than it is."""
    seen = {sentence.tokens for sentence in train}
    repeated = sum(sentence.tokens in seen for sentence in sentences)
    if repeated:
        yield f"{repeated} of {len(sentences)} {name} sentences also stand in the training sentences"
    known = {tag for sentence in train for tag in sentence.tags}
    new = sorted({tag for sentence in sentences for tag in sentence.tags} - known)
    if new:
        yield f"the {name} sentences have tags that the training sentences lack: {', '.join(new)}"


def _otherwise_tokenized(sentences: Sentences, tokenizer: Tokenizer) -> float:
    """The share of the first sentences that, written as text, are not parted into the tokens they have."""
    some = sentences[:_COMPARED]
    found = (tokenizer(tokenizer.detokenize(list(each.tokens))) for each in some)
    differing = sum(
        [token for token in tokens if token.strip()] != list(each.tokens)
        for each, tokens in zip(some, found, strict=True)
    )
    return differing / len(some)


def _known(sentences: Sentences, inventory: Inventory) -> Sentences:
    """Those whose every tag can be learnt: of others there is no loss."""
    known = [each for each in sentences if all(tag in inventory.tags for tag in each.tags)]
    if not known:
        raise InputError("dev: every sentence has a tag that the training sentences lack; give others")
    return known


def _file(name: str) -> str:
    return f"data/{name}/sentences.jsonl"


def _to_lines(sentences: Sentences) -> str:
    return "".join(json.dumps(sentence._asdict(), ensure_ascii=False) + "\n" for sentence in sentences)


def _from_lines(run: RunFolder, name: str) -> Sentences:
    try:
        rows = [json.loads(line) for line in run.read(name).decode("utf-8").split("\n") if line]
        return _read(name, [TaggedSentence(tuple(row["tokens"]), tuple(row["tags"])) for row in rows])
    except (AttributeError, InputError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise CheckpointError(f"{run.path / name}: damaged: not tagged sentences: {error}") from error
