"""The endpoints of Stripe's API that the sandbox has, a module for each kind of object."""

from checkout.sandbox.transport import endpoint

unknown_view = endpoint()
