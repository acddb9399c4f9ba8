"""`textkit translate --reference`: how probable given translations are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from textkit.errors import UsageError
from textkit_corpora.compression import is_standard, split_suffix
from textkit_corpora.pairs import read_pairs
from textkit_corpora.writers import open_output

if TYPE_CHECKING:
    from textkit.tasks.translation.saved import SavedTranslator


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

    Raises InputError when the files have different numbers of lines, UsageError for other forms and for
    an ensemble or a language model, which have no single probability to tell.
    """
    if form is None and output and not is_standard(output):
        form = "jsonl" if split_suffix(output)[0] in (".jsonl", ".ndjson") else None
    if form not in (None, "text", "jsonl"):
        raise UsageError(f"--reference writes text or jsonl, not {form}")
    if saved.others or saved.language_model is not None:
        raise UsageError("--reference is for one translator: leave out --ensemble and --lm")
    records = read_pairs(file, reference, source_column=column, errors=errors)
    pairs = ((record.source, record.target) for record in records)
    with open_output(output) as out:
        for scored in saved.score(pairs):
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
