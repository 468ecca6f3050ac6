"""Charge point: decides who may charge and who may stop, and remembers what it has heard of cards.

The rules are those of 1.6 sections 3.5, 3.9, 3.10, 4.1 and 5.11.
"""

from __future__ import annotations

from ocppfw import NotConnected, OcppfwError, PluginSettings, hookimpl
from ocppfw.charge_point import Decision, charge_point_model, reading_answer, same_group

role = "cp"

SETTINGS = PluginSettings(
    cache_size=(100, "Cards that the authorization cache (1.2 and 1.5: the list) holds."),
)

NAME = "cp_authorization"


@hookimpl
def station_started(station):
    model = charge_point_model(station)
    model.authorizer.cache.limit = max(1, SETTINGS.cache_size)
    model.watch(NAME, lambda: _look_soon(station))
    _look_soon(station)


@hookimpl
def station_stopped(station):
    charge_point_model(station).unwatch(NAME)
    due = station.data[NAME].pop("due", None)
    if due is not None:
        due.cancel()


def _look_soon(station):
    """Look together with what else changes in this moment."""
    if "due" not in station.data[NAME]:
        station.data[NAME]["due"] = station.later(0, _look, station)


def _look(station):
    """Decide about every card that was shown, and about every remote start."""
    del station.data[NAME]["due"]
    while (card := charge_point_model(station).take_card()) is not None:
        station.run(_decide(station, card))


async def _decide(station, card):
    """Decide about a card, with the central system's help where the rules want that."""
    model = charge_point_model(station)
    decision, parent = _decide_alone(station, card, station.peer is not None)
    if decision is Decision.ASK:
        decision, parent = await _ask(station, card)
    if decision is Decision.ALLOW:
        model.allow(card, parent)
    else:
        station.log.info("A card was refused at connector {n}.", n=card.connector.number)
        model.refuse(card)


def _decide_alone(station, card, connected):
    """What the charge point decides by itself, and the parentIdTag that it knows."""
    model, transaction = charge_point_model(station), card.transaction
    rules, now = model.authorizer, station.now().timestamp()
    online = connected and model.registration.may_send
    if card.stops:
        starter = transaction.token, transaction.parent
        decision = rules.decide_stop(starter, card.token, now, online)
    else:
        decision = rules.decide_start(card.token, now, online, transaction.remote)
    known = rules.known(card.token, now)
    return decision, None if known is None else known.parent


async def _ask(station, card):
    """What the central system decides, and the parentIdTag (2.x: groupIdToken) that it tells."""
    model = charge_point_model(station)
    question = model.messages.authorize(card.token)
    if question is None:
        return Decision.ALLOW, None
    action, payload = question
    try:
        answer = await station.call_when_room(action, payload)
        with reading_answer(action, answer):
            accepted, parent = model.messages.is_accepted(answer), model.messages.parent(answer)
            if not station.version.is_2x:
                model.learn(card.token, answer)
    except NotConnected:
        return _decide_alone(station, card, connected=False)
    except OcppfwError as error:
        station.log.warn("{action} failed: {error}", action=action, error=error)
        return Decision.REFUSE, None
    stranger = card.stops and not same_group(card.transaction.parent, parent)
    return Decision.ALLOW if accepted and not stranger else Decision.REFUSE, parent


@hookimpl
def cp_clear_cache(station):
    """Without a cache there is nothing to clear (1.6 errata 3.23; 2.0.1 C11.FR.04)."""
    model = charge_point_model(station)
    if not model.configuration.uses_cache:
        return {"status": "Rejected"}
    model.authorizer.cache.clear()
    return {"status": "Accepted"}
