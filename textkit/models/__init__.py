"""The shared model subpackage: tensors in, tensors out; no text, no files."""
