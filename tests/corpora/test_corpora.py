"""The sample corpora: the cards tell the truth, and anyone can make the files again."""

from __future__ import annotations

import collections
import hashlib
import re
import shutil
from pathlib import Path

import pytest

import textkit_corpora
from textkit.errors import CheckpointError, InputError, UsageError
from textkit_corpora import Corpus
from textkit_corpora.build import RECIPES, build
from textkit_corpora.corpus import CARD, open_corpus
from textkit_corpora.grammars import chinese, english
from textkit_corpora.grammars.lexicon import words

NAMES = textkit_corpora.available()


@pytest.fixture(params=NAMES)
def corpus(request: pytest.FixtureRequest) -> Corpus:
    return textkit_corpora.load(request.param)


def prose(name: str) -> str:
    corpus = textkit_corpora.load(name)
    return "\n".join(line for split in corpus.splits for line in corpus.lines(split))


def held_out(corpus: Corpus) -> set[str]:
    return set(corpus.splits) - {"train"}


def test_every_recipe_has_its_corpus() -> None:
    assert sorted(recipe.name for recipe in RECIPES) == NAMES
    assert {"prose-en", "prose-zh"} <= set(NAMES)


def test_card_counts_and_digests(corpus: Corpus) -> None:
    corpus.verify()
    assert next(iter(corpus.splits)) == "train"
    for name, split in corpus.splits.items():
        data = corpus.path(name).read_bytes()
        assert (len(data), data.count(b"\n")) == (split.bytes, split.rows)
        assert hashlib.sha256(data).hexdigest() == split.sha256
        assert data.endswith(b"\n")
        assert b"\r" not in data
        assert sum(1 for _ in corpus.lines(name)) == split.rows


def test_card_is_complete_and_honest(corpus: Corpus) -> None:
    card = corpus.card
    texts = (card.title, card.description, card.made, card.task, card.columns, card.format, card.limits)
    assert all(text.strip() for text in texts)
    assert card.languages
    assert card.licence == "MIT"
    assert re.search("grammar|generated", card.made, re.IGNORECASE)


def test_nothing_else_lies_in_the_folder(corpus: Corpus) -> None:
    files = {path.name for path in corpus.folder.iterdir()}
    assert files == {CARD, *(split.file for split in corpus.splits.values())}


def test_no_line_twice_anywhere(corpus: Corpus) -> None:
    parts = [list(corpus.lines(split)) for split in corpus.splits]
    header = corpus.path("train").suffix == ".csv"
    counts = collections.Counter(line for part in parts for line in part[header:])
    assert [line for line, count in counts.items() if count > 1] == []


def test_all_corpora_are_small() -> None:
    loaded = [textkit_corpora.load(name) for name in NAMES]
    assert sum(split.bytes for corpus in loaded for split in corpus.splits.values()) < 4_000_000


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_rebuilding_gives_the_same_bytes(recipe, tmp_path: Path) -> None:
    card = build(recipe, tmp_path)
    shipped = textkit_corpora.load(recipe.name)
    assert card == shipped.card
    assert (tmp_path / CARD).read_bytes() == (shipped.folder / CARD).read_bytes()
    open_corpus(tmp_path).verify()


def test_prose_is_large_and_rich() -> None:
    latin, han = prose("prose-en"), prose("prose-zh")
    assert min(len(latin.encode()), len(han.encode())) > 250_000
    assert len(set(re.findall(r"[a-z]+(?:['-][a-z]+)*", latin.lower()))) >= 2_500
    assert len(set(re.findall(r"[\u4e00-\u9fff]", han))) >= 900


def test_prose_splits_are_ninety_five_five() -> None:
    for name in ("prose-en", "prose-zh"):
        corpus = textkit_corpora.load(name)
        total = sum(split.bytes for split in corpus.splits.values())
        assert set(corpus.splits) == {"train", "valid", "test"}
        for split in held_out(corpus):
            assert 0.04 < corpus.splits[split].bytes / total < 0.06


@pytest.mark.parametrize("name", ["prose-en", "prose-zh"])
def test_prose_has_no_holes(name: str) -> None:
    corpus = textkit_corpora.load(name)
    for split in corpus.splits:
        for line in corpus.lines(split):
            assert not re.search(r"[{}\[\]|*<>/]|  |,,|，，|\.\.|。。", line), line
            assert line[-1] in '.?!"。？！”', line


