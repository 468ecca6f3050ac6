"""Knows one message of a vendor."""

from __future__ import annotations

from typing import Any

from ocppfw import hookimpl

role = "cp"
autoload = False


@hookimpl
def cp_data_transfer(payload: dict[str, Any]) -> dict[str, Any] | None:
    if payload["vendorId"] != "com.example":
        return None  # another plugin may know it
    if payload.get("messageId") != "Ping":
        return {"status": "UnknownMessageId"}
    return {"status": "Accepted", "data": payload.get("data", "")}
