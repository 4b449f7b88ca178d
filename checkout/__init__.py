"""How money becomes enrollment."""
