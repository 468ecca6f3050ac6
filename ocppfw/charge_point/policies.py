"""What behaviours ask the configuration for, in the same words in every version."""

from __future__ import annotations

from ocppfw.charge_point.value_checks import listed


class Policies:
    """The values that behaviours follow; named as the configuration keys of 1.6 are.

    ``ConfigurationKeys`` and ``DeviceModel`` say where the values come from.
    """

    def followed(self, name: str) -> str:
        """The value of a configuration key of 1.6, or of what stands for it in another version."""
        raise NotImplementedError

    def _switch(self, name: str) -> bool:
        return self.followed(name) == "true"

    def _number(self, name: str) -> int:
        return int(self.followed(name))

    def _list(self, name: str) -> list[str]:
        return listed(self.followed(name))

    # The connection.

    @property
    def ping_interval(self) -> int | None:
        """Seconds between WebSocket pings, 0 for none; None where no peer can set that."""
        return None

    @property
    def message_timeout(self) -> int | None:
        """Seconds that the central system has to answer a call; None where no peer has set that."""
        return None

    @property
    def transaction_attempts(self) -> int:
        """How often a message about a transaction is sent that is refused (1.6 and 2.x)."""
        return self._number("TransactionMessageAttempts")

    @property
    def transaction_retry_interval(self) -> int:
        """Seconds to wait before that, times the number of attempts so far (1.6 and 2.x)."""
        return self._number("TransactionMessageRetryInterval")

    # Authorization.

    @property
    def authorizes_remote_starts(self) -> bool:
        """True when a remote start asks the central system for authorisation first."""
        return self._switch("AuthorizeRemoteTxRequests")

    @property
    def uses_cache(self) -> bool:
        """True when what the central system has said of idTags is remembered."""
        return self._switch("AuthorizationCacheEnabled")

    @property
    def pre_authorizes(self) -> bool:
        """True when an idTag that is known as valid charges before the central system is asked."""
        return self._switch("LocalPreAuthorize")

    @property
    def authorizes_offline(self) -> bool:
        """True when an idTag that is known as valid charges while the central system is away."""
        return self._switch("LocalAuthorizeOffline")

    @property
    def allows_unknown_offline(self) -> bool:
        """True when also an unknown idTag charges then."""
        return self._switch("AllowOfflineTxForUnknownId")

    # Connectors and transactions.

    @property
    def connection_timeout(self) -> int:
        """Seconds from a card to the plug, or from the plug to a card."""
        return self._number("ConnectionTimeOut")

    @property
    def minimum_status_duration(self) -> int:
        """Seconds that a status must last to be reported."""
        return self._number("MinimumStatusDuration")

    @property
    def stops_on_invalid_id(self) -> bool:
        """True when a transaction ends whose idTag the central system does not accept."""
        return self._switch("StopTransactionOnInvalidId")

    @property
    def max_energy_on_invalid_id(self) -> int:
        """Wh that such an idTag may still take, where the transaction goes on."""
        return self._number("MaxEnergyOnInvalidId")

    @property
    def stops_on_ev_disconnect(self) -> bool:
        """True when a transaction ends as the cable is taken out at the vehicle."""
        return self._switch("StopTransactionOnEVSideDisconnect")

    @property
    def unlocks_on_ev_disconnect(self) -> bool:
        """True when the cable is unlocked at the station then."""
        return self._switch("UnlockConnectorOnEVSideDisconnect")

    # Meter values.

    @property
    def sample_interval(self) -> int:
        """Seconds between the meter values of a transaction, 0 for none."""
        return self._number("MeterValueSampleInterval")

    @property
    def sampled_measurands(self) -> list[str]:
        """What these meter values hold."""
        return self._list("MeterValuesSampledData")

    @property
    def aligned_interval(self) -> int:
        """Seconds, from midnight on, between the clock-aligned meter values; 0 for none."""
        return self._number("ClockAlignedDataInterval")

    @property
    def aligned_measurands(self) -> list[str]:
        """What these meter values hold."""
        return self._list("MeterValuesAlignedData")

    @property
    def stop_sampled_measurands(self) -> list[str]:
        """What StopTransaction tells of every sample interval."""
        return self._list("StopTxnSampledData")

    @property
    def stop_aligned_measurands(self) -> list[str]:
        """What StopTransaction tells of every clock-aligned interval."""
        return self._list("StopTxnAlignedData")

    @property
    def most_stop_values(self) -> int:
        """How many meter values StopTransaction tells at most."""
        return self._number("StopTransactionMaxMeterValues")
