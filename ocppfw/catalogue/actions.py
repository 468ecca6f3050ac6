"""Which actions each version has, who answers them, and to which feature profile they belong.

The 1.x profiles are those of OCPP 1.6 section 3.3; 1.2 and 1.5, which have none, use the
same grouping. The operations of the 1.6 security whitepaper form the profile Security. The
profiles of 2.x are the functional blocks A to S of part 2 of the specification.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from ocppfw.versions import OcppVersion, Role


class FeatureProfile(enum.StrEnum):
    """A group of actions that a station offers as a whole or not at all."""

    CORE = "Core"
    LOCAL_AUTH_LIST_MANAGEMENT = "LocalAuthListManagement"
    REMOTE_TRIGGER = "RemoteTrigger"
    SECURITY = "Security"
    PROVISIONING = "Provisioning"
    AUTHORIZATION = "Authorization"
    LOCAL_AUTHORIZATION_LIST = "LocalAuthorizationList"
    TRANSACTIONS = "Transactions"
    REMOTE_CONTROL = "RemoteControl"
    AVAILABILITY = "Availability"
    RESERVATION = "Reservation"
    TARIFF_AND_COST = "TariffAndCost"
    METER_VALUES = "MeterValues"
    SMART_CHARGING = "SmartCharging"
    FIRMWARE_MANAGEMENT = "FirmwareManagement"
    CERTIFICATE_MANAGEMENT = "CertificateManagement"
    DIAGNOSTICS = "Diagnostics"
    DISPLAY_MESSAGE = "DisplayMessage"
    DATA_TRANSFER = "DataTransfer"
    BIDIRECTIONAL_POWER_TRANSFER = "BidirectionalPowerTransfer"
    DER_CONTROL = "DERControl"
    BATTERY_SWAPPING = "BatterySwapping"


@dataclass(frozen=True, slots=True)
class Action:
    """One row of the table below.

    Attributes:
        name: the action as on the wire.
        answering_roles: who answers it; both for DataTransfer.
        profile: feature profile or functional block.
        since: oldest version that has an action of this name.
    """

    name: str
    answering_roles: frozenset[Role]
    profile: FeatureProfile
    since: OcppVersion


# Unconfirmed messages (SEND, OCPP 2.1 part 4): they have a request and no answer.
SEND_ACTIONS = frozenset({"NotifyPeriodicEventStream"})

_Rows = dict[FeatureProfile, tuple[str, str]]

# Per profile: the actions that the central system answers, and those of the charge point.
_1_2: _Rows = {
    FeatureProfile.CORE: (
        "Authorize BootNotification Heartbeat MeterValues StartTransaction StatusNotification"
        " StopTransaction",
        "ChangeAvailability ChangeConfiguration ClearCache RemoteStartTransaction"
        " RemoteStopTransaction Reset UnlockConnector",
    ),
    FeatureProfile.FIRMWARE_MANAGEMENT: (
        "DiagnosticsStatusNotification FirmwareStatusNotification",
        "GetDiagnostics UpdateFirmware",
    ),
}
_ADDED_IN_1_5: _Rows = {
    FeatureProfile.CORE: ("DataTransfer", "DataTransfer GetConfiguration"),
    FeatureProfile.LOCAL_AUTH_LIST_MANAGEMENT: ("", "GetLocalListVersion SendLocalList"),
    FeatureProfile.RESERVATION: ("", "CancelReservation ReserveNow"),
}
_ADDED_IN_1_6: _Rows = {
    FeatureProfile.SMART_CHARGING: (
        "",
        "ClearChargingProfile GetCompositeSchedule SetChargingProfile",
    ),
    FeatureProfile.REMOTE_TRIGGER: ("", "TriggerMessage"),
    FeatureProfile.SECURITY: (
        "LogStatusNotification SecurityEventNotification SignCertificate"
        " SignedFirmwareStatusNotification",
        "CertificateSigned DeleteCertificate ExtendedTriggerMessage GetInstalledCertificateIds"
        " GetLog InstallCertificate SignedUpdateFirmware",
    ),
}
_2_0_1: _Rows = {
    FeatureProfile.SECURITY: ("SecurityEventNotification SignCertificate", "CertificateSigned"),
    FeatureProfile.PROVISIONING: (
        "BootNotification NotifyReport",
        "GetBaseReport GetReport GetVariables Reset SetNetworkProfile SetVariables",
    ),
    FeatureProfile.AUTHORIZATION: ("Authorize", "ClearCache"),
    FeatureProfile.LOCAL_AUTHORIZATION_LIST: ("", "GetLocalListVersion SendLocalList"),
    FeatureProfile.TRANSACTIONS: ("TransactionEvent", "GetTransactionStatus"),
    FeatureProfile.REMOTE_CONTROL: (
        "",
        "RequestStartTransaction RequestStopTransaction TriggerMessage UnlockConnector",
    ),
    FeatureProfile.AVAILABILITY: ("Heartbeat StatusNotification", "ChangeAvailability"),
    FeatureProfile.RESERVATION: ("ReservationStatusUpdate", "CancelReservation ReserveNow"),
    FeatureProfile.TARIFF_AND_COST: ("", "CostUpdated"),
    FeatureProfile.METER_VALUES: ("MeterValues", ""),
    FeatureProfile.SMART_CHARGING: (
        "ClearedChargingLimit NotifyChargingLimit NotifyEVChargingNeeds NotifyEVChargingSchedule"
        " ReportChargingProfiles",
        "ClearChargingProfile GetChargingProfiles GetCompositeSchedule SetChargingProfile",
    ),
    FeatureProfile.FIRMWARE_MANAGEMENT: (
        "FirmwareStatusNotification PublishFirmwareStatusNotification",
        "PublishFirmware UnpublishFirmware UpdateFirmware",
    ),
    FeatureProfile.CERTIFICATE_MANAGEMENT: (
        "Get15118EVCertificate GetCertificateStatus",
        "DeleteCertificate GetInstalledCertificateIds InstallCertificate",
    ),
    FeatureProfile.DIAGNOSTICS: (
        "LogStatusNotification NotifyCustomerInformation NotifyEvent NotifyMonitoringReport",
        "ClearVariableMonitoring CustomerInformation GetLog GetMonitoringReport SetMonitoringBase"
        " SetMonitoringLevel SetVariableMonitoring",
    ),
    FeatureProfile.DISPLAY_MESSAGE: (
        "NotifyDisplayMessages",
        "ClearDisplayMessage GetDisplayMessages SetDisplayMessage",
    ),
    FeatureProfile.DATA_TRANSFER: ("DataTransfer", "DataTransfer"),
}
_ADDED_IN_2_1: _Rows = {
    FeatureProfile.AUTHORIZATION: (
        "NotifySettlement VatNumberValidation",
        "NotifyWebPaymentStarted",
    ),
    FeatureProfile.TARIFF_AND_COST: (
        "",
        "ChangeTransactionTariff ClearTariffs GetTariffs SetDefaultTariff",
    ),
    FeatureProfile.SMART_CHARGING: (
        "NotifyPriorityCharging PullDynamicScheduleUpdate",
        "UpdateDynamicSchedule UsePriorityCharging",
    ),
    FeatureProfile.CERTIFICATE_MANAGEMENT: ("GetCertificateChainStatus", ""),
    FeatureProfile.DIAGNOSTICS: (
        "ClosePeriodicEventStream NotifyPeriodicEventStream OpenPeriodicEventStream",
        "AdjustPeriodicEventStream GetPeriodicEventStream",
    ),
    FeatureProfile.BIDIRECTIONAL_POWER_TRANSFER: ("", "AFRRSignal NotifyAllowedEnergyTransfer"),
    FeatureProfile.DER_CONTROL: (
        "NotifyDERAlarm NotifyDERStartStop ReportDERControl",
        "ClearDERControl GetDERControl SetDERControl",
    ),
    FeatureProfile.BATTERY_SWAPPING: ("BatterySwap", "RequestBatterySwap"),
}
_TABLES: dict[OcppVersion, tuple[_Rows, ...]] = {
    OcppVersion.V1_2: (_1_2,),
    OcppVersion.V1_5: (_1_2, _ADDED_IN_1_5),
    OcppVersion.V1_6: (_1_2, _ADDED_IN_1_5, _ADDED_IN_1_6),
    OcppVersion.V2_0_1: (_2_0_1,),
    OcppVersion.V2_1: (_2_0_1, _ADDED_IN_2_1),
}


def actions_of(version: OcppVersion) -> list[Action]:
    """All actions of a version, in alphabetical order."""
    profiles: dict[str, FeatureProfile] = {}
    roles: dict[str, set[Role]] = {}
    for name, profile, role in _entries(version):
        profiles[name] = profile
        roles.setdefault(name, set()).add(role)
    return [
        Action(name, frozenset(roles[name]), profiles[name], _first_version(name))
        for name in sorted(profiles)
    ]


def _entries(version: OcppVersion) -> Iterator[tuple[str, FeatureProfile, Role]]:
    for table in _TABLES[version]:
        for profile, (central_system, charge_point) in table.items():
            for name in central_system.split():
                yield name, profile, Role.CS
            for name in charge_point.split():
                yield name, profile, Role.CP


@cache
def _first_version(action: str) -> OcppVersion:
    return next(
        version
        for version in OcppVersion
        if any(action == name for name, _, _ in _entries(version))
    )
