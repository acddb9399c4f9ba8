"""The settings of a language-model run, a file for each part of it; `config` puts them together."""
