"""What is done to the site from the command line."""
