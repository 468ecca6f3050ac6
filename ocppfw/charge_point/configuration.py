"""The configuration of a charge point of 1.2, 1.5 or 1.6: the values of its keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ocppfw.charge_point.configuration_keys import ASSUMED, keys_of
from ocppfw.charge_point.policies import Policies
from ocppfw.charge_point.template import Template
from ocppfw.charge_point.value_checks import listed
from ocppfw.versions import OcppVersion


class ConfigurationKeys(Policies):
    """The configuration of a charge point of 1.x.

    Args:
        version: 1.2, 1.5 or 1.6.
        template: what it is like.
        identity: its name on the wire.
        ping_interval: seconds between its WebSocket pings at the start.
        changed: called after every change.
    """

    def __init__(
        self,
        version: OcppVersion,
        template: Template,
        identity: str,
        ping_interval: float,
        changed: Callable[[], None],
    ) -> None:
        self._keys = keys_of(version, template)
        self._own = (
            {"WebSocketPingInterval": str(int(ping_interval))}
            if version is OcppVersion.V1_6
            else {"ChargePointId": identity}
        )
        self._values: dict[str, str] = {}  # what was set
        self._changed = changed

    def read(self, wanted: Iterable[str] = ()) -> tuple[dict[str, tuple[str, bool]], list[str]]:
        """Values of keys, of all keys when none is named (1.6 section 5.8).

        Returns:
            Value, and whether it is read-only, by key; and the names that no key has.
        """
        names = {each: self._keys.name_of(each) for each in wanted}
        found = [name for name in names.values() if name] if names else list(self._keys)
        known = {name: (self._value(name), self._keys[name].check is None) for name in found}
        return known, [each for each, name in names.items() if name is None]

    def change(self, name: str, value: str) -> str:
        """Change the value of a key (1.6 section 5.3); each takes effect at once.

        Returns:
            The status to answer: Accepted, Rejected, or NotSupported for an unknown key.
        """
        known = self._keys.name_of(name)
        if known is None:
            return "NotSupported"
        check = self._keys[known].check
        if check is None or self._is_too_long(known, value):
            return "Rejected"
        try:
            self._values[known] = check(value)
        except ValueError:
            return "Rejected"
        self._changed()
        return "Accepted"

    def _is_too_long(self, name: str, value: str) -> bool:
        """Whether a list has more items than its key ...MaxLength allows (1.6 section 9)."""
        most = self._keys.get(f"{name}MaxLength")
        return most is not None and len(listed(value)) > int(most.value)

    def begin_with(self, name: str, value: str) -> None:
        """Say what a key is until it is set, where that is a matter of the settings."""
        self._own[name] = value

    def to_json(self) -> dict[str, str]:
        """What was set, as JSON can say it."""
        return dict(self._values)

    def from_json(self, values: Mapping[str, str]) -> list[str]:
        """Take over what ``to_json`` gave.

        Returns:
            The names of keys that cannot have that value, and keep the one that they have.
        """
        return [name for name, value in values.items() if self.change(name, value) != "Accepted"]

    def followed(self, name: str) -> str:
        """The value of a configuration key of 1.6, or what the version does without such a key."""
        known = self._keys.name_of(name)  # 1.2 and 1.5 spell HeartBeatInterval
        return ASSUMED[name] if known is None else self._value(known)

    @property
    def most_keys(self) -> int | None:
        """How many keys may be read at once by name; None for any number."""
        most = self._keys.get("GetConfigurationMaxKeys")
        return None if most is None else int(most.value)

    @property
    def ping_interval(self) -> int | None:
        """Seconds between WebSocket pings, 0 for none; None where no key says it."""
        value = self._values.get("WebSocketPingInterval", self._own.get("WebSocketPingInterval"))
        return None if value is None else int(value)

    @property
    def message_timeout(self) -> int | None:
        """Seconds that the central system has to answer a call; None where no peer has set that."""
        value = self._values.get("MessageTimeout")
        return None if value is None else int(value)

    @property
    def heartbeat_interval(self) -> int:
        """Seconds between heartbeats."""
        return int(self.followed("HeartbeatInterval"))

    @heartbeat_interval.setter
    def heartbeat_interval(self, seconds: int) -> None:
        name = self._keys.name_of("HeartbeatInterval")
        assert name is not None, "every version has it"
        self._values[name] = str(int(seconds))
        self._changed()

    def _value(self, name: str) -> str:
        found = self._values.get(name, self._own.get(name))
        return self._keys[name].value if found is None else found
