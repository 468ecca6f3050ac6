"""What versions say is read when a station starts, and not when a call waits for it."""

from __future__ import annotations

from collections.abc import Iterable

from ocppfw.catalogue import load_catalogue
from ocppfw.versions import OcppVersion, Transport


def read_definitions(spoken: Iterable[tuple[OcppVersion, Transport]]) -> None:
    """Read now what versions say: in the background nobody sees a fault, later calls would wait.

    Raises:
        CatalogueError: the definitions of a version cannot be read.
    """
    for version, transport in spoken:
        for operation in load_catalogue(version).operations.values():
            operation.form(transport)
