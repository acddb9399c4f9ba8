"""Which columns of a table hold text and label, or source and target, and whether it has a header."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textkit.errors import InputError, UsageError
from textkit_corpora.decoding import missing_field

# What a header is likely to say where a row of data is not.
_HEADINGS = {"category", "class", "comment", "content", "id", "label", "labels", "rating", "review"}
_HEADINGS |= {"sentence", "sentiment", "target", "text", "texts", "title"}
_PAIR_HEADINGS = {"source", "target", "src", "tgt", "trg", "translation", "sentence", "text", "id"}
_PAIR_HEADINGS |= {"ar", "cs", "de", "en", "es", "fi", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "sv"}
_PAIR_HEADINGS |= {"tr", "uk", "vi", "zh", "english", "french", "german", "chinese", "spanish"}
_CHINESE = {"标签", "类别", "分类", "情感", "情感倾向", "极性", "评分", "星级", "序号", "编号"}
_CHINESE |= {"文本", "内容", "正文", "标题", "评论", "评论内容", "评价", "评价内容", "句子"}


@dataclass(frozen=True)
class Columns:
    """The columns by `names`, of which `text` holds texts and `label`, if any, their labels or translations.

    Without a `header` the names are the numbers from 1.
    """

    header: bool
    names: tuple[str, ...]
    text: str
    label: str | None


def check_column_names(
    text: str | None,
    label: str | None,
    *,
    usual: tuple[str, str | None] = ("text", "label"),
    what: str = "the text and its label",
) -> None:
    """Raise UsageError for columns that contradict each other; `usual` are those that were not asked for.

    One named and one numbered do: has the table a header or not? And one column cannot be both.
    """
    if text is not None and label is not None and text.isdecimal() != label.isdecimal():
        raise UsageError(
            f"columns go by name, where there is a header, or by number, where there is none: not '{text}' "
            f"and '{label}'"
        )
    text, label = text or usual[0], label or usual[1]
    if text == label:
        raise UsageError(f"{what} cannot both be in the column '{text}'; name a column for each")


def find_columns(
    first: Sequence[str], *, where: str, text: str | None, label: str | None, labelled: bool
) -> Columns:
    """The columns of a table whose `first` row stands at `where`; `text` and `label` are what was asked for.

    Columns named mean a header, columns numbered mean none. Where neither was asked for, a first row that
    has "text" (and "label", if `labelled`) among its cells is a header, in whatever case. Other tables have
    two columns, label and text, or one, the text. Raises InputError for a table that is neither, and for
    what looks like a header with other names.

    >>> find_columns(["1", "fine"], where="f.tsv:1", text=None, label=None, labelled=True)
    Columns(header=False, names=('1', '2'), text='2', label='1')
    >>> find_columns(["Text", "id", "Label"], where="f.csv:1", text=None, label=None, labelled=True)
    Columns(header=True, names=('Text', 'id', 'Label'), text='Text', label='Label')
    """
    check_column_names(text, label, usual=("text", "label" if labelled else None))
    asked = [name for name in (text, label) if name is not None]
    if any(name.isdecimal() for name in asked):
        return _numbered(len(first), where=where, text=text, label=label, labelled=labelled)
    if asked:
        return _named(first, where=where, text=text or "text", label=label or "label", labelled=labelled)
    small = [cell.strip().lower() for cell in first]
    if "text" in small and ("label" in small or not labelled):
        label = first[small.index("label")] if labelled else None
        return Columns(True, tuple(first), first[small.index("text")], label)
    if (_HEADINGS | _CHINESE).intersection(small) and all(map(_heads, small)):
        wanted = "'text' and 'label'" if labelled else "'text'"
        raise InputError(
            f"{where}: looks like a header without {wanted}; name the columns by --text-column"
            f"{' and --label-column' if labelled else ''} (columns: {', '.join(first)})"
        )
    return _numbered(len(first), where=where, text=None, label=None, labelled=labelled)


def find_pair_columns(first: Sequence[str], *, where: str, source: str | None, target: str | None) -> Columns:
    """The columns, sources as `text` and targets as `label`, of a table whose `first` row stands at `where`.

    Columns named mean a header, columns numbered mean none. Where neither was asked for, a first row that
    has "source" and "target" among its cells is a header; other tables have two columns, source and target.
    Raises InputError for another table, and for what looks like a header with other names.

    >>> find_pair_columns(["un", "one"], where="f.tsv:1", source=None, target=None)
    Columns(header=False, names=('1', '2'), text='1', label='2')
    """
    asked = [name for name in (source, target) if name is not None]
    names = tuple(str(number) for number in range(1, len(first) + 1))
    if asked and not any(name.isdecimal() for name in asked):
        return _named(first, where=where, text=source or "source", label=target or "target", labelled=True)
    small = [cell.strip().lower() for cell in first]
    if not asked and {"source", "target"} <= set(small):
        return Columns(True, tuple(first), *(first[small.index(name)] for name in ("source", "target")))
    remedy = "say which are which by --source-column and --target-column"
    if not asked and len(set(small)) > 1 and _PAIR_HEADINGS.issuperset(small):
        raise InputError(f"{where}: looks like a header; {remedy} (columns: {', '.join(first)})")
    for name in asked:
        if name not in names:
            raise InputError(f"{where}: there is no column {name} (columns: {len(first)})")
    if len(first) == 1:
        raise InputError(f"{where}: has one column, not a source, a tab (in CSV a comma) and its translation")
    if len(first) > 2 and len(asked) < 2:
        raise InputError(f"{where}: has {len(first)} columns and no header; {remedy}")
    source = source or ("2" if target == "1" else "1")
    return Columns(False, names, source, target or ("2" if source == "1" else "1"))


def _heads(cell: str) -> bool:
    """Whether a column may be called so."""
    return cell in _CHINESE or (0 < len(cell) <= 20 and cell.isascii() and not cell.isdecimal())


def _named(first: Sequence[str], *, where: str, text: str, label: str, labelled: bool) -> Columns:
    for name in (text, label) if labelled else (text,):
        if name not in first:
            raise missing_field(where, name, first)
    return Columns(True, tuple(first), text, label if labelled else None)


def _numbered(count: int, *, where: str, text: str | None, label: str | None, labelled: bool) -> Columns:
    names = tuple(str(number) for number in range(1, count + 1))
    for name in (text, label):
        if name is not None and name not in names:
            raise InputError(f"{where}: there is no column {name} (columns: {count})")
    if labelled and count != 2 and (text is None or label is None):
        if count == 1:
            raise InputError(f"{where}: has one column, not a label, a tab (in CSV a comma) and a text")
        raise InputError(
            f"{where}: has {count} columns and no header with 'text' and 'label'; say which are which by "
            "--text-column and --label-column"
        )
    if not labelled and text is None and count > 2:
        raise InputError(
            f"{where}: has {count} columns and no header with 'text'; say which it is by --text-column"
        )
    if labelled:
        label = label or ("2" if text == "1" else "1")
        text = text or ("2" if label == "1" else "1")
        return Columns(False, names, text, label)
    return Columns(False, names, text or names[-1], None)
