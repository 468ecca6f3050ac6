"""Which configuration keys 1.2, 1.5 and 1.6 have (1.6 section 9.1 with errata 4).

A key whose value nothing here would follow is read-only, but for those that only a person at the
charge point sees: light and wiring.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from ocppfw.charge_point.measurands import REGISTER, measurand_words
from ocppfw.charge_point.template import Template
from ocppfw.charge_point.value_checks import (
    Check,
    boolean,
    integer,
    listed,
    one_or_more_of,
    phase_rotation,
)
from ocppfw.versions import OcppVersion

SECONDS_PER_DAY = 86_400

#: Items that a list may have, where a key ...MaxLength says so.
MOST_MEASURANDS = 20


@dataclass(frozen=True, slots=True)
class Key:
    """What a key is like.

    Attributes:
        value: at the start.
        check: gives the value in its usual form, or raises ValueError; None if it is read-only.
    """

    value: str
    check: Check | None = None


def _number(value: int, low: int = 0, high: int | None = None) -> Key:
    return Key(str(value), integer(low) if high is None else integer(low, high))


def _switch(value: bool) -> Key:
    return Key(str(value).lower(), boolean)


#: Seen only by a person there: the value is kept, and can be read back.
_LIGHT = {"BlinkRepeat": _number(0), "LightIntensity": _number(100, 0, 100)}

_KEYS_1_2 = {
    **_LIGHT,
    "ChargePointId": Key(""),
    "ConnectionTimeOut": _number(60),
    "HeartBeatInterval": _number(300, low=1),
    "MeterValueSampleInterval": _number(60),
    # No contact, lock or reset fails here, so that nothing is tried again.
    "ProximityContactRetries": _number(0),
    "ProximityLockRetries": _number(0),
    "ResetRetries": _number(0),
}


def _lists_of_measurands(version: OcppVersion) -> dict[str, Key]:
    check = one_or_more_of(measurand_words(version))
    return {
        "MeterValuesAlignedData": Key(REGISTER, check),
        "MeterValuesSampledData": Key(REGISTER, check),
        "StopTxnAlignedData": Key("", check),
        "StopTxnSampledData": Key("", check),
    }


_KEYS_1_5 = {
    **_KEYS_1_2,
    **_lists_of_measurands(OcppVersion.V1_5),
    "ClockAlignedDataInterval": _number(0, high=SECONDS_PER_DAY),
}

_KEYS_1_6 = {
    **_LIGHT,
    "AllowOfflineTxForUnknownId": _switch(False),
    "AuthorizationCacheEnabled": _switch(True),
    "AuthorizeRemoteTxRequests": _switch(False),
    "ClockAlignedDataInterval": _number(0, high=SECONDS_PER_DAY),
    "ConnectionTimeOut": _number(60),
    "GetConfigurationMaxKeys": Key("100"),
    "HeartbeatInterval": _number(300, low=1),
    "LocalAuthorizeOffline": _switch(False),
    "LocalPreAuthorize": _switch(False),
    "MaxEnergyOnInvalidId": _number(0),
    **_lists_of_measurands(OcppVersion.V1_6),
    "MeterValuesAlignedDataMaxLength": Key(str(MOST_MEASURANDS)),
    "MeterValuesSampledDataMaxLength": Key(str(MOST_MEASURANDS)),
    "MeterValueSampleInterval": _number(60),
    "MessageTimeout": _number(30, low=1),
    "MinimumStatusDuration": _number(0),
    "ResetRetries": _number(0),  # no reset fails here
    "StopTransactionMaxMeterValues": Key("200"),
    "StopTransactionOnEVSideDisconnect": _switch(True),
    "StopTransactionOnInvalidId": _switch(True),
    "StopTxnAlignedDataMaxLength": Key(str(MOST_MEASURANDS)),
    "StopTxnSampledDataMaxLength": Key(str(MOST_MEASURANDS)),
    "SupportedFeatureProfiles": Key("Core,RemoteTrigger"),
    "SupportedFeatureProfilesMaxLength": Key("2"),
    "TransactionMessageAttempts": _number(3, low=1),
    "TransactionMessageRetryInterval": _number(60),
    "UnlockConnectorOnEVSideDisconnect": _switch(True),
    "WebSocketPingInterval": _number(0),
}

_KEYS = {
    OcppVersion.V1_2: _KEYS_1_2,
    OcppVersion.V1_5: _KEYS_1_5,
    OcppVersion.V1_6: _KEYS_1_6,
}

#: What a charge point does where its version has no key for it: 1.2 and 1.5 start what their
#: list knows (1.2 sections 3.3 and 4.1, the same in 1.5).
ASSUMED = {
    "AllowOfflineTxForUnknownId": "false",
    "AuthorizationCacheEnabled": "true",
    "AuthorizeRemoteTxRequests": "false",
    "ClockAlignedDataInterval": "0",
    "LocalAuthorizeOffline": "true",
    "LocalPreAuthorize": "true",
    "MaxEnergyOnInvalidId": "0",
    "MeterValuesAlignedData": REGISTER,
    "MeterValuesSampledData": REGISTER,
    "MinimumStatusDuration": "0",
    "StopTransactionMaxMeterValues": "200",
    "StopTransactionOnEVSideDisconnect": "true",
    "StopTransactionOnInvalidId": "true",
    "StopTxnAlignedData": "",
    "StopTxnSampledData": "",
    "UnlockConnectorOnEVSideDisconnect": "true",
}


_PROFILES = "SupportedFeatureProfiles"
# Identity, ping interval and feature profiles of a charge point are said otherwise.
_SET_ELSEWHERE = ("ChargePointId", "WebSocketPingInterval", _PROFILES)


class KeySet(dict[str, Key]):
    """Keys by name, and their names in any letter case (CiString)."""

    def __init__(self, keys: Mapping[str, Key]) -> None:
        super().__init__(sorted(keys.items()))
        self._names = {name.lower(): name for name in self}

    def name_of(self, written: str) -> str | None:
        """The name of the key that is meant, None if there is none."""
        return self._names.get(written.lower())


@cache
def keys_of(version: OcppVersion, template: Template) -> KeySet:
    """The keys of a version, as they are when a charge point is new.

    Args:
        version: 1.2, 1.5 or 1.6.
        template: what the charge point is like. Those that are alike share one object. A key that
            only another version has is left out.
    """
    more = _of_connectors(len(template.connectors)) if version is OcppVersion.V1_6 else {}
    keys = KeySet({**_KEYS[version], **more})
    for written, value in template.configuration:
        if name := keys.name_of(written):
            keys[name] = replace(keys[name], value=_usual_form(keys[name], value))
    if _PROFILES in keys:
        offered = (p for p in listed(keys[_PROFILES].value) if template.offers(p, version))
        keys[_PROFILES] = Key(",".join(offered))
    return keys


def known_keys() -> list[str]:
    """The names of the keys that a template may set, of whatever version of 1.x."""
    names = dict.fromkeys(name for keys in _KEYS.values() for name in keys)
    return [name for name in names if name not in _SET_ELSEWHERE]


def check_preset(written: str, value: str) -> None:
    """Raise ValueError with what the value of a key must be, if it cannot have this one."""
    for keys in map(KeySet, _KEYS.values()):
        if name := keys.name_of(written):
            _usual_form(keys[name], value)


def _usual_form(key: Key, value: str) -> str:
    """A value of a template, which a key that is read-only may have, too: a number stays one."""
    check = key.check or (integer(low=1) if key.value.isdigit() else str)
    return check(value)


def _of_connectors(connectors: int) -> dict[str, Key]:
    rotations = ",".join(f"{n}.Unknown" for n in range(1, connectors + 1))
    return {
        # How a person has wired the connectors; what is measured does not depend on it.
        "ConnectorPhaseRotation": Key(rotations, phase_rotation(connectors)),
        "ConnectorPhaseRotationMaxLength": Key(str(connectors + 1)),
        "NumberOfConnectors": Key(str(connectors)),
    }
