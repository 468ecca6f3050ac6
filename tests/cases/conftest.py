"""The charge point of a case, over every link, or over those that the case exists on."""

from __future__ import annotations

import pytest

from tests.cases.charge_point import ChargePointCase
from tests.cases.links import ALL


@pytest.fixture(params=ALL, ids=str)
def link(request):
    return request.param


@pytest.fixture
def cold(link, clock, logged):
    """A charge point that is not connected yet."""
    case = ChargePointCase(link, clock)
    yield case
    case.end()
    assert logged.faults() == []


@pytest.fixture
def case(cold):
    """A charge point that has booted and was accepted (state B)."""
    cold.boot()
    return cold
