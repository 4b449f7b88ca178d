"""One price split over several things."""

from hypothesis import given
from hypothesis import strategies as st

from catalog.pricing import split_price

WEIGHTS = st.dictionaries(st.integers(1, 10_000), st.integers(0, 999_999), min_size=1, max_size=12)
TOTALS = st.integers(0, 99_999_999)


@given(TOTALS, WEIGHTS)
def test_parts_add_up_to_the_price_and_none_is_a_debt(total, weights):
    parts = split_price(total, weights)

    assert parts.keys() == weights.keys()
    assert sum(parts.values()) == total
    assert min(parts.values()) >= 0


@given(TOTALS, WEIGHTS, st.randoms(use_true_random=False))
def test_parts_do_not_depend_on_the_order(total, weights, chance):
    shuffled = list(weights.items())
    chance.shuffle(shuffled)

    assert split_price(total, dict(shuffled)) == split_price(total, weights)


@given(TOTALS, WEIGHTS)
def test_parts_are_within_a_unit_of_their_proportion(total, weights):
    parts, whole = split_price(total, weights), sum(weights.values())

    if whole:
        assert all(abs(parts[key] * whole - total * weights[key]) < whole for key in weights)
    else:
        assert max(parts.values()) - min(parts.values()) <= 1


@given(TOTALS, WEIGHTS)
def test_what_costs_nothing_gets_nothing_unless_all_cost_nothing(total, weights):
    parts = split_price(total, weights)

    if any(weights.values()):
        assert all(parts[key] == 0 for key, weight in weights.items() if weight == 0)


def test_rounding_goes_to_the_largest_remainders():
    assert split_price(100, {1: 1, 2: 1, 3: 1}) == {1: 34, 2: 33, 3: 33}
    assert split_price(9900, {1: 3900, 2: 2900, 3: 5900}) == {1: 3040, 2: 2261, 3: 4599}
