"""Prints how much of each room the tests have run, and holds the gates.

A room is a folder of ocppfw, ocppfw's own modules, plugins or docgen. Its coverage is that of
coverage.py with branches: statements and branches that were run, of all there are, in per cent.
The gates stand in setup.cfg, section ``coverage-gates``; a room without one is a fault, and so is
a gate without a room.
"""

from __future__ import annotations

import configparser
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any

_KEYS = ("covered_lines", "covered_branches", "num_statements", "num_branches")


def room_of(path: str) -> str:
    """The room of a file, such as ``rpc`` for ``ocppfw/rpc/frames.py``."""
    folder, *rest = PurePath(path).parts
    return rest[0] if folder == "ocppfw" and len(rest) > 1 else folder


def percentages(report: Mapping[str, Any]) -> dict[str, float]:
    """Per cent by room, from the report that ``coverage json`` writes."""
    rooms: dict[str, Counter[str]] = {}
    for path, file in report["files"].items():
        counts = {key: file["summary"][key] for key in _KEYS}
        rooms.setdefault(room_of(path), Counter()).update(counts)
    return {room: _percentage(counts) for room, counts in sorted(rooms.items())}


def _percentage(counts: Counter[str]) -> float:
    everything = counts["num_statements"] + counts["num_branches"]
    covered = counts["covered_lines"] + counts["covered_branches"]
    return 100 * covered / everything if everything else 100.0


def lines(found: Mapping[str, float], gates: Mapping[str, float]) -> Iterable[tuple[bool, str]]:
    """For each room, and each gate without one, whether it passes and what is to be said of it."""
    for room, per_cent in found.items():
        if room not in gates:
            yield False, f"{room:14} {per_cent:6.1f} %  has no gate in setup.cfg"
            continue
        passes = per_cent >= gates[room]
        verdict = "" if passes else "  too little"
        yield passes, f"{room:14} {per_cent:6.1f} %  gate {gates[room]:g} %{verdict}"
    for room in sorted(gates.keys() - found.keys()):
        yield False, f"{room:14} has a gate in setup.cfg, but no code"


def main() -> int:
    """Print a line for each room; 1 when one of them fails."""
    [path] = sys.argv[1:]
    found = percentages(json.loads(Path(path).read_text(encoding="utf-8")))
    config = configparser.ConfigParser()
    config.read("setup.cfg")
    gates = {room: float(per_cent) for room, per_cent in config["coverage-gates"].items()}
    verdicts = list(lines(found, gates))
    for _, line in verdicts:
        print(line)
    return 0 if all(passes for passes, _ in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
