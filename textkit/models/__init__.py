"""The shared model subpackage: tensors in, tensors out; no text, no files.

In the order of the course: `regression`, `classification`, `perceptrons`, `autodiff`, `optimizers` and
`schedules`, `convolution`, `shift`; networks over ids: `recurrent`, `transformer`, `text_classifiers`,
`tagger` and `crf`, `translators`; what is quick on sparse rows: `sparse_linear`; pictures of all: `graph`.
"""
