"""What any page may ask of the site."""
