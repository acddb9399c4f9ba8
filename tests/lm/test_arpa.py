r"""ARPA files: what is written is read back; every damage is told with its line."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError, TextkitError, UsageError
from textkit.lm.arpa.writer import read_arpa, write_arpa
from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.catalog import make_smoothing
from textkit.text.vocab import Vocab

LINES = ["a b c", "a b", "", "c c a b", "b a", "a 文字 b", "a b c 文字"]
BACKOFF = ["mle", "jelinek-mercer", "witten-bell", "absolute", "kneser-ney", "modified-kneser-ney"]


def corpus_of(vocab: Vocab, lines: list[str]) -> EncodedCorpus:
    return EncodedCorpus.from_sequences([*vocab.encode(line.split()), 1] for line in lines)


def estimate(name: str, order: int, lines: list[str] = LINES) -> NgramModel:
    vocab = Vocab.build([line.split() for line in lines], specials=("<unk>", "</s>"))
    counts = NgramCounts.count(corpus_of(vocab, lines), order=order, vocab_size=len(vocab))
    return make_smoothing(name).estimate(counts, vocab)


GOOD = """\
# a comment that KenLM allows
\\data\\
ngram 1=5
ngram 2=4
ngram 3=1

\\1-grams:
-1.5\t<unk>\t0
0\t<s>\t-0.25
-0.75\t</s>
-0.5\tb\t-0.5
-1\ta\t-0.125

\\2-grams:
-0.5\t<s> a\t-0.0625
-0.25\ta b\t0.5
-99\ta a
-1\tb </s>

\\3-grams:
-0.1\t<s> a b

