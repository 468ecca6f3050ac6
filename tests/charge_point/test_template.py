"""What a template makes of a charge point: who it says it is, and what it offers."""

from __future__ import annotations

import pytest

from ocppfw.charge_point import Template
from ocppfw.versions import OcppVersion

FULL = Template(
    vendor="V",
    model="M",
    firmware="1",
    serial="S-{id}",
    box_serial="B-{id}",
    iccid="I",
    imsi="J",
    meter_type="T",
    meter_serial="M-{id}",
)


@pytest.mark.parametrize("version", [OcppVersion.V1_2, OcppVersion.V1_5, OcppVersion.V1_6])
def test_identification_of_1x(version: OcppVersion) -> None:
    assert FULL.identification(version, "CP1") == {
        "chargePointVendor": "V",
        "chargePointModel": "M",
        "chargePointSerialNumber": "S-CP1",
        "chargeBoxSerialNumber": "B-CP1",
        "firmwareVersion": "1",
        "iccid": "I",
        "imsi": "J",
        "meterType": "T",
        "meterSerialNumber": "M-CP1",
    }


def test_identification_of_2x() -> None:
    assert FULL.identification(OcppVersion.V2_0_1, "CP1") == {
        "vendorName": "V",
        "model": "M",
        "serialNumber": "S-CP1",
        "firmwareVersion": "1",
        "modem": {"iccid": "I", "imsi": "J"},
    }


def test_what_it_does_not_have_is_left_out() -> None:
    nothing = Template(serial=None)
    assert nothing.identification(OcppVersion.V1_6, "CP1") == {
        "chargePointVendor": "ocppfw",
        "chargePointModel": "simulator",
    }
    assert "modem" not in nothing.identification(OcppVersion.V2_1, "CP1")


def test_a_serial_number_that_is_too_long_is_left_out() -> None:
    longest = FULL.identification(OcppVersion.V1_6, "C" * 23)
    assert longest["chargePointSerialNumber"] == "S-" + "C" * 23
    assert "chargePointSerialNumber" not in FULL.identification(OcppVersion.V1_6, "C" * 24)


def test_without_profiles_it_offers_all() -> None:
    assert Template().offers("SmartCharging", OcppVersion.V1_6)
    assert Template().offers("Tariff", OcppVersion.V2_1)


def test_profiles_of_1x_hold_in_2x_under_their_names_there() -> None:
    core = Template(profiles=frozenset({"Core"}))
    local = Template(profiles=frozenset({"Core", "LocalAuthListManagement", "Security"}))
    assert core.offers("Core", OcppVersion.V1_6)
    assert not core.offers("RemoteTrigger", OcppVersion.V1_6)
    assert core.offers("RemoteControl", OcppVersion.V2_0_1)
    assert not core.offers("LocalAuthorizationList", OcppVersion.V2_0_1)
    assert local.offers("LocalAuthorizationList", OcppVersion.V2_0_1)
    assert local.offers("CertificateManagement", OcppVersion.V2_1)


def test_with_connectors() -> None:
    assert len(Template().with_connectors(5).connectors) == 5
