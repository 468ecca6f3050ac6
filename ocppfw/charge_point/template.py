"""What a charge point is like: who made it, its connectors, what it offers, which cars come.

A template is written in TOML; how it is read is the service's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ocppfw.versions import OcppVersion

VENDOR = "ocppfw"
MODEL = "simulator"

# The functional blocks of 2.x that every charging station has (2.0.1 part 0, Core), and those of
# 1.6 that have another name in 2.x.
_ALWAYS_IN_2X = frozenset(
    {
        "Security",
        "Provisioning",
        "Authorization",
        "Transactions",
        "RemoteControl",
        "Availability",
        "MeterValues",
        "DataTransfer",
    }
)
_IN_1X = {
    "LocalAuthorizationList": "LocalAuthListManagement",
    "CertificateManagement": "Security",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorTemplate:
    """A connector (2.x: an EVSE with its one connector).

    Attributes:
        type: in the words of ConnectorEnumType of 2.0.1, such as ``sType2``.
        phases: 1 to 3, 0 for direct current.
        power: the most that it gives, in W.
        voltage: in V; of alternating current, between a phase and neutral.
    """

    type: str = "sType2"
    phases: int = 3
    power: int = 11_000
    voltage: int = 230

    @property
    def is_socket(self) -> bool:
        """Whether drivers bring the cable; a cable, a pantograph or a coil of its own is fixed."""
        return not self.type.startswith(("c", "Pan", "w"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CarTemplate:
    """The cars that come; each is drawn from these ranges, both ends included.

    Attributes:
        capacity: of the battery, in Wh.
        power: the most that it takes, in W.
        phases: over which it charges at an AC connector, 1 to 3.
        soc: the state of charge with which it comes, in per cent.
        pause: seconds from one car to the next at a connector, in automatic mode.
        stay: seconds that it charges, in automatic mode.
    """

    capacity: tuple[int, int] = (40_000, 80_000)
    power: tuple[int, int] = (150_000, 150_000)
    phases: int = 3
    soc: tuple[int, int] = (20, 60)
    pause: tuple[int, int] = (300, 1800)
    stay: tuple[int, int] = (600, 3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What a charge point is like. In serial numbers ``{id}`` stands for the identity.

    Attributes:
        description: one line.
        protocol: the version that it speaks where nobody asks for another; None for any.
        vendor, model, firmware: as in BootNotification.
        serial, box_serial, iccid, imsi: likewise; None where it has none.
        meter_type, meter_serial: likewise.
        connectors: its connectors (2.x: EVSEs), the first of number 1.
        profiles: the feature profiles that it offers; None for all.
        refuses: the actions that it refuses, although it offers their profile.
        configuration: values of configuration keys (1.x), as at the start.
        cars: the cars that come.
    """

    description: str = ""
    protocol: OcppVersion | None = None
    vendor: str = VENDOR
    model: str = MODEL
    firmware: str | None = None
    serial: str | None = "{id}"
    box_serial: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial: str | None = None
    connectors: tuple[ConnectorTemplate, ...] = (ConnectorTemplate(),) * 2
    profiles: frozenset[str] | None = None
    refuses: frozenset[str] = frozenset()
    configuration: tuple[tuple[str, str], ...] = ()
    cars: CarTemplate = CarTemplate()

    def with_connectors(self, count: int) -> Template:
        """The same with as many connectors as are wanted, all like the first."""
        return replace(self, connectors=self.connectors[:1] * count)

    def offers(self, profile: str, version: OcppVersion) -> bool:
        """True if it offers a feature profile; of 2.x, a functional block."""
        if self.profiles is None or (version.is_2x and profile in _ALWAYS_IN_2X):
            return True
        return bool(self.profiles & {profile, _IN_1X.get(profile, profile)})

    def identification(self, version: OcppVersion, identity: str) -> dict[str, Any]:
        """Who the charge point is, as BootNotification says it.

        A serial number that is too long where it holds the identity is left out (1.6 section 6.7
        and 2.0.1 ChargingStationType: 25 characters).
        """
        serials = {"serial": self.serial, "box": self.box_serial, "meter": self.meter_serial}
        named = {name: (text or "").replace("{id}", identity) for name, text in serials.items()}
        short = {name: text for name, text in named.items() if len(text) <= 25}
        build = _identification_2x if version.is_2x else _identification_1x
        return _without_nothing(build(self, short))


def _identification_1x(template: Template, serials: Mapping[str, str]) -> dict[str, Any]:
    return {
        "chargePointVendor": template.vendor,
        "chargePointModel": template.model,
        "chargePointSerialNumber": serials.get("serial"),
        "chargeBoxSerialNumber": serials.get("box"),
        "firmwareVersion": template.firmware,
        "iccid": template.iccid,
        "imsi": template.imsi,
        "meterType": template.meter_type,
        "meterSerialNumber": serials.get("meter"),
    }


def _identification_2x(template: Template, serials: Mapping[str, str]) -> dict[str, Any]:
    return {
        "vendorName": template.vendor,
        "model": template.model,
        "serialNumber": serials.get("serial"),
        "firmwareVersion": template.firmware,
        "modem": _without_nothing({"iccid": template.iccid, "imsi": template.imsi}),
    }


def _without_nothing(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value}
