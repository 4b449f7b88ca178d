"""The shop to try: its mailbox, its accounts and courses, and the command that runs it.

Installed only while ``DEMO`` is set: whoever can read the mailbox can sign in as anybody.
"""
