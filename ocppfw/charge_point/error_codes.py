"""What can be broken at a connector: the ChargePointErrorCodes, but NoError."""

from __future__ import annotations

from ocppfw.versions import OcppVersion

_V1_2 = (
    *("ConnectorLockFailure", "HighTemperature", "Mode3Error", "PowerMeterFailure"),
    *("PowerSwitchFailure", "ReaderFailure", "ResetFailure"),
)
_V1_5 = (
    *_V1_2,
    *("GroundFailure", "OverCurrentFailure", "UnderVoltage", "WeakSignal", "OtherError"),
)
_V1_6 = (
    *("ConnectorLockFailure", "EVCommunicationError", "GroundFailure", "HighTemperature"),
    *("InternalError", "LocalListConflict", "OtherError", "OverCurrentFailure", "OverVoltage"),
    *("PowerMeterFailure", "PowerSwitchFailure", "ReaderFailure", "ResetFailure", "UnderVoltage"),
    "WeakSignal",
)
_OLDER = {OcppVersion.V1_2: _V1_2, OcppVersion.V1_5: _V1_5}


def error_codes(version: OcppVersion) -> tuple[str, ...]:
    """The words of a version; in 2.x, which has none, those of 1.6 (section 7.6)."""
    return _OLDER.get(version, _V1_6)
