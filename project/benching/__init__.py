"""How fast the shop is: a large shop's scratch database, a load, and the table of what came of it.

What is demanded stands in ``rows``. Everything is a ratio to a hello-world that is driven in turns
with the shop's own pages, because absolute numbers mean nothing on machines that are shared.
"""
