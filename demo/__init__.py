"""Lethe's page: all that a person sees, and no maths."""
