"""Linear classifiers of dense rows: logistic and softmax regression, Gaussians, and units in cascade."""
