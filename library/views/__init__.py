"""The library: what one has, the courses themselves, and taking a seat."""
