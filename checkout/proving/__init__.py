"""The proof: random histories of all that can happen to an order, and what must be true after each.

A history is played against a scratch database, with the real SDK, the real sandbox and the real
views, all in this process. ``manage.py prove`` runs it; nothing else of the shop imports it.
"""
