"""Every hook: when it is called, with what, and what its return value means.

A plugin is a module. A function in it, marked with ``@hookimpl`` and named like a hook, is an
implementation of that hook; it takes those of the hook's arguments that it names.

Answer hooks, one per action and side, are made from the catalogues: ``cs_boot_notification``,
``cp_reset``, ``cs_data_transfer``, ``cp_data_transfer`` and so on. ``answer_hook`` says what they
have in common.
"""

from __future__ import annotations

from typing import Any

from ocppfw.catalogue import hook_name
from ocppfw.catalogue.actions import actions_of
from ocppfw.interfaces import ConnectionRequest, Peer, Station
from ocppfw.marker import hookspec
from ocppfw.rpc.frames import Answer, Call
from ocppfw.versions import OcppVersion


def answer_hook(station: Station, peer: Peer, call: Call, payload: dict[str, Any]) -> Any:
    """Called for a call whose payload fits the schema of its version.

    It may break the schema only where the setting ``validation`` is report or off.

    :param station: the station that is asked.
    :param peer: who asks; ``peer.call(action, payload)`` asks back.
    :param call: the call, with ``message_id`` and ``action``; ``call.after_answer(function)``
        has a function called once the answer is on the wire. ``call.violations`` tells what
        was wrong with the payload as it came.
    :param payload: what is asked, as on the wire; not to be changed.
    :returns: None passes the call on to the next implementation, the last loaded first. A dict is
        the answer. An awaitable (a Deferred, or a coroutine that awaits Deferreds) must end in
        one of these within ``hook-timeout``. ``CallFailed`` refuses the call, ``NoAnswer``
        leaves it without an answer. Any other exception is logged, and answered with
        InternalError, or where there are violations with the refusal of ``validation`` strict.
        For a SEND (2.1) the result is ignored.
    """


@hookspec
def connection_requested(station: Station, request: ConnectionRequest) -> Any:
    """Called before a charge point is let in; every implementation must agree.

    Over SOAP it is called for every request, also by a charge point for those of its central
    system. An implementation that raises, or whose awaitable does not fire within
    ``hook-timeout``, refuses the connection.

    :param station: who is asked: the central system, over SOAP also the charge point.
    :param request: who asks, from where, and with what.
    :returns: nothing, or an awaitable of nothing; ``ConnectionRefused`` refuses: status 404 for
        an unknown identity, 401 to demand credentials, 403 otherwise.
    """


@hookspec
def call_requested(station: Station, peer: Peer, call: Call) -> None:
    """Called for every well-formed CALL before anything else; every implementation must agree.

    A charge point that is not registered may want to answer nothing, not even a wrong call.

    :param station: the station that is asked.
    :param peer: who asks.
    :param call: the call; neither its action nor its payload has been checked.
    :returns: nothing; ``CallFailed`` refuses the call, ``NoAnswer`` leaves it unanswered, any
        other exception is answered with InternalError.
    """


@hookspec(firstresult=True)
def card_presented(station: Station, peer: Peer, id_tag: str) -> Any:
    """Called when a card is to be decided about; the first answer that is not None counts.

    The shipped central system asks it for Authorize, StartTransaction, StopTransaction and
    TransactionEvent, so that one place decides for every version and every message.

    :param station: the central system.
    :param peer: the charge point at which the card is.
    :param id_tag: the id tag; in 2.x the text of an id token, of any type but NoAuthorization.
        Letter case does not matter.
    :returns: None passes the question on. A dict is the idTagInfo as in 1.6: ``status``
        (Accepted, Blocked, Expired, Invalid or ConcurrentTx), and perhaps ``parentIdTag`` and
        ``expiryDate``. An awaitable must end in one of these within ``hook-timeout``.
        ``CallFailed`` refuses the call; what else fails is answered with InternalError.
    """


