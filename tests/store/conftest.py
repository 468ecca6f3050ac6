"""Assertions of the contract say what they have seen, as those of tests do."""

import pytest

pytest.register_assert_rewrite(
    "tests.store.contract", "tests.store.block_contract", "tests.store.history"
)
