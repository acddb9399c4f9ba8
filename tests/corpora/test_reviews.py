"""The review corpus: balance, nothing twice, the same every time, hard enough to tell methods apart."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path

import pytest

from textkit.errors import InputError
from textkit_corpora.grammars.dice import Dice
from textkit_corpora.grammars.reviews_noise import typed
from textkit_corpora.grammars.reviews_writer import Reviewer, subjects
from textkit_corpora.grammars.reviews_zh import CORPUS

SHA256 = "1aa03ac29e9950139716b06e1ecc3994d74153ebb0a7b3d52dfce9496c4ba19e"

Rows = dict[str, list[tuple[str, str]]]


@pytest.fixture(scope="module")
def lines() -> dict[str, list[str]]:
    return dict(CORPUS.generate())


@pytest.fixture(scope="module")
def rows(lines: dict[str, list[str]]) -> Rows:
    return {split: [tuple(line.split("\t")) for line in part] for split, part in lines.items()}


def test_sizes_and_splits(rows: Rows) -> None:
    assert list(rows) == ["train", "dev", "test"]
    assert {split: len(part) for split, part in rows.items()} == {"train": 3200, "dev": 400, "test": 400}


def test_each_line_is_a_label_and_a_text(rows: Rows) -> None:
    for part in rows.values():
        for row in part:
            label, text = row
            assert label in ("0", "1")
            assert 4 <= len(text) <= 124
            assert text == text.strip()
            assert not re.search(r"[\[\]{}|\n]", text)


def test_labels_are_balanced(rows: Rows) -> None:
    for split, part in rows.items():
        share = Counter(label for label, _ in part)["1"] / len(part)
        # Only train has wrong labels, so only there may the balance be off.
        assert abs(share - 0.5) <= (0.01 if split == "train" else 0)


def test_no_text_twice_within_or_across_splits(rows: Rows) -> None:
    texts = [re.sub(r"\W", "", text) for part in rows.values() for _, text in part]
    assert len(set(texts)) == len(texts)


def test_lengths_vary(rows: Rows) -> None:
    lengths = sorted(len(text) for _, text in rows["train"])
    assert lengths[len(lengths) // 20] < 12
    assert lengths[-len(lengths) // 20] > 55


def test_the_same_words_decide_both_ways(rows: Rows) -> None:
    """Words of praise and blame, and the words that turn them over, are common under both labels."""
    for word in ("安静", "吵", "慢", "没有", "一点也不", "但", "不"):
        labels = Counter(label for label, text in rows["train"] if word in text)
        assert min(labels.values()) >= 0.15 * labels.total(), word


def test_made_the_same_every_time(lines: dict[str, list[str]]) -> None:
    text = "\n".join(f"{split}\t{line}" for split, part in lines.items() for line in part)
    assert hashlib.sha256(text.encode()).hexdigest() == SHA256
    assert CORPUS.generate() == lines


def accuracies(rows: Rows, folder: Path, *, longest: int) -> list[float]:
    """Test accuracy of naive Bayes and logistic regression on counts of 1 to `longest` jieba words."""
    import jieba
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import MultinomialNB

    # jieba keeps its cache in the shared temporary folder unless told otherwise.
    words = jieba.Tokenizer()
    words.tmp_dir = str(folder)
    jieba.setLogLevel("ERROR")
    count = CountVectorizer(tokenizer=words.lcut, token_pattern=None, ngram_range=(1, longest))
    known = count.fit_transform([text for _, text in rows["train"]])
    new = count.transform([text for _, text in rows["test"]])
    labels = [[label for label, _ in rows[split]] for split in ("train", "test")]
    models = (MultinomialNB(), LogisticRegression(max_iter=1000))
    return [float(model.fit(known, labels[0]).score(new, labels[1])) for model in models]


def test_counting_words_is_informative_and_not_enough(rows: Rows, tmp_path: Path) -> None:
    counted = accuracies(rows, tmp_path, longest=1)
    assert all(0.78 < accuracy < 0.95 for accuracy in counted), counted
    # Whoever sees neighbouring words does better.
    ordered = accuracies(rows, tmp_path, longest=3)
    assert all(more > less for more, less in zip(ordered, counted, strict=True)), (ordered, counted)
    assert max(ordered) < 0.95


def test_words_kept_from_train_come_up_in_test(rows: Rows) -> None:
    """The fifth fact of each list: none in train, some in test (slips aside)."""
    lists = [
        facts
        for trade in ("product", "hotel")
        for subject in subjects(trade)
        for key, facts in subject.parts.items()
        if key.endswith(("++", "--"))
    ]
    used = "|".join(fact for facts in lists for at, fact in enumerate(facts) if at % 5 != 4)
    kept = [facts[at] for facts in lists for at in range(4, len(facts), 5) if facts[at] not in used]
    found = {
        split: sum(any(fact in text for fact in kept) for _, text in part) for split, part in rows.items()
    }
    assert found["train"] == 0
    assert found["test"] > 20


@pytest.mark.parametrize("side", ["+", "-"])
def test_a_clause_against_the_side_is_marked_by_its_sign(side: str) -> None:
    """A contrast concedes what speaks against the verdict, then gives the reason for it."""
    subject = subjects("hotel")[0]
    other = {"+": "-", "-": "+"}[side]
    reviewer = Reviewer(Dice("contrast"), subject, side=side, held_out=True)
    concession, reason = reviewer._expand("{af!};{bf=}").split(";")
    against = {fact for key, facts in subject.parts.items() if key.endswith(other * 2) for fact in facts}
    reasons = {fact for key, facts in subject.parts.items() if key.endswith(side * 2) for fact in facts}
    assert concession in against
    assert reason in reasons


def test_an_unknown_slot_is_an_error() -> None:
    reviewer = Reviewer(Dice("x"), subjects("hotel")[0], side="+", held_out=False)
    with pytest.raises(InputError, match=r"^reviews_frames.txt: no section \[weather\]; add it or change"):
        reviewer.write("weather")


def test_typing_leaves_no_comma_at_the_end() -> None:
    for seed in range(200):
        text = typed("房间大,床软,早餐凉,", Dice(str(seed)), side="-")
        assert not text.endswith(("，", ","))
        assert text.startswith(("房间大", "房間大"))
