"""The server's entry for the rows of webhooks: the shop, and a gateway where all is paid."""

from contextlib import ExitStack

from project.asgi import application

__all__ = ["application"]


def _open_gateway() -> ExitStack:
    # After the shop: they need the settings.
    from checkout.gateways.stripe import answered_by
    from project.benching.paid_gateway import PaidGateway

    stack = ExitStack()
    stack.enter_context(answered_by(PaidGateway()))
    return stack


gateway = _open_gateway()
