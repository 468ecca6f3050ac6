"""Where plugins are found: the shipped folder, entry points, ``./plugins``, further folders."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ocppfw.errors import PluginError
from ocppfw.marker import PROJECT
from ocppfw.text import did_you_mean

SHIPPED = Path(__file__).parents[1] / "plugins"


@dataclass
class Candidate:
    """A plugin that can be loaded.

    Attributes:
        name: stem of the file, or name of the entry point.
        path: the file, with symbolic links resolved.
        source: where it was found, for a human.
        shadows: files of the same name that this one replaces.
    """

    name: str
    path: Path
    source: str
    shadows: list[Path] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """First line of the module's docstring, empty if it has none."""
        return (ast.get_docstring(self._tree) or "").partition("\n")[0]

    @property
    def autoload(self) -> bool:
        """False if the file says ``autoload = False``. The file is read, not run."""
        if b"autoload" not in self._source:
            return True  # as most do: there is nothing to look for
        for node in self._tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(
                node.value, ast.Constant
            ):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(t, ast.Name) and t.id == "autoload" for t in targets):
                    return bool(node.value.value)
        return True

    @property
    def _tree(self) -> ast.Module:
        try:
            return ast.parse(self._source, str(self.path))
        except SyntaxError as error:
            raise PluginError(f"{self.path}:{error.lineno}: {error.msg}") from error
        except ValueError as error:
            raise PluginError(f"{self.path}: {error}") from error

    @property
    def _source(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise PluginError(f"{self.path}: {error}") from error


class Discovery:
    """Finds plugins; where two have the same name, the later one replaces the earlier.

    Args:
        folders: folders in the order of precedence, the last wins, with a name for each.
    """

    def __init__(self, folders: Iterable[tuple[str, Path]]) -> None:
        self._folders = list(folders)

    @classmethod
    def usual(cls, further: Iterable[Path]) -> Discovery:
        """Shipped plugins, entry points, ``./plugins`` where it exists, further folders.

        Raises:
            PluginError: one of the further folders does not exist.
        """
        folders = [("shipped", SHIPPED)]
        if Path("plugins").is_dir():
            folders.append(("./plugins", Path("plugins")))
        for folder in further:
            if not folder.is_dir():
                raise PluginError(f"{folder}: no such folder of plugins")
            folders.append((str(folder), folder))
        return cls(folders)

    def find(self) -> list[Candidate]:
        """All plugins, in the order in which they are loaded."""
        found: dict[str, Candidate] = {}
        seen: set[Path] = set()
        for candidate in self._all():
            if candidate.path in seen:
                continue
            seen.add(candidate.path)
            replaced = found.pop(candidate.name, None)
            if replaced is not None:
                candidate.shadows = [*replaced.shadows, replaced.path]
            found[candidate.name] = candidate
        return list(found.values())

    @staticmethod
    def get(name: str, candidates: list[Candidate]) -> Candidate:
        """The plugin of a name.

        Raises:
            PluginError: there is none; the text names the nearest.
        """
        for candidate in candidates:
            if candidate.name == name:
                return candidate
        hint = did_you_mean(name, [candidate.name for candidate in candidates])
        raise PluginError(f"there is no plugin {name}{hint}")

    def _all(self) -> Iterator[Candidate]:
        for position, (source, folder) in enumerate(self._folders):
            yield from _in_folder(source, folder)
            if position == 0:
                yield from _in_entry_points()


def _in_folder(source: str, folder: Path) -> Iterator[Candidate]:
    for path in sorted(folder.glob("*.py")):
        if not path.name.startswith(("_", ".")):
            yield Candidate(path.stem, path.resolve(), source)


def _in_entry_points() -> Iterator[Candidate]:
    for entry_point in importlib.metadata.entry_points(group=PROJECT):
        try:
            spec = importlib.util.find_spec(entry_point.module)
        except ImportError as error:
            raise PluginError(f"entry point {entry_point.name}: {error}") from error
        if spec is None or spec.origin is None:
            raise PluginError(f"entry point {entry_point.name}: no module {entry_point.module}")
        yield Candidate(entry_point.name, Path(spec.origin).resolve(), "entry point")
