"""`textkit translate --reference`: how probable given translations are."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from textkit.errors import UsageError
from textkit_cli.record_batches import record_batches
from textkit_corpora.compression import is_standard, split_suffix
from textkit_corpora.pairs import side_by_side
from textkit_corpora.readers import read_lines
from textkit_corpora.tables import kind_of
from textkit_corpora.text_records import open_records
from textkit_corpora.writers import open_output

if TYPE_CHECKING:
    from textkit.tasks.translation.decoding import TranslationDecoding
    from textkit.tasks.translation.saved import SavedTranslator


# Of settings that go by another name.
_OPTIONS = {"attention": "--attention and --alignments"}


def check_scoring(decoding: TranslationDecoding) -> None:
    """Raise UsageError for a setting of translating, which --reference does not do."""
    for setting in dataclasses.fields(decoding):
        if getattr(decoding, setting.name) != setting.default:
            option = _OPTIONS.get(setting.name, f"--{setting.name.replace('_', '-')}")
            raise UsageError(f"--reference does not translate: leave out {option}")


def write_scores(
    saved: SavedTranslator,
    file: str,
    reference: str,
    output: str | None,
    *,
    column: str | None,
    form: str | None,
    errors: str,
) -> None:
    """A line for each pair: log probability and number of tokens, or a JSON object with those of each token.

    `file` is read as for translating, `reference` as lines.

    Raises InputError when the files have different numbers of lines, UsageError for other forms and for
    an ensemble or a language model, which have no single probability to tell.
    """
    if form is None and output and not is_standard(output):
        form = "jsonl" if split_suffix(output)[0] in (".jsonl", ".ndjson") else None
    if form not in (None, "text", "jsonl"):
        raise UsageError(f"--reference writes text or jsonl, not {form}")
    if kind_of(reference) != "text":
        raise UsageError(f"--reference {reference}: is read as lines; write the translations to a text file")
    if saved.others or saved.language_model is not None:
        raise UsageError("--reference is for one translator: leave out --ensemble and --lm")
    with open_records(file, text_column=column, errors=errors) as records, open_output(output) as out:
        sources = (text for batch in record_batches(records, 1) for text in batch.texts)
        targets = read_lines(reference, field=None, errors=errors)
        pairs = side_by_side((file, sources), (reference, targets))
        for scored in saved.score((pair.source, pair.target) for pair in pairs):
            if form == "jsonl":
                line = {
                    "log_prob": scored.log_prob,
                    "perplexity": scored.perplexity,
                    "tokens": scored.tokens,
                    "token_log_probs": scored.token_log_probs,
                }
                print(json.dumps(line, ensure_ascii=False), file=out)
            else:
                print(f"{scored.log_prob:.6f}\t{len(scored.token_log_probs)}", file=out)
