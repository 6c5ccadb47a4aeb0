"""Fresh classifiers on frozen features, from the plain to the bent; who asks them is above."""
