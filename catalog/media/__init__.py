"""What belongs to a lesson beside its text: its video, with captions, and files to download."""
