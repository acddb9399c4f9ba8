"""jieba's tokenizer: modes, places, user dictionaries and how they stay apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.errors import InputError, UsageError
from textkit.text.tokenizers import jieba_dictionary
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.jieba_dictionary import jieba_package
from textkit.text.tokenizers.jieba_unknown import unknown_words

PIECES = [
    "中国",
    "科学院",
    "大",
    "学",
    "生",
    "的",
    "T恤",
    "AA制",
    "卡拉OK",
    "龘",
    "ab",
    "1",
    "2.5%",
    "，",
    " ",
    "\t",
    "\r\n",
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=2), max_size=12).map("".join)
SENTENCE = "小明硕士毕业于中国科学院计算所"


def test_modes():
    assert " ".join(JiebaTokenizer()(SENTENCE)) == "小明 硕士 毕业 于 中国科学院 计算所"
    assert " ".join(JiebaTokenizer(mode="search")(SENTENCE)) == (
        "小明 硕士 毕业 于 中国 科学 学院 科学院 中国科学院 计算 计算所"
    )
    assert " ".join(JiebaTokenizer(mode="full")("我来到清华大学")) == "我 来到 清华 清华大学 华大 大学"


def test_the_hidden_markov_model_finds_unknown_words():
    assert "杭研" in JiebaTokenizer()("他来到了网易杭研大厦")
    assert "杭研" not in JiebaTokenizer(hmm=False)("他来到了网易杭研大厦")


@given(text=TEXTS)
def test_places_spell_the_tokens(text):
    for mode in ("accurate", "full", "search"):
        tokenizer = JiebaTokenizer(mode=mode)
        tokens = tokenizer.offsets(text)
        assert [token.text for token in tokens] == tokenizer(text)
        assert all(text[token.start : token.end] == token.text for token in tokens)


@given(text=TEXTS)
def test_detokenize_is_exact(text):
    for tokenizer in (JiebaTokenizer(), JiebaTokenizer(hmm=False), JiebaTokenizer(mode="search")):
        assert tokenizer.detokenize(tokenizer(text)) == text


def test_full_mode_is_no_text():
    with pytest.raises(
        UsageError, match="full mode repeats characters, so its tokens are no text; use mode accurate"
    ):
        JiebaTokenizer(mode="full").detokenize(["清华", "清华大学"])


def test_an_unknown_mode_names_the_nearest():
    with pytest.raises(UsageError, match=r"unknown jieba mode 'serch': did you mean 'search'\?"):
        JiebaTokenizer(mode="serch")


@given(run=st.text("的了杭研龘饕餮一二三ab1.%", min_size=1, max_size=12))
def test_unknown_words_are_those_of_the_package(run):
    assert list(unknown_words(run)) == list(jieba_package().finalseg.cut(run))


def test_a_run_of_any_length():
    # jieba's own search is quadratic here: minutes.
    assert "".join(JiebaTokenizer()("饕" * 200_000)) == "饕" * 200_000


def test_a_user_dictionary_concerns_its_tokenizer_alone():
    plain, extended = JiebaTokenizer(), JiebaTokenizer(user_dictionary="云计算工程师\n创新办 3 i\n".encode())
    text = "李小福是创新办主任，也是云计算工程师"
    assert "创新办" in extended(text)
    assert "云计算工程师" in extended(text)
    assert "创新办" not in plain(text)
    assert "云计算工程师" not in plain(text)


def test_a_user_dictionary_does_what_the_package_does(tmp_path):
    entries = [
        "云计算 5",
        "李小福 2 nr",
        "创新办 3 i",
        "easy_install 3 eng",
        "好用 300",
        "八一双鹿",
        "台中",
        "石墨烯 n",
        "Edu Trust认证 2000",
        "a 5 b 7 n",
    ]
    content = "\n".join(entries)
    path = tmp_path / "words.txt"
    path.write_text(content, encoding="utf-8")
    peer = jieba_package().Tokenizer()
    peer.tmp_dir = str(tmp_path)  # its cache stays out of the shared folder
    with path.open("rb") as file:
        peer.load_userdict(file)
    text = "李小福是创新办主任也是云计算方面的专家;「台中」不會被切開，八一双鹿的石墨烯很好用 easy_install"
    text += " Edu Trust认证"
    for hmm in (True, False):
        tokenizer = JiebaTokenizer.with_user_dictionary(path, hmm=hmm)
        assert tokenizer(text) == list(peer.cut(text, HMM=hmm))
        search = JiebaTokenizer(mode="search", hmm=hmm, user_dictionary=content.encode())
        assert search(text) == list(peer.cut_for_search(text, HMM=hmm))
        assert tokenizer.batch([text]).lists() == [tokenizer(text)]
    ours = jieba_dictionary.segmenter(content.encode())[0]
    assert (ours.FREQ, ours.total) == (peer.FREQ, peer.total)


def test_a_word_of_frequency_zero_is_forbidden_here_only():
    text = "他来到了网易杭研大厦"
    forbidding = JiebaTokenizer(user_dictionary="杭研 0\n".encode())
    assert forbidding(text)[4:6] == ["杭", "研"]
    assert "杭研" in JiebaTokenizer()(text)
    assert not jieba_package().finalseg.Force_Split_Words


def test_byte_order_mark_crlf_and_blank_lines_are_let_pass():
    content = b"\xef\xbb\xbf" + "云计算工程师 5 n\r\n\r\n创新办\r\n".encode()
    plain = "云计算工程师 5 n\n创新办".encode()
    text = "创新办的云计算工程师"
    assert JiebaTokenizer(user_dictionary=content)(text) == JiebaTokenizer(user_dictionary=plain)(text)
    assert JiebaTokenizer(user_dictionary=content)(text) == ["创新办", "的", "云计算工程师"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("词 3.5", "user dictionary, line 2: needs 'word [frequency] [tag]'"),
        ("词\t5", "line 2: needs 'word [frequency] [tag]' with single spaces"),
        ("词 -5 n", "a whole number and a tag of small letters, not '词 -5 n'"),
        ("词 5 n x", "line 2"),
        ("好 词", "line 2"),
        ("词  5", "line 2"),
        ("词 5 N", "line 2"),
        ("词 " + 5000 * "9", "line 2: needs 'word [frequency] [tag]'"),
    ],
)
def test_a_malformed_line_is_named(line, message):
    with pytest.raises(InputError) as caught:
        JiebaTokenizer(user_dictionary=f"好词 5\n{line}\n".encode())
    assert message in str(caught.value)


@pytest.mark.parametrize("word", ["Edu Trust", "云 n", "云\t", ""])
def test_a_word_that_is_added_holds_no_white_space(word):
    for frequency in (None, 5, 0):
        with pytest.raises(InputError, match="a word is one or more characters, none of them white space"):
            JiebaTokenizer().add_word(word, frequency)


def test_a_dictionary_in_another_encoding_is_named():
    with pytest.raises(InputError, match=r"user dictionary, line 2: not UTF-8 \(byte 1\)"):
        JiebaTokenizer(user_dictionary=b"abc 1\n" + "云计算".encode("gbk"))


def test_a_dictionary_file_is_named(tmp_path):
    path = tmp_path / "words.txt"
    with pytest.raises(InputError, match=r"words\.txt: cannot be read: no such file"):
        JiebaTokenizer.with_user_dictionary(path)
    path.write_bytes(b"a b c d")
    with pytest.raises(InputError, match=r"words\.txt: user dictionary, line 1: needs"):
        JiebaTokenizer.with_user_dictionary(path)


def test_the_repr_is_short():
    assert repr(JiebaTokenizer(hmm=False)) == "JiebaTokenizer(mode='accurate', hmm=False)"
    assert repr(JiebaTokenizer(user_dictionary=b"abc\n" * 1000)) == (
        "JiebaTokenizer(mode='accurate', hmm=True, user_dictionary=#50e7b4ef0ee5)"
    )
