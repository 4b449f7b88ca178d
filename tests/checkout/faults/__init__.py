"""The fault catalogue: one test for each row, numbered as there, and none left out.

A row that cannot apply is here with its reason; ``test_catalogue`` sees that none is forgotten.
"""

NOT_APPLICABLE = {
    18: "There are no coupons: no price depends on how often something was used.",
    23: "Seats are not limited: a course cannot be sold out.",
}
