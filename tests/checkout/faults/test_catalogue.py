"""No row of the fault catalogue is left out, and none is there twice."""

import re
from collections import Counter
from pathlib import Path

from tests.checkout.faults import NOT_APPLICABLE

ROWS = range(1, 93)


def test_each_row_has_one_test_or_a_reason():
    files = Path(__file__).parent.glob("test_*.py")
    tests = [
        int(number)
        for file in files
        for number in re.findall(r"^def test_fault_(\d\d)_\w+\(", file.read_text(), re.MULTILINE)
    ]

    assert Counter(tests) + Counter(NOT_APPLICABLE.keys()) == Counter(ROWS)
    assert all(reason.endswith(".") for reason in NOT_APPLICABLE.values())
