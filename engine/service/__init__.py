"""What every way to use the engine shares: figures computed once, a gate for heavy work, a stop."""
