"""What would make a number reported on labelled texts false: copies, contradictions, leaks, damage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from textkit.tasks.classification.audited import AuditedTexts, Finding
from textkit.tasks.classification.audited_copies import copies_in, overlap
from textkit.tasks.classification.audited_labels import balance, differing_labels, label_order, label_words
from textkit.tasks.classification.audited_text import damage, lengths, telling_lengths

__all__ = ["Audit", "AuditedTexts", "Finding", "audit_texts"]

PERCENTILES = (0, 5, 25, 50, 75, 95, 99, 100)


@dataclass(frozen=True, eq=False)
class Audit:
    """What was found, what matters first; and the plain facts of each file."""

    findings: tuple[Finding, ...]
    files: tuple[dict[str, Any], ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was found that makes a number false."""
        return not any(finding.false for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {
            "sound": self.sound,
            "files": list(self.files),
            "findings": [asdict(finding) for finding in self.findings],
        }


def audit_texts(files: Sequence[AuditedTexts], *, examples: int = 3) -> Audit:
    """Look for what would make a number reported on these files false; two files are two splits of a corpus.

    Each finding comes with up to `examples` places. No classifier is needed, and none is asked.

    >>> texts = AuditedTexts("a.tsv", ("fine", "fine!", "bad"), ("1", "0", "0"), ("1", "2", "3"))
    >>> [(finding.kind, finding.count) for finding in audit_texts([texts]).findings if finding.false]
    [('near copies', 1), ('both labels', 2)]
    """
    found: list[Finding] = []
    for each in files:
        found += _unreadable(each, examples)
        if each.texts:
            found += _alone(each, examples)
    for number, first in enumerate(files):
        for second in files[number + 1 :]:
            if first.texts and second.texts:
                found += overlap(first, second, examples=examples)
                found += differing_labels(first, second)
    found.sort(key=lambda finding: not finding.false)  # stable: else in the order of the files
    return Audit(tuple(found), tuple(facts(each) for each in files))


def _unreadable(file: AuditedTexts, examples: int) -> Iterator[Finding]:
    if file.encoding is not None:
        known = file.encoding != "unknown"
        what = (
            f"is not UTF-8; it seems to be {file.encoding}" if known else "is not UTF-8, nor anything likely"
        )
        remedy = f"convert it: iconv -f {file.encoding} -t UTF-8" if known else "is it text at all?"
        yield Finding(
            "encoding",
            file.name,
            1,
            what,
            f"nothing of it was looked at: read as UTF-8, its texts would be rubbish; {remedy}",
            (),
            false=True,
        )
    if file.faults:
        yield Finding(
            "unreadable records",
            file.name,
            len(file.faults),
            f"{len(file.faults)} records cannot be read",
            "they are missing from every number, if the file can be used at all; mend them",
            tuple(file.faults[:examples]),
            false=True,
        )


def _alone(file: AuditedTexts, examples: int) -> Iterator[Finding]:
    """What one file shows by itself."""
    yield from copies_in(file, examples=examples)
    yield from damage(file, examples=examples)
    if file.labels is not None:
        yield from balance(file)
        yield from label_order(file)
        yield from label_words(file, examples=examples)
    yield from telling_lengths(file)


def facts(file: AuditedTexts) -> dict[str, Any]:
    """Size, labels and lengths of a file. `standard_error` is that of an accuracy of 0.9 measured on it."""
    if not file.texts:
        return {"file": file.name, "texts": 0}
    count = len(file.texts)
    percentiles = np.percentile(lengths(file), PERCENTILES).round().astype(int).tolist()
    found = {
        "file": file.name,
        "texts": count,
        "characters": {str(p): value for p, value in zip(PERCENTILES, percentiles, strict=True)},
        "standard_error": float(np.sqrt(0.09 / count)),
    }
    if file.labels is not None:
        found["labels"] = dict(sorted(file.label_counts().items()))
        found["majority_baseline"] = max(file.label_counts().values()) / count
    return found