\\end\\
"""


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "m.arpa"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("suffix", [".arpa", ".arpa.gz"])
@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("name", BACKOFF)
def test_a_model_survives(name: str, order: int, suffix: str, tmp_path: Path) -> None:
    model = estimate(name, order)
    write_arpa(model, tmp_path / f"m{suffix}")
    restored = read_arpa(tmp_path / f"m{suffix}")
    assert restored.vocab.tokens == model.vocab.tokens
    text = ["a b 文字 zebra a b c", "b b b", "", "zebra"]
    for corpus in (corpus_of(model.vocab, text), corpus_of(model.vocab, LINES)):
        np.testing.assert_allclose(restored.log_probs(corpus), model.log_probs(corpus), rtol=1e-6, atol=1e-6)
        assert np.array_equal(restored.ngram_lengths(corpus), model.ngram_lengths(corpus))
    assert restored.notes == ()


def test_the_text_is_what_the_format_says(tmp_path: Path) -> None:
    vocab = Vocab(("<unk>", "</s>", "a"), (0, 0, 0), specials=2)
    counts = NgramCounts.count(EncodedCorpus.from_sequences([[2, 1], [1]]), order=2, vocab_size=3)
    write_arpa(make_smoothing("mle").estimate(counts, vocab), tmp_path / "m.arpa")
    assert (tmp_path / "m.arpa").read_text(encoding="utf-8") == (
        "\\data\\\nngram 1=4\nngram 2=3\n\n"
        "\\1-grams:\n-99\t<unk>\t0\n0\t<s>\t-99\n-0.17609125\t</s>\t0\n-0.47712126\ta\t-99\n\n"
        "\\2-grams:\n0\ta </s>\n-0.30103\t<s> </s>\n-0.30103\t<s> a\n\n"
        "\\end\\\n"
    )


def test_gzip_holds_neither_name_nor_time(tmp_path: Path) -> None:
    model = estimate("kneser-ney", 3)
    write_arpa(model, tmp_path / "a.gz")
    write_arpa(model, tmp_path / "b.gz")
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()).startswith(b"\\data\\\n")


def test_probabilities_are_read_as_written(tmp_path: Path) -> None:
    model = read_arpa(write(tmp_path, GOOD))
    assert model.vocab.tokens == ("<unk>", "</s>", "b", "a")
    corpus = corpus_of(model.vocab, ["a b", "a a", "b zebra"])
    log10 = [-0.5, -0.1, 0.5 - 1]  # <s> a; <s> a b; "a b" backs off to "b </s>"
    log10 += [-0.5, -np.inf, -0.125 - 0.75]  # <s> a; a a, zero; a </s>
    log10 += [-0.25 - 0.5, -0.5 - 1.5, -0.75]  # <s> b; b <unk>; </s>
    np.testing.assert_allclose(model.log_probs(corpus) / np.log(10), log10)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\t", " "),
        lambda text: "written by hand\n\n" + text,
        lambda text: text.replace("\n\n", "\n"),
        lambda text: text.removesuffix("\n"),
        lambda text: text + "\n\n",
        lambda text: "\ufeff" + text,
        lambda text: "\ufeff" + text.removeprefix("# a comment that KenLM allows\n"),
        lambda text: text.replace("<unk>", "<UNK>"),
    ],
)
def test_other_writers_ways_are_understood(change, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    model, other = read_arpa(write(tmp_path, GOOD)), read_arpa(write(tmp_path, change(GOOD)))
    corpus = corpus_of(model.vocab, ["a b", "b a b", "zebra"])
    assert np.array_equal(model.log_probs(corpus), other.log_probs(corpus))


def test_another_spelling_of_the_unknown_word_is_noted(tmp_path: Path) -> None:
    text = GOOD.replace("-1\tb </s>", "-1\tb <unk>")
    model, other = (read_arpa(write(tmp_path, each)) for each in (text, text.replace("<unk>", "<UNK>")))
    assert (model.notes, other.notes) == ((), ("<UNK> is taken for <unk>, the unknown word",))
    assert model.vocab.tokens == other.vocab.tokens
    corpus = corpus_of(model.vocab, ["b zebra", "a b <UNK>"])
    assert np.array_equal(model.log_probs(corpus), other.log_probs(corpus))
    assert np.isfinite(other.log_probs(corpus)).all()
    both = GOOD.replace("\tb\t", "\t<UNK>\t").replace("\tb ", "\t<UNK> ").replace(" b", " <UNK>")
    both = read_arpa(write(tmp_path, both))
    assert (both.notes, both.vocab.tokens) == ((), ("<unk>", "</s>", "<UNK>", "a"))


def test_a_packed_file_may_begin_with_a_mark_too(tmp_path: Path) -> None:
    (tmp_path / "m.arpa.gz").write_bytes(gzip.compress(("\ufeff" + GOOD).encode()))
    assert read_arpa(tmp_path / "m.arpa.gz").vocab.tokens == ("<unk>", "</s>", "b", "a")


def test_names_of_other_packings_are_refused(tmp_path: Path) -> None:
    model = estimate("kneser-ney", 2)
    for suffix in ("bz2", "xz", "ZST"):
        with pytest.raises(UsageError, match=r"n-grams as text are packed as .gz only; name it m.arpa.gz"):
            write_arpa(model, tmp_path / f"m.arpa.{suffix}")
    assert list(tmp_path.iterdir()) == []
    write_arpa(model, tmp_path / "M.ARPA.GZ")
    assert gzip.decompress((tmp_path / "M.ARPA.GZ").read_bytes()).startswith(b"\\data\\\n")


def test_what_is_missing_is_noted(tmp_path: Path) -> None:
    text = GOOD.replace("-1.5\t<unk>\t0\n", "").replace("ngram 1=5", "ngram 1=4")
    model = read_arpa(write(tmp_path, text.replace("a a\n", "b <s>\n")))
    assert model.notes == (
        "<unk> is not among the 1-grams and has probability zero",
        "order 2: left out 1 with <s> inside, which no text can reach",
    )
    assert model.log_probs(corpus_of(model.vocab, ["zebra"]))[0] == -np.inf
    assert model.trie.size(2) == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\\data\\", "data", ":23: no \\data\\ line: not an ARPA file"),
        ("ngram 2=4", "ngram 3=4", ":4: 'ngram 2=COUNT' is due here, not 'ngram 3=4'"),
        ("ngram 2=4", "ngram 2=x", ":4: 'ngram 2=COUNT' is due here, not 'ngram 2=x'"),
        ("ngram 1=5\nngram 2=4\nngram 3=1\n", "", ":4: \\data\\ must announce how many n-grams there are"),
        ("\\1-grams:", "\\2-grams:", ":7: \\1-grams: is due, not '\\\\2-grams:'"),
        ("ngram 2=4", "ngram 2=3", ":18: \\3-grams: is due after the 3 2-grams that \\data\\ announces, not"),
        ("ngram 2=4", "ngram 2=9", ":19: an entry is a logarithm, 2 words and perhaps a back-off weight, "
         "not '' (entry 5 of the 9 2-grams that \\data\\ announces)"),
        ("ngram 3=1", "ngram 3=2", ":22: an entry is a logarithm, 3 words, not ''"),
        ("\\end\\", "\\fin\\", ":23: \\end\\ is due after the 1 3-grams that \\data\\ announces"),
        ("\\end\\\n", "", ":22: \\end\\ is due"),
        ("-0.1\t<s> a b\n\n\\end\\\n", "", ":20: the file ends after 0 of the 1 3-grams"),
        ("\n\\3-grams:\n-0.1\t<s> a b\n\n\\end\\\n", "",
         ":18: \\3-grams: is due after the 4 2-grams that \\data\\ announces, but the file ends"),
        ("-0.25\ta b\t0.5", "-0.25\ta\t0.5", ":16: the word '0.5' is not among the 1-grams"),
        ("-0.25\ta b\t0.5", "-0.25\ta", ":16: an entry is a logarithm, 2 words and perhaps"),
        ("<s> a b\n", "<s> a b\t0.1\n", ":21: an entry is a logarithm, 3 words, not '-0.1 <s> a b 0.1'"),
        ("-0.25\ta b", "x\ta b", ":16: 'x' is not a number (entry 2 of the 4 2-grams"),
        ("-0.25\ta b", "0.25\ta b", ":16: the logarithm of a probability is at most 0, not 0.25"),
        ("-0.25\ta b", "nan\ta b", ":16: the logarithm of a probability is at most 0, not nan"),
        ("-0.25\ta b", "inf\ta b", ":16: the logarithm of a probability is at most 0, not inf"),
        ("-0.25\ta b", "inf.\ta b", ":16: 'inf.' is not a number"),
        ("-0.25\ta b", ".\ta b", ":16: '.' is not a number"),
        ("-0.25\ta b", "-1e\ta b", ":16: '-1e' is not a number"),
        ("a b\t0.5", "a b\tinf", ":16: a back-off weight is a finite logarithm, not inf"),
        ("a b\t0.5", "a b\t1e39", ":16: a back-off weight is a finite logarithm, not 1e39"),
        ("a b\t0.5", "a b\t0.5\r0", ":16: '0.5\\r0' is not a number"),
        ("ngram 2=4", "ngram 2=999999999999999", ":19: an entry is a logarithm, 2 words and perhaps"),
        ("ngram 2=4", "ngram 2=" + "9" * 5000, ":4: 'ngram 2=COUNT' is due here, not 'ngram 2=9999"),
        ("a b\t0.5", "a z\t0.5", ":16: the word 'z' is not among the 1-grams"),
        ("-1\ta\t", "-1\tb\t", ":12: the word 'b' stands twice among the 1-grams"),
        ("-99\ta a", "-99\ta b", ":17: this 2-gram stands twice"),
        ("<s> a b\n", "b a b\n", ":21: the first 2 words of this entry are not among the 2-grams"),
    ],
)  # fmt: skip
def test_damage_is_told_with_its_line(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(InputError) as caught:
        read_arpa(path)
    assert str(caught.value).startswith(f"{path}{message}"), caught.value
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [(b"-1\ta\t", b"-1\t\xff\t", 12), (b"-0.25\ta b", b"-0.25\ta b\xff", 16), (b"# a", b"\xff", 1)],
)
def test_bytes_that_are_not_utf8(old: bytes, new: bytes, line: int, tmp_path: Path) -> None:
    assert old in GOOD.encode()
    with pytest.raises(InputError, match=f":{line}: not valid UTF-8"):
        read_arpa(write(tmp_path, GOOD.encode().replace(old, new)))


def test_a_truncated_gzip_file(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(GOOD.encode())[:-20])
    with pytest.raises(InputError, match=r"m\.arpa: cannot be read: a damaged or truncated gzip file"):
        read_arpa(path)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.arpa: cannot be read: no such file or directory"):
        read_arpa(tmp_path / "none.arpa")
    with pytest.raises(InputError, match="cannot be read: is a directory"):
        read_arpa(tmp_path)
    with pytest.raises(TextkitError, match="cannot be written"):
        write_arpa(estimate("mle", 2), tmp_path / "none" / "m.arpa")


@pytest.mark.parametrize("name", ["add-k", "stupid-backoff"])
def test_what_is_not_a_backoff_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"m\.arpa: .* cannot be written as ARPA: the format gives an unseen"
    ):
        write_arpa(estimate(name, 2), tmp_path / "m.arpa")
    assert list(tmp_path.iterdir()) == []
    write_arpa(estimate(name, 1), tmp_path / "m.arpa")  # words alone back off to nothing
    assert read_arpa(tmp_path / "m.arpa").order == 1


@pytest.mark.parametrize("word", [" ", "a b", "a\tb", "\n", "", "<s>", "x\0"])
def test_words_that_the_format_cannot_hold(word: str, tmp_path: Path) -> None:
    vocab = Vocab(("<unk>", "</s>", "a", word), (0,) * 4, specials=2)
    counts = NgramCounts.count(EncodedCorpus.from_sequences([[2, 3, 1]]), order=2, vocab_size=4)
    with pytest.raises(UsageError) as caught:
        write_arpa(make_smoothing("kneser-ney").estimate(counts, vocab), tmp_path / "m.arpa")
    assert f"the word {word!r} (id 3) cannot stand in an ARPA file" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


WORD = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\t\n\r "), min_size=1, max_size=3
).filter(lambda word: word != "<s>")


@given(st.lists(WORD, unique=True, max_size=6))
@settings(max_examples=40, deadline=None)
def test_any_other_word_survives(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    vocab = Vocab(("<unk>", "</s>", *words), (0,) * (len(words) + 2), specials=2)
    text = EncodedCorpus.from_sequences([[*range(2, len(vocab)), 1]])
    model = make_smoothing("witten-bell").estimate(
        NgramCounts.count(text, order=2, vocab_size=len(vocab)), vocab
    )
    path = tmp_path_factory.mktemp("arpa") / "m.arpa"
    write_arpa(model, path)
    assert read_arpa(path).vocab.tokens == vocab.tokens
