"""Charge point that is run by hand: accepts a Reset, and leaves the reboot to who types."""

from __future__ import annotations

from ocppfw import ChargePoint, hookimpl
from ocppfw.charge_point import Registration, charge_point_model

role = "cp"


@hookimpl(tryfirst=True)
def cp_reset(station: ChargePoint) -> dict[str, str] | None:
    """One that boots by itself (``start_cp --auto``) also reboots by itself."""
    if charge_point_model(station).registration is Registration.UNREGISTERED:
        return {"status": "Accepted"}
    return None
