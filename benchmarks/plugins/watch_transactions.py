"""Charge point: knows every transaction that has run, whatever becomes of its messages."""

from ocppfw import hookimpl
from ocppfw.charge_point import charge_point_model

role = "cp"
autoload = False

NAME = "watch_transactions"

seen: set[str] = set()


@hookimpl
def station_started(station):
    charge_point_model(station).watch(NAME, lambda: _look(station))


@hookimpl
def station_stopped(station):
    charge_point_model(station).unwatch(NAME)


def _look(station):
    for connector in charge_point_model(station).in_use:
        transaction = connector.present()
        if transaction.running:
            seen.add(transaction.key)
