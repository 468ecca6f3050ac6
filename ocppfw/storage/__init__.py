"""What is kept in a database: SQLite in a file, or PostgreSQL.

Importing this room loads SQLAlchemy and Alembic (0.3 s, 25 MiB), so that it is only imported,
inside functions, where a store on disk is asked for.
"""

from ocppfw.storage.stores import SqlStores

__all__ = ["SqlStores"]
