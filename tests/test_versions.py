"""What an identity may be."""

from __future__ import annotations

import pytest

from ocppfw.versions import OcppVersion, identity_fault


@pytest.mark.parametrize("identity", ["CP1", "a/b", "ä ö", "x" * 48])
@pytest.mark.parametrize("version", [None, *OcppVersion])
def test_an_identity(version: OcppVersion | None, identity: str) -> None:
    assert identity_fault(identity, version) is None


@pytest.mark.parametrize("version", [None, *OcppVersion])
def test_the_longest_identity(version: OcppVersion | None) -> None:
    limit = 48 if version in (OcppVersion.V2_0_1, OcppVersion.V2_1) else 255
    assert identity_fault("x" * limit, version) is None
    assert identity_fault("x" * (limit + 1), version) == f"must be at most {limit} characters"


@pytest.mark.parametrize("identity", ["a\nb", "\x9b", "CP\u202e01", "\x00"])
def test_characters_that_are_not_seen(identity: str) -> None:
    assert identity_fault(identity) == "must have no control or other invisible characters"


def test_no_identity() -> None:
    assert identity_fault("") == "must not be empty"
