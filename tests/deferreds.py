"""What has become of a Deferred."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure


def value_of(deferred: Deferred[Any]) -> Any:
    """The result of a Deferred that has fired; what it failed with is raised."""
    results: list[Any] = []
    deferred.addBoth(results.append)
    assert results, "the Deferred has not fired"
    if isinstance(results[0], Failure):
        results[0].raiseException()
    return results[0]


def outcomes(deferred: Deferred[Any]) -> list[Any]:
    """A list that gets the result, or the exception, when the Deferred fires."""
    results: list[Any] = []
    deferred.addCallbacks(results.append, lambda failure: results.append(failure.value))
    return results