def test_english_prose_has_good_forms() -> None:
    text = prose("prose-en")
    assert re.findall(r"\b[Aa] [aeio]\w*", text.replace("a one", "")) == []
    assert re.findall(r"\b[Aa]n [^aeiouAEIOU\Wh]\w*", text) == []
    assert re.findall(r"(?m)^[a-z]|(?<!Mr)(?<!Mrs)\. [a-z]", text) == []
    assert not re.search(r"\b(mouses|foots|catched|writed|eated|goed|loafs|stoped|runned)\b", text)


def test_sums_in_the_prose_are_right() -> None:
    value = {english.number(number): number for number in range(101)}
    deals = re.findall(r'"([\w-]+) at ([\w-]+) shillings each makes ([\w-]+),"', prose("prose-en"))
    assert len(deals) > 5
    assert all(value[many.lower()] * value[each] == value[total] for many, each, total in deals)
    value = {chinese.number(number): number for number in range(101)}
    deals = re.findall(r"“(\w)\w，每\w(\w)块，一共(\w+?)块", prose("prose-zh"))
    assert len(deals) > 5
    assert all(value[many] * value[each] == value[total] for many, each, total in deals)


def test_people_keep_their_pronoun() -> None:
    women = {"She", *words("english_world.txt")["people"]["woman"]}
    text = prose("prose-en")
    nouns = re.findall(r"([A-Z]\w+) was an? [\w-]+ (man|woman) who", text)
    pronouns = re.findall(r"([A-Z]\w+) \w+ came to [^.]* the year (s?he) was", text)
    assert min(len(nouns), len(pronouns)) > 5
    assert [name for name, kind in nouns + pronouns if (name in women) != (kind in ("woman", "she"))] == []


def test_chinese_prose_has_no_stray_latin_punctuation() -> None:
    text = prose("prose-zh")
    assert set(re.findall(r"[!-/:-@A-Za-z]", text)) == set()
    assert text.count("“") == text.count("”")


def test_rows_and_records_by_format(corpus: Corpus) -> None:
    suffix = corpus.path("train").suffix
    if suffix == ".jsonl":
        assert all(isinstance(record, dict) for record in corpus.records("train"))
        with pytest.raises(UsageError, match="use records"):
            corpus.rows("train")
        return
    if suffix == ".csv":
        assert len(corpus.table("train")) == corpus.splits["train"].rows - 1
        return
    width = len(next(iter(corpus.rows("train"))))
    assert all(len(row) == width and all(row) for row in corpus.rows("train"))
    with pytest.raises(UsageError, match="use rows"):
        corpus.records("train")


def test_unknown_names_suggest_the_nearest() -> None:
    with pytest.raises(UsageError, match="unknown corpus 'prose-hz': did you mean 'prose-zh'"):
        textkit_corpora.load("prose-hz")
    with pytest.raises(UsageError, match="unknown split of prose-en 'tests': did you mean 'test'"):
        textkit_corpora.load("prose-en").path("tests")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(textkit_corpora.load("prose-en").folder, tmp_path / "copy"))


def test_a_changed_file_is_noticed(copy: Path) -> None:
    (copy / "test.txt").write_bytes(b"another text\n")
    with pytest.raises(CheckpointError, match=r"test\.txt: sha256 is .*, the card says .*reinstall"):
        open_corpus(copy).verify()


def test_a_missing_file_is_noticed(copy: Path) -> None:
    (copy / "valid.txt").unlink()
    with pytest.raises(InputError, match=r"valid\.txt: cannot be read.*reinstall"):
        open_corpus(copy).verify()


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("name = ", "not a corpus card"),
        ("name = 'x'", "not a corpus card .'title'"),
        (None, "cannot be read"),
        ("swap:rows = ->rows = 'many' #", "must have file, rows, bytes and sha256"),
    ],
)
def test_a_damaged_card_is_one_clear_line(copy: Path, card: str | None, message: str) -> None:
    path = copy / CARD
    if card is None:
        path.unlink()
    elif card.startswith("swap:"):
        old, new = card.removeprefix("swap:").split("->")
        path.write_text(path.read_text().replace(old, new))
    else:
        path.write_text(card)
    with pytest.raises((CheckpointError, InputError), match=message) as caught:
        open_corpus(copy)
    assert "\n" not in str(caught.value)
