"""What is taken away: erasers, erased models, and the proof that a model keeps its report's word."""
