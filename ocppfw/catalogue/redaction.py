"""Hides the secret fields of payloads before they are shown, stored or exported."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

MASK = "***"

# Actions whose requests or responses may hold a secret, of all versions together.
_ACTIONS = frozenset(
    {
        "ChangeConfiguration",
        "GetConfiguration",
        "GetDiagnostics",
        "GetLog",
        "GetVariables",
        "NotifyEvent",
        "NotifyMonitoringReport",
        "NotifyReport",
        "PublishFirmware",
        "SetNetworkProfile",
        "SetVariables",
        "SignedUpdateFirmware",
        "UpdateFirmware",
    }
)

# Configuration keys and variables: AuthorizationKey (1.6 security whitepaper, section 2),
# BasicAuthPassword and SharedSecret (2.x), and what vendors call by similar names.
_SECRET_NAME = re.compile(r"authorizationkey|password|secret|simpin|vpnkey", re.IGNORECASE)
# Members of SetNetworkProfile.connectionData (2.x part 2, NetworkConnectionProfileType).
_SECRET_MEMBERS = frozenset({"basicAuthPassword", "apnPassword", "simPin", "password"})
# Where the value of a variable or configuration key stands.
_VALUE_MEMBERS = frozenset({"value", "attributeValue", "actualValue"})
# In vpn the member "key" is the shared secret; elsewhere it only names something.
_VPN_MEMBERS = frozenset({"key"})
_USER_INFO = re.compile(r"(://)[^/?#\s]*@")

# No payload of the standard is nested this deep, so nobody misses what lies below.
_DEEPEST = 30


def mentions_secret(text: str) -> bool:
    """True if a text that is not a payload names something secret."""
    return _SECRET_NAME.search(text) is not None or _USER_INFO.search(text) is not None


def redact(action: str | None, payload: Any) -> Any:
    """A payload as it may be shown: secrets are replaced by ``***``.

    Passwords, keys and PINs are secret, and so is the user part of a URL.

    Args:
        action: the action of the call, also for its response; None where it is not known,
            as with a response that stands alone.
        payload: request or response; it need not be valid.

    Returns:
        The payload itself when it holds no secret, else a copy.
    """
    if action is not None and action not in _ACTIONS:
        return payload
    return _redacted(payload, _SECRET_MEMBERS, _DEEPEST)


def _redacted(node: Any, secret: frozenset[str], levels: int) -> Any:
    """The node without secrets.

    Args:
        node: any part of a payload.
        secret: names of the members that are secret in this part.
        levels: how many levels of nesting may still be looked into.
    """
    if isinstance(node, str):
        return _USER_INFO.sub(rf"\g<1>{MASK}@", node) if "://" in node else node
    if not isinstance(node, (dict, list)):
        return node
    if levels == 0:
        return MASK
    if isinstance(node, list):
        items = [_redacted(item, secret, levels - 1) for item in node]
        return items if _differ(items, node) else node
    return _redacted_object(node, secret, levels)


def _redacted_object(node: dict[Any, Any], secret: frozenset[str], levels: int) -> Any:
    if _names_secret(node):
        secret |= _values_of(node)
    copy = {
        name: MASK
        if name in secret
        else _redacted(value, secret | _VPN_MEMBERS if name == "vpn" else secret, levels - 1)
        for name, value in node.items()
    }
    return copy if _differ(copy.values(), node.values()) else node


def _names_secret(node: dict[Any, Any]) -> bool:
    """True for a configuration key or variable whose name tells that its value is secret."""
    variable = node.get("variable")
    names = [variable.get("name")] if isinstance(variable, dict) else []
    names += [value for name, value in node.items() if _is_key(name)]
    return any(_SECRET_NAME.search(str(name)) for name in names)


def _values_of(node: dict[Any, Any]) -> frozenset[str]:
    """The members of a configuration key or variable that may be its value.

    Where there is a key, all other ones but flags such as ``readonly``: odd devices have their
    own names for it.
    """
    if not any(map(_is_key, node)):
        return _VALUE_MEMBERS
    others = {
        name for name, value in node.items() if not (_is_key(name) or isinstance(value, bool))
    }
    return _VALUE_MEMBERS | others


def _is_key(name: Any) -> bool:
    return str(name).lower() == "key"


def _differ(copies: Iterable[Any], originals: Iterable[Any]) -> bool:
    return any(copy is not original for copy, original in zip(copies, originals, strict=True))
