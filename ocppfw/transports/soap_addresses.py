"""Where SOAP charge points listen: what settings say, and what their requests tell."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHostResolution, IResolutionReceiver
from twisted.logger import Logger
from zope.interface import implementer

from ocppfw.records import Store
from ocppfw.settings import Settings, is_url
from ocppfw.text import escape_controls

_NAMESPACE = "soap_addresses"
_ANYWHERE = ("http", "https")


class SoapAddresses:
    """The addresses of a central system's charge points.

    Args:
        settings: the rules.
        store: keeps what was learned.
        reactor: resolves host names.
    """

    log = Logger()

    def __init__(self, settings: Settings, store: Store, reactor: Any) -> None:
        self._settings = settings
        self._store = store
        self._reactor = reactor
        # In the order in which they were learned: when there are too many, the first one goes.
        self._learned: dict[str, str] = dict(store.scan(_NAMESPACE))
        self._refused: dict[str, str] = {}

    def find(self, identity: str) -> str | None:
        """The address of a charge point, None while it is not known."""
        given = self._settings.soap_address
        if identity in given:
            return str(given[identity])
        if None in given:
            return str(given[None]).replace("{id}", quote(identity, safe=""))
        return self._learned.get(identity)

    def learn(self, identity: str, address: str | None, host: str) -> Deferred[None] | None:
        """Take the address that a request tells, if the rules allow it.

        Args:
            identity: whose request it is.
            address: the header From (OCPP-S 1.6 section 3.7); None where there is none.
            host: IP address that the request came from.

        Returns:
            None when that is done; a Deferred while a host name is being resolved.
        """
        if address is None or self._learned.get(identity) == address:
            return None
        rule = self._settings.soap_learn_address
        if rule == "never" or self._refused.get(identity) == address:
            return None
        if not is_url(address, _ANYWHERE):
            self._refuse(identity, address, "is no http or https address")
        elif rule == "any" or _is_host(urlsplit(address).hostname, host):
            self._take(identity, address)
        else:
            return Deferred.fromCoroutine(self._learn_by_name(identity, address, host))
        return None

    # Private.

    async def _learn_by_name(self, identity: str, address: str, host: str) -> None:
        name = urlsplit(address).hostname or ""
        addresses = await _resolve(self._reactor, name)
        if any(_is_host(each, host) for each in addresses):
            self._take(identity, address)
        else:
            self._refuse(identity, address, f"is not on {host} (see soap-learn-address)")

    def _take(self, identity: str, address: str) -> None:
        self._learned.pop(identity, None)
        self._refused.pop(identity, None)
        while len(self._learned) >= self._settings.max_soap_peers:
            oldest = next(iter(self._learned))
            del self._learned[oldest]
            self._store.delete(_NAMESPACE, oldest)
        self._learned[identity] = address
        self._store.put(_NAMESPACE, identity, address)

    def _refuse(self, identity: str, address: str, reason: str) -> None:
        """Say so once, rather than with every request."""
        if len(self._refused) >= self._settings.max_soap_peers:
            self._refused.clear()
        self._refused[identity] = address
        text = "cs: ChargePoint #{id}: the address {address} is not taken: it {reason}"
        shown = escape_controls(address)
        self.log.warn(text, id=identity, address=shown, reason=reason)


def _is_host(name: str | None, host: str) -> bool:
    try:
        return _plain(name or "") == _plain(host)
    except ValueError:
        return False


def _plain(address: str) -> Any:
    """An IP address; one of version 4 that is written as one of version 6 is the former."""
    parsed = ip_address(address)
    return getattr(parsed, "ipv4_mapped", None) or parsed


@implementer(IResolutionReceiver)
class _Addresses:
    """Collects what a host name stands for."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.complete: Deferred[list[str]] = Deferred()

    def resolutionBegan(self, resolution: IHostResolution) -> None:
        """The search begins."""

    def addressResolved(self, address: Any) -> None:
        """One was found."""
        self.found.append(address.host)

    def resolutionComplete(self) -> None:
        """There are no more."""
        self.complete.callback(self.found)


def _resolve(reactor: Any, name: str) -> Deferred[list[str]]:
    addresses = _Addresses()
    reactor.nameResolver.resolveHostName(addresses, name)
    return addresses.complete
