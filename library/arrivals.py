"""What other rooms do when somebody comes to their shelf: perhaps a purchase waits for them.

The library knows nothing of purchases, and imports nothing from where they are made; whoever knows
says so when the site starts.
"""

from collections.abc import Callable

from django.http import HttpRequest

from project.accounts.models import User

type Welcome = Callable[[HttpRequest, User], None]

_welcomes: list[Welcome] = []


def on_arrival(welcome: Welcome) -> None:
    """Call ``welcome`` whenever a person comes to their shelf. It must not raise."""
    if welcome not in _welcomes:
        _welcomes.append(welcome)


def arrive(request: HttpRequest, person: User) -> None:
    """Do what there is to do before the person's shelf is looked at."""
    for welcome in _welcomes:
        welcome(request, person)
