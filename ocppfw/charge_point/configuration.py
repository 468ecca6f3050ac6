"""Configuration keys of 1.2, 1.5 and 1.6 (1.6 section 9; 1.5 and 1.2 have fewer).

A key whose value nothing here would follow is read-only: a value that was accepted is followed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ocppfw.versions import OcppVersion

MAX_INTEGER = 2**31 - 1

#: What the meters measure, with its unit.
MEASURANDS = {"Energy.Active.Import.Register": "Wh", "Power.Active.Import": "W"}

Check = Callable[[str], str]


def integer(low: int = 0, high: int = MAX_INTEGER) -> Check:
    """A check for whole numbers within limits."""

    def check(value: str) -> str:
        if not re.fullmatch("-?[0-9]{1,10}", value) or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return str(int(value))

    return check


def boolean(value: str) -> str:
    """A check for true and false, in any letter case."""
    if value.lower() not in ("true", "false"):
        raise ValueError("must be true or false")
    return value.lower()


def listed(value: str) -> list[str]:
    """The items of a comma-separated list, each once."""
    names = dict.fromkeys(name.strip() for name in value.split(","))
    return [name for name in names if name]


def measurands(value: str) -> str:
    """A check for a list of what the meters measure (1.6 section 3.16.4)."""
    names = listed(value)
    if not set(names) <= set(MEASURANDS):
        raise ValueError("must name only " + ", ".join(MEASURANDS))
    return ",".join(names)


@dataclass(frozen=True, slots=True)
class Key:
    """What a key is like.

    Attributes:
        value: at the start.
        check: gives the value in its usual form, or raises ValueError; None if it is read-only.
    """

    value: str
    check: Check | None = None


_SAMPLED = "Energy.Active.Import.Register"

_KEYS_1_2 = {
    "HeartBeatInterval": Key("300", integer(low=1)),
    "ConnectionTimeOut": Key("60", integer()),
    "MeterValueSampleInterval": Key("60", integer()),
    "ResetRetries": Key("0", integer()),
}
_KEYS_1_5 = _KEYS_1_2 | {
    "ClockAlignedDataInterval": Key("0"),
    "MeterValuesAlignedData": Key(""),
    "MeterValuesSampledData": Key(_SAMPLED, measurands),
    "StopTxnAlignedData": Key(""),
    "StopTxnSampledData": Key(""),
}
_KEYS_1_6 = {
    "AuthorizeRemoteTxRequests": Key("false", boolean),
    "ClockAlignedDataInterval": Key("0"),
    "ConnectionTimeOut": Key("60", integer()),
    "ConnectorPhaseRotation": Key("Unknown"),
    "GetConfigurationMaxKeys": Key("100"),
    "HeartbeatInterval": Key("300", integer(low=1)),
    "LocalAuthorizeOffline": Key("false", boolean),
    "LocalPreAuthorize": Key("false", boolean),
    "MeterValuesAlignedData": Key(""),
    "MeterValuesSampledData": Key(_SAMPLED, measurands),
    "MeterValueSampleInterval": Key("60", integer()),
    "ResetRetries": Key("0", integer()),
    "StopTransactionOnEVSideDisconnect": Key("true"),
    "StopTransactionOnInvalidId": Key("true"),
    "StopTxnAlignedData": Key(""),
    "StopTxnSampledData": Key(""),
    "SupportedFeatureProfiles": Key("Core,RemoteTrigger"),
    "TransactionMessageAttempts": Key("1"),
    "TransactionMessageRetryInterval": Key("0"),
    "UnlockConnectorOnEVSideDisconnect": Key("true"),
}
_KEYS = {
    OcppVersion.V1_2: _KEYS_1_2,
    OcppVersion.V1_5: _KEYS_1_5,
    OcppVersion.V1_6: _KEYS_1_6,
}


class ConfigurationKeys:
    """The configuration of a charge point of 1.x.

    Args:
        version: 1.2, 1.5 or 1.6.
        constants: further keys, which are read-only, with their values.
        changed: called after every change.
    """

    def __init__(
        self, version: OcppVersion, constants: Mapping[str, str], changed: Callable[[], None]
    ) -> None:
        self._keys = _KEYS[version] | {name: Key(value) for name, value in constants.items()}
        self._values = {name: key.value for name, key in self._keys.items()}
        # Key names are case-insensitive (CiString).
        self._names = {name.lower(): name for name in self._keys}
        self._changed = changed

    def read(self, wanted: Iterable[str] = ()) -> tuple[dict[str, tuple[str, bool]], list[str]]:
        """Values of keys, of all keys when none is named (1.6 section 5.8).

        Returns:
            Value, and whether it is read-only, by key; and the names that no key has.
        """
        names = {each: self._names.get(each.lower()) for each in wanted}
        found = [name for name in names.values() if name] if names else list(self._keys)
        known = {name: (self._values[name], self._keys[name].check is None) for name in found}
        return known, [each for each, name in names.items() if name is None]

    def change(self, name: str, value: str) -> str:
        """Change the value of a key (1.6 section 5.3).

        Returns:
            The status to answer: Accepted, Rejected, or NotSupported for an unknown key.
        """
        known = self._names.get(name.lower())
        if known is None:
            return "NotSupported"
        check = self._keys[known].check
        if check is None:
            return "Rejected"
        try:
            self._values[known] = check(value)
        except ValueError:
            return "Rejected"
        self._changed()
        return "Accepted"

    # What behaviours ask for, in every version.

    @property
    def heartbeat_interval(self) -> int:
        """Seconds between heartbeats."""
        return int(self._values[self._names["heartbeatinterval"]])

    @heartbeat_interval.setter
    def heartbeat_interval(self, seconds: int) -> None:
        self._values[self._names["heartbeatinterval"]] = str(int(seconds))
        self._changed()

    @property
    def sample_interval(self) -> int:
        """Seconds between the meter values of a transaction, 0 for none."""
        return int(self._values["MeterValueSampleInterval"])

    @property
    def sampled_measurands(self) -> list[str]:
        """What these meter values hold."""
        return listed(self._values.get("MeterValuesSampledData", _SAMPLED))

    @property
    def authorizes_remote_starts(self) -> bool:
        """True when a remote start asks the central system for authorisation first."""
        return self._values.get("AuthorizeRemoteTxRequests") == "true"
