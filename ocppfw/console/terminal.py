"""The prompt on a terminal: prompt_toolkit over Twisted's asyncio reactor."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, redirect_stderr, redirect_stdout
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.patch_stdout import StdoutProxy
from twisted.internet.defer import CancelledError, Deferred

from ocppfw.console.abbreviation import Abbreviated
from ocppfw.console.completion import complete
from ocppfw.console.errors import Misused
from ocppfw.console.grammar import split_lines
from ocppfw.console.interpreter import DONE, FAILED, MISUSED
from ocppfw.console.session import Session
from ocppfw.service.signals import end_on_signals

_READ_AT_ONCE = 65536  # bytes
_MOST_TYPED = 100  # keys
_QUICK_START = (
    "ocppfw: central systems and charge points that speak OCPP",
    " start_cs <port> [options]   such as: start_cs 9000 -u /simulator",
    " start_cp <url> <id>         such as: start_cp ws://localhost:9000/simulator id01",
    " help",
)


def talk(session: Session, words: Sequence[str]) -> int:
    """Run the command of the shell's command line, then ask for commands until the end.

    Args:
        session: runs the commands.
        words: the command from the shell's command line; empty if there is none.

    Returns:
        The exit status.
    """
    return _Terminal(session).talk(words)


class _Terminal:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._session.world.ask_secret = self._ask_secret
        self._loop = asyncio.get_event_loop()
        self._status = DONE

    def talk(self, words: Sequence[str]) -> int:
        reactor = self._session.reactor
        self._session.join_reactor()
        reactor.callWhenRunning(self._begin, words)
        reactor.run(installSignalHandlers=False)
        return self._status

    def _begin(self, words: Sequence[str]) -> None:
        task = self._loop.create_task(self._talk(words))

        def end(number: signal.Signals) -> None:
            self._loop.call_soon_threadsafe(task.cancel)

        end_on_signals((signal.SIGTERM, signal.SIGHUP), end)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._session.reactor.stop()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._status = FAILED
            self._session.screen.say(f"Error: the prompt failed: {type(error).__name__}: {error}")

    async def _talk(self, words: Sequence[str]) -> None:
        # Raw: our colours are escape sequences; what peers send is escaped before.
        with _AbovePrompt(raw=True) as above, redirect_stdout(above), redirect_stderr(above):
            if words:
                status = await self._run([self._session.interpreter.run_words(words)])
                if status == MISUSED:
                    self._status = status
                    return
            else:
                for line in _QUICK_START:
                    self._session.screen.say(line)
            await self._ask()

    async def _ask(self) -> None:
        prompt: PromptSession[str] = PromptSession(
            history=_history(),
            completer=_Completer(self._session),
            complete_while_typing=False,
            input_processors=[Abbreviated()],
            input=_Keyboard(sys.stdin),
        )
        while not self._session.ended:
            try:
                text = await prompt.prompt_async("> ")
            except KeyboardInterrupt:  # Ctrl-C: this line is not wanted
                continue
            except EOFError:  # Ctrl-D
                return
            await self._run_lines(text)

    async def _run_lines(self, text: str) -> None:
        """Run a line that was typed, or all that were pasted."""
        try:
            lines = split_lines(text)
        except Misused as error:
            self._session.screen.say(f"Error: {error}")
        else:
            await self._run(map(self._session.interpreter.run, lines))

    def _ask_secret(self, question: str) -> Deferred[str]:
        """What is typed, of which nothing is shown and nothing kept; Ctrl-C cancels."""

        async def ask() -> str:
            prompt: PromptSession[str] = PromptSession(
                input_processors=[_ShowNothing()], input=_Keyboard(sys.stdin)
            )
            try:
                return await prompt.prompt_async(question)
            except (KeyboardInterrupt, EOFError):
                raise CancelledError from None

        return Deferred.fromFuture(self._loop.create_task(ask()))

    async def _run(self, commands: Iterable[Coroutine[Deferred[Any], Any, int]]) -> int:
        """Wait for one command after another; Ctrl-C cancels the one that runs, and the rest."""
        status = DONE
        interrupted = False

        def interrupt() -> None:
            nonlocal interrupted
            interrupted = True
            running.cancel()

        self._loop.add_signal_handler(signal.SIGINT, interrupt)
        try:
            for command in commands:
                running = Deferred.fromCoroutine(command)
                status = await running.asFuture(self._loop)
                await asyncio.sleep(0)  # the stations have their turn
                if interrupted or self._session.ended:
                    break
        finally:
            self._loop.remove_signal_handler(signal.SIGINT)
        return status


_printing = ContextVar("printing", default=False)


class _AbovePrompt(StdoutProxy):
    """Standard output while the prompt is shown; lines are printed above it."""

    def _write_and_flush(self, loop: asyncio.AbstractEventLoop | None, text: str) -> None:
        _printing.set(True)  # in this thread, and so in the task that it starts to print
        super()._write_and_flush(loop, text)


class _Keyboard(Vt100Input):
    """Standard input, which stays raw while lines are printed above the prompt.

    In cooked mode the terminal would echo a key behind a line that is being printed. Who has the
    terminal for anything else, the shell after Ctrl-Z for one, gets it cooked.
    """

    def read_keys(self) -> list[KeyPress]:
        """The keys since this was last asked."""
        # What is pasted is searched for its end with every read: let there be few.
        self.vt100_parser.feed(self.stdin_reader.read(_READ_AT_ONCE))
        return list(_with_pastes(super().read_keys()))

    def cooked_mode(self) -> AbstractContextManager[None]:
        """What prompt_toolkit asks for before anything but itself writes on the terminal."""
        return nullcontext() if _printing.get() else super().cooked_mode()


def _with_pastes(keys: Iterable[KeyPress]) -> Iterator[KeyPress]:
    """Keys, of which many characters in a row are a paste that the terminal did not announce.

    Each key has its place in the line and its undo; so many are not typed before they are read.
    """
    for are_characters, group in itertools.groupby(keys, lambda key: key.key == key.data):
        pressed = list(group)
        if are_characters and len(pressed) > _MOST_TYPED:
            yield KeyPress(Keys.BracketedPaste, "".join(key.data for key in pressed))
        else:
            yield from pressed


class _ShowNothing(Processor):
    """Hides what is typed, also how long it is."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """Nothing of the line that is being typed."""
        return Transformation([], lambda _: 0, lambda _: 0)


class _Completer(Completer):
    """What the TAB key offers."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        """The words that can stand before the cursor."""
        try:
            begun, words = complete(document.text_before_cursor, self._session.table)
        except Exception:  # of a plugin that offers words
            return []
        return [Completion(word, start_position=-len(begun)) for word in words]


def _history() -> History:
    """The lines of earlier runs; only of this one where they cannot be kept."""
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    try:
        path = Path(state).expanduser() / "ocppfw" / "history"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except (OSError, RuntimeError):  # RuntimeError: there is no home
        return InMemoryHistory()
    return FileHistory(str(path))
