"""Whatever waits for the thread that writes goes into one transaction, and one commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from ocppfw.errors import StorageError
from ocppfw.storage.database import Database
from ocppfw.storage.writer import Writer, WriterThread
from tests.deferreds import outcomes, value_of
from tests.storage.disk import Turns


class Table:
    """A table of numbers, a writer for it, and what is sent to the database."""

    def __init__(self, path: Path) -> None:
        self.database = Database(f"sqlite:///{path}", time.time)
        with self.database.writing() as connection:
            connection.execute(text("CREATE TABLE number (value INTEGER PRIMARY KEY)"))
        self.turns = Turns()
        self.writer = Writer(
            self.database, self.turns.call, lambda function, *arguments: function(*arguments)
        )
        self.commits = 0
        event.listen(self.database._engine, "commit", self.count)

    def count(self, connection: Connection) -> None:
        self.commits += 1

    def insert(self, number: int) -> Callable[[Connection], int]:
        """Work that fails where the number is there already."""

        def work(connection: Connection) -> int:
            connection.execute(text("INSERT INTO number VALUES (:number)"), {"number": number})
            return number

        return work

    @property
    def numbers(self) -> list[int]:
        with self.database.reading() as connection:
            return list(connection.execute(text("SELECT value FROM number")).scalars())


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    table = Table(tmp_path / "numbers.db")
    yield table
    table.database.close()


def break_the_database(connection: Connection) -> None:
    connection.execute(text("SELECT * FROM nowhere"))


def test_all_that_waits_shares_one_commit(table: Table) -> None:
    written = [table.writer.write(table.insert(number)) for number in range(200)]
    assert table.numbers == []
    assert not any(each.called for each in written)
    table.turns.run()
    assert [value_of(each) for each in written] == list(range(200))
    assert len(table.numbers) == 200
    assert table.commits == 1


def test_what_comes_meanwhile_is_in_the_next_commit(table: Table) -> None:
    later: list[Any] = []

    def work(connection: Connection) -> None:
        later.append(table.writer.write(table.insert(2)))
        later.append(table.writer.write(table.insert(3)))

    table.writer.write(work)
    table.writer.write(table.insert(1))
    assert len(table.turns.waiting) == 1
    table.turns.run()
    assert table.numbers == [1, 2, 3]
    assert table.commits == 2
    assert [value_of(each) for each in later] == [2, 3]


def test_the_thread_is_asked_again_when_it_had_nothing_to_do(table: Table) -> None:
    for number in range(3):
        written = table.writer.write(table.insert(number))
        table.turns.run()
        assert value_of(written) == number
    assert table.commits == 3


def test_work_that_fails_takes_nothing_else_with_it(table: Table) -> None:
    def fail(connection: Connection) -> None:
        table.insert(7)(connection)
        raise ZeroDivisionError

    good = table.writer.write(table.insert(1))
    twice = table.writer.write(table.insert(1))
    failed = outcomes(table.writer.write(fail))
    last = table.writer.write(table.insert(2))
    table.turns.run()
    assert (value_of(good), value_of(last)) == (1, 2)
    [refused] = outcomes(twice)
    assert isinstance(refused, StorageError)
    assert "numbers.db: it cannot be written to: UNIQUE constraint failed: number.value" in str(
        refused
    )
    assert isinstance(failed[0], ZeroDivisionError)
    assert table.numbers == [1, 2]
    assert table.commits == 1


def test_when_the_database_is_to_blame_nothing_is_tried_again(table: Table) -> None:
    calls = []

    def work(connection: Connection) -> None:
        calls.append(1)

    first = outcomes(table.writer.write(work))
    broken = outcomes(table.writer.write(break_the_database))
    last = outcomes(table.writer.write(table.insert(1)))
    table.turns.run()
    assert len(calls) == 1
    assert table.numbers == []
    for [error] in (first, broken, last):
        assert isinstance(error, StorageError)
        assert "it cannot be written to: no such table: nowhere" in str(error)


def test_a_database_that_breaks_while_it_is_tried_again_fails_all(table: Table) -> None:
    calls: list[int] = []

    def break_later(connection: Connection) -> None:
        calls.append(1)
        if len(calls) == 2:
            break_the_database(connection)

    failed = [outcomes(table.writer.write(work)) for work in (break_later, table.insert(1))]
    failed.append(outcomes(table.writer.write(table.insert(1))))
    table.turns.run()
    assert all("no such table: nowhere" in str(error) for [error] in failed)
    assert table.numbers == []
    again = table.writer.write(table.insert(2))
    table.turns.run()
    assert value_of(again) == 2


def test_a_commit_that_fails_fails_all(table: Table) -> None:
    def refuse(connection: Connection) -> None:
        raise ZeroDivisionError("at the commit")

    event.listen(table.database._engine, "commit", refuse)
    failed = [outcomes(table.writer.write(table.insert(number))) for number in (1, 2)]
    table.turns.run()
    assert all(isinstance(error, ZeroDivisionError) for [error] in failed)
    event.remove(table.database._engine, "commit", refuse)
    assert table.numbers == []


def test_a_thread_calls_one_after_the_other_and_ends_when_it_is_told_to() -> None:
    thread = WriterThread()
    called: list[int] = []
    for number in range(3):
        thread.call(lambda number=number: called.append(number))  # type: ignore[misc]
    ended = threading.Event()
    thread.call(ended.set)
    thread.stop()
    assert ended.wait(20)
    assert called == [0, 1, 2]
    assert thread._thread is not None
    thread._thread.join(20)
    assert not thread._thread.is_alive()


def test_a_thread_that_was_never_needed_is_not_there() -> None:
    before = threading.active_count()
    WriterThread().stop()
    assert threading.active_count() == before
