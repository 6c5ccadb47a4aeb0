"""Figures at every rank of a projection, quick enough for a slider and a curve."""
