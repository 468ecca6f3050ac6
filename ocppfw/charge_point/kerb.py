"""What people and vehicles do at a charge point."""

from __future__ import annotations

from ocppfw.charge_point.authorization import same_token
from ocppfw.charge_point.connector import Connector
from ocppfw.charge_point.error_codes import error_codes
from ocppfw.charge_point.ev import Ev, EvEvent, EvModel, drawn_vehicle
from ocppfw.charge_point.machine import InvalidTransition
from ocppfw.charge_point.sessions import Card, Sessions
from ocppfw.charge_point.template import Template


class Kerb(Sessions):
    """The acts of drivers, vehicles, and of what breaks; each changes the state at once.

    What an act leads to, who has to be asked and what is to be told, follows from the state. An
    act that cannot happen now changes nothing.
    """

    template: Template

    # The cable, and the vehicle.

    def plug(self, number: int, vehicle: EvModel | None = None) -> None:
        """A driver plugs the cable in, at both ends.

        Args:
            number: of the connector.
            vehicle: what kind of vehicle it is; None for one of those that come here.

        Raises:
            InvalidTransition: there is no such connector, or its cable is in already.
        """
        connector = self.at(number)
        kind = vehicle or drawn_vehicle(self.template.cars, self.random)
        connector.plug(Ev.arriving(kind, self.random))
        if connector.transaction is None:
            self.wait(connector)
        self.proceed(connector)

    def unplug(self, number: int) -> None:
        """A driver takes the cable out of the vehicle, and out of the connector if that lets go.

        During a transaction the connector holds it: the transaction goes on, or ends, as
        StopTransactionOnEVSideDisconnect says (1.6 section 9.1.24). Done again, the rest goes.

        Args:
            number: of the connector.

        Raises:
            InvalidTransition: there is no such connector, no cable, or it is locked.
        """
        connector = self.at(number)
        connector.unplug()
        running = connector.transaction is not None and connector.transaction.running
        if running and self.configuration.stops_on_ev_disconnect:
            holds = not self.configuration.unlocks_on_ev_disconnect
            self.stop_transaction(connector, "EVDisconnected", holds=holds)
        self.changed()

    def ev(self, number: int, act: str) -> None:
        """A vehicle pauses, goes on, or has enough.

        Args:
            number: of the connector.
            act: suspend, resume or full.

        Raises:
            InvalidTransition: there is no such connector or no vehicle, or it cannot do that now.
            ValueError: it is another act.
        """
        self.at(number).decide(EvEvent(act))
        self.changed()

    # Cards.

    def tap(self, tag: str, number: int | None = None) -> Connector:
        """A driver shows a card.

        A card stops the transaction that it has begun, or takes back a wish that has led to none;
        another one may stop it where both are of one group (1.6 section 3.10). Else it begins a
        transaction, where it may.

        Args:
            tag: what is on the card.
            number: for which connector; None for the one that it means or suits best.

        Returns:
            The connector that it was for.

        Raises:
            InvalidTransition: there is no such connector, or the card can do nothing there now.
        """
        token = self.messages.token(tag)
        connector = self._meant(token, number)
        transaction = connector.transaction
        held_for = connector.held_for
        if held_for is not None and same_token(held_for.token, token):
            connector.unlock()
        elif transaction is None:
            self._refuse_if(not self.can_start(connector), connector, "it is not free")
            self.request(connector, token)
        elif same_token(transaction.token, token):
            self.stop_transaction(connector, "Local", token)
        else:
            self._refuse_if(not transaction.running, connector, "somebody else is about to charge")
            self._cards.append(Card(token, connector, transaction, stops=True))
        self.changed()
        return connector

    def start(self, tag: str, number: int | None = None) -> Connector:
        """A driver comes to charge: plugs in where that is not done, and shows a card.

        Args:
            tag: what is on the card.
            number: of the connector; None for any that is free.

        Returns:
            The connector.

        Raises:
            InvalidTransition: there is no such connector, or it is not free.
        """
        connector = self.connector_to_start(number)
        if connector is None:
            where = "no connector is" if number is None else f"connector {number} is not"
            raise InvalidTransition(f"{where} free")
        if not connector.plugged:
            self.plug(connector.number)
        return self.tap(tag, connector.number)

    def stop(self, number: int | None = None) -> Connector:
        """Who has begun a transaction stops it with the card.

        Args:
            number: of the connector; None where only one has a transaction.

        Returns:
            The connector.

        Raises:
            InvalidTransition: there is no such connector, or no transaction.
        """
        if number is None:
            found = self.in_use
            if len(found) != 1:
                text = "more than one connector charges: say which" if found else "nothing charges"
                raise InvalidTransition(text)
            number = found[0].number
        connector = self.at(number)
        self._refuse_if(connector.transaction is None, connector, "there is no transaction")
        self.stop_transaction(connector, "Local", connector.present().token)
        return connector

    # Faults, and the mains.

    def fault(self, number: int, error_code: str) -> None:
        """Something breaks; who waited to charge does not.

        Args:
            number: of the connector.
            error_code: one of ``error_codes`` of the version. Of another the central system could
                not be told: 1.2 has no OtherError that might stand for it.

        Raises:
            InvalidTransition: there is no such connector or error, or nothing that could have it.
        """
        connector = self.at(number)
        known = error_codes(self.version)
        if error_code not in known:
            raise InvalidTransition(f"the error is one of {', '.join(known)}")
        connector.fault(error_code)
        if connector.transaction is not None and not connector.transaction.running:
            self.give_up(connector)
        self.changed()

    def clear(self, number: int) -> None:
        """What was broken is repaired: the connector goes back to what it would be without it.

        Args:
            number: of the connector.

        Raises:
            InvalidTransition: there is no such connector, or no fault.
        """
        connector = self.at(number)
        connector.clear()
        self.proceed(connector)

    def power_loss(self) -> None:
        """The mains fail: transactions end here, and the charge point starts anew."""
        self.stop_all("PowerLoss")
        self.reboot("PowerUp")

    # Which connector.

    def at(self, number: int) -> Connector:
        """The connector of a number.

        Raises:
            InvalidTransition: there is none.
        """
        if number not in self.connectors:
            numbers = ", ".join(map(str, self.connectors))
            raise InvalidTransition(f"there is no connector {number}, only {numbers}")
        return self.connectors[number]

    def can_start(self, connector: Connector) -> bool:
        """Whether a transaction may begin at a connector."""
        return connector.is_free and not self.resetting and self.can_owe

    def connector_to_start(self, number: int | None) -> Connector | None:
        """The connector for a new transaction: the one named, or any; None if there is none.

        Where a driver has just plugged in is meant first, then where nothing is plugged in.
        """
        wanted = self.connectors.values() if number is None else self.chosen(number)
        ready = [each for each in wanted if self.can_start(each)]
        return min(ready, key=lambda each: (each.used, not each.plugged), default=None)

    def chosen(self, number: int) -> list[Connector]:
        """The connector of a number, as a list of one or none."""
        return [self.connectors[number]] if number in self.connectors else []

    def _meant(self, token: object, number: int | None) -> Connector:
        """The connector that a card is for: the driver's own, one that is free, or one in use."""
        if number is not None:
            return self.at(number)
        for connector in self.connectors.values():
            own = connector.transaction or connector.held_for
            if own is not None and same_token(own.token, token):
                return connector
        found = self.connector_to_start(None) or next(iter(self.in_use), None)
        if found is None:
            raise InvalidTransition("no connector is free")
        return found

    @property
    def can_owe(self) -> bool:
        """Whether what a transaction leads to can be kept until it is delivered."""
        raise NotImplementedError

    @property
    def resetting(self) -> bool:
        """True from the acceptance of a reset until the reboot; no transaction begins then."""
        raise NotImplementedError

    def reboot(self, reason: str | None = None) -> None:
        """The charge point starts anew."""
        raise NotImplementedError

    @staticmethod
    def _refuse_if(refused: bool, connector: Connector, reason: str) -> None:
        if refused:
            raise InvalidTransition(f"connector {connector.number}: {reason}")
