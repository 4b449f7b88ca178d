"""The fault catalogue: one test for each row, numbered as there, and none left out.

A row that cannot apply is here with its reason; ``test_catalogue`` sees that none is forgotten.
"""

from importlib.util import find_spec

NOT_APPLICABLE = {
    18: "There are no coupons: no price depends on how often something was used.",
    23: "Seats are not limited: a course cannot be sold out.",
}

if find_spec("tests.checkout.faults.later_rows"):
    from tests.checkout.faults.later_rows import NOT_APPLICABLE_LATER

    NOT_APPLICABLE |= NOT_APPLICABLE_LATER
