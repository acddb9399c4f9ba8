"""The settings of a classifier, by what they are about."""
