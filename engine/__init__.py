"""Lethe's engine: erase identities from face embeddings and measure what is left."""
