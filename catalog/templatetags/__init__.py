"""What any page may ask of the catalog."""
