"""The fields that the official SDK's classes declare, read from their annotations."""

import builtins
import inspect
import sys
import typing
from types import NoneType

import stripe
import stripe.checkout
import stripe.radar


class Names(dict):
    """Names of annotations which the SDK imports for type checkers only."""

    def __missing__(self, name):
        for module in (stripe, stripe.checkout, stripe.radar, typing):
            if hasattr(module, name):
                return getattr(module, name)
        if hasattr(builtins, name):
            raise KeyError(name)
        return typing.Any


def fields(cls):
    """Return the declared fields of one of the SDK's classes, with their types."""
    found = {}
    for base in reversed(cls.__mro__):
        if not issubclass(base, stripe.StripeObject) or base is stripe.StripeObject:
            continue
        for name, annotation in inspect.get_annotations(base).items():
            if "ClassVar" not in str(annotation) and not name.startswith("_"):
                found[name] = _evaluated(annotation, base)
    return found


def is_optional(hint):
    return NoneType in typing.get_args(hint)


def nested_classes(hint):
    """Return the SDK's classes inside a type, such as the one in ``Optional[List[X]]``."""
    if inspect.isclass(hint) and issubclass(hint, stripe.StripeObject):
        return [hint]
    return [cls for arg in typing.get_args(hint) for cls in nested_classes(arg)]


def _evaluated(annotation, cls):
    names = Names(vars(cls))
    holder = type("holder", (), {"__annotations__": {"x": annotation}})
    module = vars(sys.modules[cls.__module__])
    return typing.get_type_hints(holder, globalns=module, localns=names)["x"]
