"""The tables, and how a database gets those of this version."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, inspect
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from ocppfw.errors import StorageError

#: The table in which Alembic writes down the version of the others.
VERSION_TABLE = "ocppfw_schema"
_MIGRATIONS = Path(__file__).with_name("migrations")


class AnyText(TypeDecorator[str]):
    r"""Any text: PostgreSQL takes none with U+0000, so that becomes ``\0``, and a backslash two."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text as it is stored."""
        if value is None:
            return None
        return value.replace("\\", "\\\\").replace("\0", "\\0")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        """The text as it was."""
        if value is None or "\\" not in value:
            return value
        return "\\".join(part.replace("\\0", "\0") for part in value.split("\\\\"))


#: The tables. In SQLite all of them have row numbers: what of a damaged file can be read is found
#: by them.
metadata = MetaData()

#: What stations keep; one row a value. A row that was written later has the higher position.
store = Table(
    "store",
    metadata,
    Column("station", AnyText, primary_key=True),
    Column("namespace", AnyText, primary_key=True),
    Column("key", AnyText, primary_key=True),
    Column("value", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What was done to a database.

    Attributes:
        before: the version of its tables, None where there were none.
        now: their version now.
    """

    before: str | None
    now: str

    def __str__(self) -> str:
        if self.before == self.now:
            return f"schema {self.now}"
        if self.before is None:
            return f"new, schema {self.now}"
        return f"upgraded from schema {self.before} to {self.now}"


def upgrade(connection: Connection, remembered: str | None = None) -> Upgrade:
    """Make the tables, or bring them up to this version; all in the transaction of the connection.

    Args:
        connection: to the database.
        remembered: the version of its tables, where their own table may have lost it.

    Raises:
        StorageError: a newer version has made them, or they are somebody else's.
    """
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    known = [script.revision for script in scripts.walk_revisions()]
    tables = inspect(connection).get_table_names()
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    before = context.get_current_revision()
    if before is None and remembered in known and VERSION_TABLE in tables:
        before = remembered
        context.stamp(scripts, remembered)
    if before is not None and before not in known:
        raise StorageError(
            f"a newer ocppfw has made it (schema {before}, this one knows {known[0]}): use that"
            " one, or another store"
        )
    if before is None and tables:
        raise StorageError("it holds tables of something else: name a database of its own")
    if before != known[0]:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    if missing := metadata.tables.keys() - inspect(connection).get_table_names():
        raise StorageError(f"it lacks the table {', '.join(missing)}: take another store")
    return Upgrade(before, known[0])
