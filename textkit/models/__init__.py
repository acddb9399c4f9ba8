"""The shared model subpackage: tensors in, tensors out; no text, no files.

In the order of the course: `regression`, `classification`, `perceptrons`, `autodiff`, `optimizers` and
`schedules`, `convolution`, `shift`; networks over ids: `recurrent`, `transformer`, `classifiers`, `tagger`
and `crf`, `translators`; what is quick on sparse rows: `linear`; and pictures of any of them: `graph`.
"""
