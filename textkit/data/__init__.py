"""Ids, rows and batches: encoded corpora, tables, images, windows over a stream, seeded splits."""
