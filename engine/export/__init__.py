"""What is taken away: an erased model in its own format."""
