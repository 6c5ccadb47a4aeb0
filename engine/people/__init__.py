"""People who never existed: a renderer, a gallery and the training data of the mini backbone."""
