"""The rows of the table ``store``: how they are read and written."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from ocppfw.storage.schema import store
from ocppfw.store import Changes

_PRIMARY_KEY = [column.name for column in store.primary_key]
_INSERTS: dict[str, postgresql.Insert | sqlite.Insert] = {
    "postgresql": postgresql.insert(store),
    "sqlite": sqlite.insert(store),
}
_UPSERTS = {
    dialect: insert.on_conflict_do_update(
        index_elements=_PRIMARY_KEY,
        set_={"value": insert.excluded.value, "position": insert.excluded.position},
    )
    for dialect, insert in _INSERTS.items()
}
# Parameters must not be called as columns are.
_DELETE = delete(store).where(*(store.c[name] == bindparam(f"old_{name}") for name in _PRIMARY_KEY))
_SELECT = (
    select(store.c.namespace, store.c.key, store.c.value, store.c.position)
    .where(store.c.station == bindparam("of_station"))
    .order_by(store.c.position)
)


def load(connection: Connection, station: str) -> Sequence[tuple[str, str, str, int]]:
    """What a station keeps: namespace, key, JSON text and position, in the order of writing."""
    return connection.execute(_SELECT, {"of_station": station}).all()


def save(connection: Connection, station: str, changes: Changes, last: int) -> None:
    """Write changes of a station.

    Args:
        connection: where to.
        station: whose changes they are.
        changes: what has changed.
        last: the position of the last of them; those before have the positions before.
    """
    first = last - len(changes) + 1
    written, deleted = [], []
    for position, ((namespace, key), text) in enumerate(changes.items(), first):
        if text is None:
            deleted.append({"old_station": station, "old_namespace": namespace, "old_key": key})
        else:
            row = {"station": station, "namespace": namespace, "key": key}
            written.append(row | {"value": text.decode(), "position": position})
    if deleted:
        connection.execute(_DELETE, deleted)
    if written:
        connection.execute(_UPSERTS[connection.dialect.name], written)