@hookspec
def station_started(station: Station) -> Any:
    """Called when a station has started, and for a running one when the plugin is loaded.

    An exception means that the plugin cannot do its work: it is not loaded, and a station that
    starts does not.

    :param station: the central system or charge point.
    :returns: nothing, or an awaitable. Loading waits for it, at most ``hook-timeout``; a station
        that starts does not, and what it then raises is logged.
    """


@hookspec
def station_stopped(station: Station) -> Any:
    """Called when a station stops, and for a running one when the plugin is unloaded.

    Then the plugin's background work is cancelled.

    :param station: the central system or charge point.
    :returns: nothing, or an awaitable, which is waited for, at most ``hook-timeout``.
    """


@hookspec
def connection_opened(station: Station, peer: Peer) -> None:
    """Called when a peer is connected, and for connected ones when the plugin is loaded.

    :param station: our side.
    :param peer: the other side.
    """


@hookspec
def connection_lost(station: Station, peer: Peer, reason: str) -> None:
    """Called when a connection has ended; calls under way have failed already.

    Where a charge point has connected again, it comes before ``connection_opened`` of the new
    connection.

    :param station: our side.
    :param peer: the other side.
    :param reason: why, for a human.
    """


@hookspec
def connection_failed(station: Station, reason: str) -> None:
    """Called when a charge point could not connect; it will try again.

    :param station: the charge point.
    :param reason: why, for a human.
    """


@hookspec
def call_received(station: Station, peer: Peer, call: Call) -> None:
    """Called for every well-formed CALL or SEND, before it is checked.

    :param station: the station that is asked.
    :param peer: who asks.
    :param call: the call as received, perhaps with an invalid payload.
    """


@hookspec
def call_answered(station: Station, peer: Peer, call: Call, answer: Answer) -> None:
    """Called when the answer to a call has been sent; a call of ours made here goes out after it.

    :param station: the station that answers.
    :param peer: who asked.
    :param call: the call.
    :param answer: the CallResult or CallError.
    """


@hookspec
def change_answer(station: Station, peer: Peer, call: Call, payload: dict[str, Any]) -> Any:
    """Called for the answer of a plugin, before it is checked and sent.

    :param station: the station that answers.
    :param peer: who asked.
    :param call: the call.
    :param payload: the answer, as earlier implementations left it; not to be changed itself.
    :returns: None leaves it as it is, a dict takes its place, an awaitable of one of these
        delays it.
    """


@hookspec
def call_sent(station: Station, peer: Peer, call: Call) -> None:
    """Called when a call of ours has been sent.

    :param station: the station that asks.
    :param peer: who is asked.
    :param call: our call.
    """


@hookspec
def result_received(station: Station, peer: Peer, call: Call, payload: Any) -> None:
    """Called when a peer has answered a call of ours with a result.

    :param station: the station that asked.
    :param peer: who answered.
    :param call: our call; ``call.violations`` tells what was wrong with the answer.
    :param payload: the answer, as whoever made the call gets it.
    """


@hookspec
def call_failed(station: Station, peer: Peer, call: Call, error: Exception) -> None:
    """Called when a call of ours was refused, answered invalidly, not sent, or lost.

    :param station: the station that asked.
    :param peer: who was asked.
    :param call: our call.
    :param error: CallFailed, PayloadInvalid, QueueFull or NotConnected.
    """


@hookspec
def call_expired(station: Station, peer: Peer, call: Call) -> None:
    """Called when a peer has not answered a call of ours in time.

    :param station: the station that asked.
    :param peer: who was asked.
    :param call: our call.
    """


@hookspec
def frame_received(station: Station, peer: Peer, text: str) -> None:
    """Called for every text frame that arrives, as it came.

    :param station: our side.
    :param peer: the other side.
    :param text: the frame; it may hold secrets and may not be JSON at all.
    """


