"""textkit's tokenizers and vocabularies as a `tokenizer.json` for Hugging Face's, where that is exact."""

from textkit.adapters.huggingface.export import convert, export_tokenizer

__all__ = ["convert", "export_tokenizer"]
