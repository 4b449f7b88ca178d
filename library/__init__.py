"""Who may study what, and how far they are."""
