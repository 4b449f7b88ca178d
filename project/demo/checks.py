"""Warns whoever would put the demo on the internet."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def demo_is_for_trying(app_configs: Sequence[Any] | None, **options: Any) -> list[CheckMessage]:
    """Warn: the demo is only installed while ``DEMO`` is set."""
    return [
        Warning(
            "DEMO is set: anybody can read everybody's mail, and sign in as anybody.",
            hint="Remove DEMO from the environment of a shop that is real.",
            id="demo.W001",
        )
    ]
