"""The recipe of a run: its settings, those that are not the default marked, its stages and its files."""

from __future__ import annotations

from typing import Any

from textkit.tasks.report.markup import Html, data, tag, words
from textkit.tasks.report.page import Section, folded, listed, paragraph, table
from textkit.tasks.report.record import RunRecord
from textkit.tasks.sweep.plan import show


def facts(record: RunRecord) -> Html:
    """What the run is, in a few lines for the head of the page."""
    document = record.run.document
    model = record.settings.get("model", record.settings.get("preset", ""))
    pairs = [
        ("kind", words(f"{record.kind}" + (f" ({model})" if model else ""))),
        ("recipe", tag("code", data(str(document.get("signature", ""))))),
        ("made with", words(f"textkit {document.get('textkit', 'of an unknown version')}")),
    ]
    if record.best_step is not None:
        last = record.run.info("last")["step"] if record.run.has("last") else record.best_step
        pairs.append(("trained", words(f"{last:,} steps; the model is that of step {record.best_step:,}")))
    return listed([(name, each) for name, each in pairs if each])


def recipe(record: RunRecord) -> Section:
    """Settings, stages and files."""
    rows = [["setting", "value", "default"]]
    changed = []
    for name, value in record.settings.items():
        default = record.defaults.get(name)
        differs = bool(record.defaults) and plain(value) != plain(default)
        if differs:
            changed.append(len(rows))
        rows.append([name, plain(value), plain(default) if differs else ""])
    stages = tag("ol", *(tag("li", tag("code", data(repr(stage)))) for stage in record.run.pipeline().stages))
    files = [["file", "bytes", "sha256"]]
    for name, entry in record.run.document["files"].items():
        size = entry.get("bytes")
        files.append([name, f"{size:,}" if isinstance(size, int) else "", entry["sha256"]])
    told = (
        "Marked: what differs from the default of this kind of model." if changed else "All are the defaults."
    )
    return Section(
        "Recipe",
        (
            paragraph(told, kind="soft"),
            table(rows, best=changed, text=(1, 2)),
            paragraph("From text to tokens, stage by stage:"),
            stages,
            folded(
                f"The {len(files) - 1} files of the run, as its manifest has them", table(files, text=(2,))
            ),
        ),
    )


def plain(value: Any) -> str:
    """As in a file of settings.

    >>> plain(None), plain([1, "x"]), plain(0.5), plain(True)
    ('', '[1, x]', '0.5', 'true')
    """
    if value is None or value == {}:
        return ""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(plain, value))}]"
    return repr(value) if isinstance(value, float) else show(value)
