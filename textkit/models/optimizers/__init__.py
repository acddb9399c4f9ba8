"""Optimisers that torch lacks, one a module."""
