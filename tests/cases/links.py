"""Versions and transports, and on which of them a case exists."""

from __future__ import annotations

from typing import Any

import pytest

from ocppfw.versions import OcppVersion
from tests.cases.charge_point import Link

V1_2, V1_5, V1_6, *_ = OcppVersion

ALL = [Link(version, soap) for version in (V1_6, V1_5, V1_2) for soap in (False, True)]


def _over(links: list[Link]) -> Any:
    return pytest.mark.parametrize("link", links, ids=str, indirect=True)


#: J S6 S5
from_1_5 = _over([link for link in ALL if link.version is not V1_2])
#: J S6
from_1_6 = _over([link for link in ALL if link.version is V1_6])
#: J
json_1_6 = _over([Link(V1_6, soap=False)])
