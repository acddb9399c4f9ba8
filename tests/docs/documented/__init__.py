"""Runs what the documentation shows and compares it with what stands there."""
