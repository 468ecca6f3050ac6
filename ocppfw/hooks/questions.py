"""Questions that one plugin asks all others: the first answer counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.logger import Logger
from twisted.python.failure import Failure

from ocppfw.catalogue import load_catalogue
from ocppfw.errors import CallFailed, NoAnswer, Violation
from ocppfw.hooks.calls import log_failure, outcome_of
from ocppfw.hooks.registry import Implementation
from ocppfw.rpc.errorcodes import Fault, code_for
from ocppfw.versions import OcppVersion, Transport

log = Logger()


def _check_id_tag_info(answer: Any) -> list[Violation]:
    """What is wrong with an idTagInfo; that of 1.6 says all that one of any version may say."""
    form = load_catalogue(OcppVersion.V1_6).operations["Authorize"].form(Transport.WEBSOCKET)
    assert form is not None
    assert form.response is not None
    return form.response.check({"idTagInfo": answer})


#: The hooks that can be asked, each with what tells the faults of an answer.
QUESTIONS: dict[str, Callable[[Any], list[Violation]]] = {"card_presented": _check_id_tag_info}


async def first_answer(
    implementations: Sequence[Implementation],
    arguments: tuple[Any, ...],
    version: OcppVersion,
    limit: tuple[float, Any],
) -> Any:
    """Ask one plugin after another, until one answers.

    Args:
        implementations: who implements the hook that is asked.
        arguments: what the hook is given.
        version: the version of the connection that the question is about.
        limit: seconds that each of them has, and the clock that counts them.

    Returns:
        The first answer that is not None, as a copy; None if nobody has one.

    Raises:
        CallFailed, NoAnswer: one of them refuses; or, with the code InternalError, one has
            failed or given no valid answer, which is logged. The rest is not asked.
    """
    for asked in implementations:
        answer = await _answer_of(asked, arguments, version, limit)
        if answer is not None:
            return answer
    return None


async def _answer_of(
    asked: Implementation,
    arguments: tuple[Any, ...],
    version: OcppVersion,
    limit: tuple[float, Any],
) -> Any:
    try:
        answer = await outcome_of(asked.function(*arguments), *limit)
    except (CallFailed, NoAnswer):
        raise
    except CancelledError:
        log.error("{asked} was cancelled before it had answered", asked=str(asked))
        raise
    except (Exception, SystemExit):
        log_failure(Failure(), asked)
        raise _internal_error(version) from None
    if answer is not None and (faults := QUESTIONS[asked.hook](answer)):
        text = "{asked} gave an invalid answer: {faults}"
        log.error(text, asked=str(asked), faults="; ".join(map(str, faults)))
        raise _internal_error(version)
    return deepcopy(answer)  # the plugin may give the same one every time


def _internal_error(version: OcppVersion) -> CallFailed:
    return CallFailed(code_for(version, Fault.INTERNAL), "an internal error occurred")
