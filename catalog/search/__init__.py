"""Finding courses by words."""
