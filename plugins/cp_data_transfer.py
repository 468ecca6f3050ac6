"""Charge point: knows no messages of vendors; a plugin that knows some answers before this one."""

from __future__ import annotations

from ocppfw import hookimpl

role = "cp"
versions = ("1.5", "1.6", "2.0.1", "2.1")


@hookimpl(trylast=True)
def cp_data_transfer(station, payload):
    """Without data (1.6 section 5.6); the maker of the charge point is known, but no message."""
    own = payload["vendorId"] == station.template.vendor
    return {"status": "UnknownMessageId" if own else "UnknownVendorId"}
