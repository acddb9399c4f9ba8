"""Classifying texts as a task."""
