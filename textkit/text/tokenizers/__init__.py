"""Tokenizers, one a module, all speaking the protocol of `textkit.text.tokenizer`."""
