"""What a person can take along, and what is forgotten of them when they leave."""
