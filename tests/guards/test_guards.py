"""The list of guards is true of the code, so that `make guards` tries every one of them."""

import pytest

from tests.guards.__main__ import ROOT
from tests.guards.guards import GUARDS


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guard_stands_where_the_list_says_exactly_once(guard):
    assert (ROOT / guard.path).read_text().count(guard.text) == 1
    assert guard.without != guard.text
