"""What the library leaves to the worker: gifts whose day has come."""

from library.invitations import send_gifts

__all__ = ["send_gifts"]