@hookspec
def frame_sent(station: Station, peer: Peer, text: str) -> None:
    """Called for every text frame that is sent, as it goes.

    :param station: our side.
    :param peer: the other side.
    :param text: the frame; it may hold secrets.
    """


@hookspec
def change_received_frame(station: Station, peer: Peer, text: str) -> Any:
    """Called for every text frame that arrives, before it is processed.

    :param station: our side.
    :param peer: the other side.
    :param text: the frame, as earlier implementations left it.
    :returns: None leaves it as it is, a str takes its place, ``ocppfw.DROP`` ends it, an
        awaitable of one of these delays it; other frames do not wait for it.
    """


@hookspec
def change_sent_frame(station: Station, peer: Peer, text: str) -> Any:
    """Called for every text frame before it is sent.

    :param station: our side.
    :param peer: the other side.
    :param text: the frame, as earlier implementations left it.
    :returns: None leaves it as it is, a str takes its place, ``ocppfw.DROP`` ends it, an
        awaitable of one of these delays it; other frames do not wait for it.
    """


@hookspec
def envelope_received(station: Station, peer: Peer, text: str) -> None:
    """Called for every SOAP envelope that arrives, as it came, also for one that will be refused.

    :param station: our side; where several charge points listen on one port and a refused
        envelope is for none of them, the first.
    :param peer: the other side. Of a request that is refused it is one that is not connected,
        whose ``address`` is that of the sender, and whose ``identity`` is what the envelope says,
        perhaps empty: nobody was asked yet whether it is true.
    :param text: the XML; it may hold secrets, and may not be XML at all.
    """


@hookspec
def envelope_sent(station: Station, peer: Peer, text: str) -> None:
    """Called for every SOAP envelope that is sent, as it goes.

    :param station: our side.
    :param peer: the other side.
    :param text: the XML; it may hold secrets.
    """


@hookspec
def change_received_envelope(station: Station, peer: Peer, text: str) -> Any:
    """Called for every SOAP envelope that arrives, before it is processed or refused.

    What was to be refused and is changed is read again, and handled if it is good then.

    :param station: our side.
    :param peer: the other side; it stays the same, whatever the text then says. Of a request
        that is refused as in ``envelope_received``; who has sent it is then told by the new text.
    :param text: the XML, as earlier implementations left it.
    :returns: None leaves it as it is, a str takes its place, ``ocppfw.DROP`` ends it: a request
        then gets no answer, a call of ours expires. An awaitable of one of these delays it.
    """


@hookspec
def change_sent_envelope(station: Station, peer: Peer, text: str) -> Any:
    """Called for every SOAP envelope before it is sent.

    :param station: our side.
    :param peer: the other side.
    :param text: the XML, as earlier implementations left it.
    :returns: None leaves it as it is, a str takes its place, ``ocppfw.DROP`` ends it: a request
        then gets no answer, a call of ours expires. An awaitable of one of these delays it.
    """


@hookspec
def console_commands() -> Any:
    """Called when the plugin is loaded; and at the prompt, whenever plugins have changed.

    :returns: a list of ``ocppfw.Command``; the prompt then has these commands, too. A plugin that
        fails here, or offers a command that the prompt has itself, is not loaded.
    """


@hookspec
def station_idle(station: Station) -> None:
    """Called when the last of a station's calls, in either direction, has come to its end.

    :param station: our side.
    """


#: Hooks with a fixed name, as opposed to the answer hooks.
FIXED_HOOKS = tuple(
    name for name, value in list(globals().items()) if hasattr(value, "ocppfw_spec")
)


def answer_hooks() -> dict[str, frozenset[OcppVersion]]:
    """Every answer hook by name, with the versions that have its action."""
    versions: dict[str, set[OcppVersion]] = {}
    for version in OcppVersion:
        for action in actions_of(version):
            for role in action.answering_roles:
                versions.setdefault(hook_name(action.name, role), set()).add(version)
    return {name: frozenset(found) for name, found in versions.items()}
