"""The page about the commands, made from their table.

::

    python -m ocppfw.console.reference > docs/commands.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ocppfw.commands import Command
from ocppfw.console.output import Screen
from ocppfw.console.table import Table
from ocppfw.console.world import World

_HEAD = """\
# Commands

`ocppfw` runs central systems and charge points by hand. This page is made from the table of
commands (`python -m ocppfw.console.reference > docs/commands.md`); `help` at the prompt says the
same.

```console
$ ocppfw                                          # the prompt
$ ocppfw start_cs 9000                            # a command, then the prompt
$ ocppfw -c 'start_cs 9000; wait Heartbeat'       # some commands, and no prompt
$ ocppfw < script.txt                             # the same from a file, one command a line
$ ocppfw remote_reset --help
```

Without a prompt, each command waits for its answer before the next one begins; all are run, also
when one fails. Empty lines and lines that begin with `#` are passed over. The exit status is 0 if
all commands succeeded, 1 if one failed, 2 if one was not a command, or not one that can be run.
`--plugins FOLDER` adds a folder of plugins, `--show-secrets` shows passwords and keys in the
trace. Colours are used on a terminal only, and not where `NO_COLOR` is set.

At the prompt, TAB completes commands, options, names and values; Ctrl-C gives up a line, or the
command that runs; Ctrl-D ends the program. Lines are remembered from one run to the next, in
`~/.local/state/ocppfw/history`.

## Words and values

Words are separated by spaces. Double quotes, single quotes, a backslash, and the brackets of a
JSON value keep spaces inside a word. An option is `-x value`, `--long value` or `--long=value`. A
field of a payload is `name=value`:

| Typed | Meaning |
|---|---|
| `type=Soft`, `type="Soft"` | the text `Soft` |
| `connectorId=1`, `key=["A","B"]`, `data={"a": "b c"}` | JSON, or a text where a text is wanted |
| `chargingStation.model=X` | a field inside an object |
| `values[0].timestamp=…` | a field of the first item of a list; one after the last adds it |
| `meterValue=@values.json` | the JSON in a file |
| `info=null` | the field is left out |

Fields that are not typed have sensible values: the time is now, the transaction the last one.
What is typed holds for one line. A payload that breaks its schema is not sent, and the message
says what is wrong; `--force` sends it all the same.
"""


def build_reference(commands: list[Command]) -> str:
    """The page about some commands, as Markdown."""
    return "\n".join([_HEAD, *_sections(commands)])


def _sections(commands: list[Command]) -> Iterator[str]:
    groups = dict.fromkeys(command.group for command in commands)
    for group in groups:
        yield f"## {group}\n"
        members = [command for command in commands if command.group == group]
        for command in members:
            if not command.versions:
                yield from _section(command)
        operations = [command for command in members if command.versions]
        if operations:
            yield from _operations(operations)


def _section(command: Command) -> Iterator[str]:
    yield f"### {command.name}\n"
    yield f"{command.help}\n"
    yield "```text"
    yield from command.usage
    yield "```\n"
    yield f"Example: `{command.example}`\n"


def _operations(commands: list[Command]) -> Iterator[str]:
    yield "### Operations\n"
    yield "All of them are typed in the same way:\n"
    yield "```text"
    yield from (line.replace(commands[0].name, "<operation>") for line in commands[0].usage)
    yield "```\n"
    yield "| Command | What it does | OCPP | Example |"
    yield "|---|---|---|---|"
    for command in commands:
        names = ", ".join(f"`{name}`" for name in (command.name, *command.aliases))
        versions = ", ".join(command.versions)
        yield f"| {names} | {command.help} | {versions} | `{command.example}` |"
    yield ""


def main() -> None:
    """Write the page."""

    def nothing(_: object = None) -> None:
        pass

    table = Table(World(None, nothing), Screen(nothing, False, None), nothing)
    sys.stdout.write(build_reference(table.own))


if __name__ == "__main__":
    main()
