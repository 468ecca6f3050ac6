"""Where SOAP charge points listen: what settings say, and what their requests tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IHostResolution, IResolutionReceiver
from twisted.logger import Logger
from zope.interface import implementer

from ocppfw.interfaces import Station
from ocppfw.text import escape_controls
from ocppfw.urls import is_url, shown_url

_NAMESPACE = "soap_addresses"
_ANYWHERE = ("http", "https")
_LONGEST = 2048  # characters of an address that is taken
_LONGEST_SHOWN = 200
_MOST_LOOKUPS = 4  # at once: each may hold a thread for long
_USER = re.compile(r"//[^/?#]*@")


class SoapAddresses:
    """The addresses of a central system's charge points.

    Args:
        station: the central system; its settings have the rules, its store keeps what was learned.
        reactor: resolves host names.
    """

    log = Logger()

    def __init__(self, station: Station, reactor: Any) -> None:
        self._settings = station.settings
        self._station = station
        self._reactor = reactor
        # What was told last, and from where: it is not looked at with every request.
        self._taken: dict[str, tuple[str, str]] = {}
        self._refused: dict[str, tuple[str, str]] = {}
        self._lookups = 0

    @property
    def given(self) -> Mapping[str, str]:
        """The addresses that settings give to single charge points, by identity."""
        given = self._settings.soap_address
        return {identity: url for identity, url in given.items() if identity is not None}

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
        told = (address[: _LONGEST + 1], host)
        known = told in (self._taken.get(identity), self._refused.get(identity))
        if rule == "never" or known:
            return None
        reason = _fault_of(address)
        if reason is not None:
            self._refuse(identity, told, reason)
        elif rule == "any" or _is_host(urlsplit(address).hostname, host):
            self._take(identity, told, address)
        elif self._lookups < _MOST_LOOKUPS:
            return Deferred.fromCoroutine(self._learn_by_name(identity, told))
        return None  # too many lookups: the next request tells the address again

    # Private.

    @cached_property
    def _learned(self) -> dict[str, str]:
        """Addresses in the order in which they were learned: of too many, the first one goes.

        We are made when the port is taken, and a store on disk is opened only after that.
        """
        kept = self._station.store.scan(_NAMESPACE, newest_first=True)
        return {
            identity: address
            for identity, address in reversed([*kept])
            if _fault_of(address) is None and self._is_safe(address)
        }

    def _is_safe(self, address: str) -> bool:
        """False for a name that may stand for another host by now."""
        if self._settings.soap_learn_address != "same-host":
            return True
        parts = urlsplit(address)
        return parts.scheme == "https" or _is_ip_address(parts.hostname or "")

    async def _learn_by_name(self, identity: str, told: tuple[str, str]) -> None:
        address, host = told
        try:
            found = await self._resolve(urlsplit(address).hostname or "")
        except TimeoutError:
            return  # the next request tells it again
        if any(_is_host(each, host) for each in found):
            self._take(identity, told, _pinned(address, host))
        else:
            self._refuse(identity, told, f"is not on {host} (see soap-learn-address)")

    def _resolve(self, name: str) -> Deferred[list[str]]:
        addresses = _Addresses(self._looked_up)
        self._lookups += 1
        self._reactor.nameResolver.resolveHostName(addresses, name)
        addresses.complete.addTimeout(self._settings.handshake_timeout, self._reactor)
        return addresses.complete

    def _looked_up(self) -> None:
        self._lookups -= 1

    def _take(self, identity: str, told: tuple[str, str], address: str) -> None:
        self._learned.pop(identity, None)
        self._refused.pop(identity, None)
        while len(self._learned) >= self._settings.max_soap_peers:
            oldest = next(iter(self._learned))
            del self._learned[oldest]
            self._taken.pop(oldest, None)
            self._station.store.delete(_NAMESPACE, oldest)
        self._learned[identity] = address
        self._taken[identity] = told
        self._station.store.put(_NAMESPACE, identity, address)

    def _refuse(self, identity: str, told: tuple[str, str], reason: str) -> None:
        """Say so once, rather than with every request."""
        if len(self._refused) >= self._settings.max_soap_peers:
            self._refused.clear()
        self._refused[identity] = told
        text = "cs: ChargePoint #{id}: the address {address} is not taken: it {reason}"
        self.log.warn(text, id=identity, address=_shown(told[0]), reason=reason)


def _fault_of(address: str) -> str | None:
    """Why an address cannot be taken from anybody; None if it can."""
    if len(address) > _LONGEST:
        return f"has more than {_LONGEST} characters"
    if is_url(address, _ANYWHERE):
        return None
    plain = _USER.sub("//", address, count=1).partition("#")[0].partition("?")[0]
    if plain != address and is_url(plain, _ANYWHERE):
        return "must have nothing but host, port and path"
    return "is not an http or https address"


def _shown(address: str) -> str:
    """An address for the log: not too much of it, and without what may be secret."""
    if len(address) > _LONGEST:
        return "in From"
    return escape_controls(shown_url(address))[:_LONGEST_SHOWN]


def _pinned(address: str, host: str) -> str:
    """The address with the checked IP address in place of the name.

    A name may be changed at any time so that it stands for a host that we alone can reach. Over
    HTTPS it stays: the certificate, which is issued for it, says who is there.
    """
    parts = urlsplit(address)
    if parts.scheme == "https":
        return address
    checked = str(_plain(host))
    place = f"[{checked}]" if ":" in checked else checked
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=place + port).geturl()


def _is_ip_address(name: str) -> bool:
    return _is_host(name, name)


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

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        self.found: list[str] = []
        self.complete: Deferred[list[str]] = Deferred()

    def resolutionBegan(self, resolution: IHostResolution) -> None:
        """The search begins."""

    def addressResolved(self, address: Any) -> None:
        """One was found."""
        self.found.append(address.host)

    def resolutionComplete(self) -> None:
        """There are no more."""
        self._ended()
        self.complete.callback(self.found)
