"""When data are no longer what a model learnt from: tests that notice, and weights that correct.

Covariate shift: p(x) changes, p(class | x) does not. Label shift: p(class) changes, p(x | class) does not.
Concept shift: p(class | x) itself changes.
"""
