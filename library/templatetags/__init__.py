"""What templates may ask of the library."""
