"""Charge point: decides who may charge, and remembers what the central system has said of cards."""

from __future__ import annotations

from ocppfw import hookimpl
from ocppfw.charge_point import charge_point_model

role = "cp"

NAME = "cp_authorization"


@hookimpl
def cp_clear_cache(station):
    """Without a cache there is nothing to clear (1.6 errata 3.23; 2.0.1 C11.FR.04)."""
    model = charge_point_model(station)
    if not model.configuration.uses_cache:
        return {"status": "Rejected"}
    model.authorizer.cache.clear()
    return {"status": "Accepted"}
