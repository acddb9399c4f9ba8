"""Ids and batches: encoded corpora, windows over a stream, seeded splits."""
