"""Runs the file of a plugin, and the helper files beside it, under names of their own.

Each time a plugin is loaded, a package is made for it that lies on no disk. The plugin is a module
of this package, and so is every helper file that it imports (``from ._cards import STOLEN`` for
``_cards.py`` in its folder). So no two plugins, loads or services share a module.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from ocppfw.errors import PluginError
from ocppfw.hooks.files import Candidate
from ocppfw.hooks.places import PREFIX, place_of, what_is_wrong

_serials = itertools.count(1)


def run_file(candidate: Candidate) -> ModuleType:
    """Run a plugin's file.

    Args:
        candidate: where the plugin was found.

    Returns:
        The module, which lies in a package of its own.

    Raises:
        PluginError: the file, or a helper file, cannot be run; the text names file and line.
    """
    package = _make_package(candidate.path.parent)
    name = f"{package}.{candidate.name.replace('.', '_')}"
    loader = _SourceLoader(name, str(candidate.path))
    spec = spec_from_file_location(name, candidate.path, loader=loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except (Exception, SystemExit) as error:
        place = place_of(error)
        forget(package)
        raise PluginError(f"{place or candidate.path}: {what_is_wrong(error)}") from error
    return module


def files_of(package: str) -> dict[Path, bytes]:
    """The files of a plugin, helper files among them, each with a digest of what is in it."""
    modules = (sys.modules.get(name) for name in _modules_of(package))
    files = filter(None, (getattr(module, "__file__", None) for module in modules))
    return {path: digest_of(path) for path in map(Path, files)}


def digest_of(path: Path) -> bytes:
    """Differs where the file is another; empty if it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return b""


def forget(package: str) -> None:
    """Take a plugin and its helper files out of ``sys.modules``."""
    for name in _modules_of(package):
        sys.modules.pop(name, None)


def _modules_of(package: str) -> list[str]:
    """Names of a package and of all modules in it, which came after it."""
    inside = f"{package}."
    later = itertools.takewhile(package.__ne__, reversed(list(sys.modules)))
    return [package, *(name for name in later if name.startswith(inside))]


def _make_package(folder: Path) -> str:
    spec = ModuleSpec(f"{PREFIX}{next(_serials)}", None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    sys.modules[spec.name] = module_from_spec(spec)
    return spec.name


class _SourceLoader(SourceFileLoader):
    """Reads a file anew: a cached one may stand for a source of the same second."""

    def path_stats(self, path: Any) -> Any:
        raise OSError  # nothing is known that a cached file could be compared with

    def source_to_code(self, data: Any, path: Any) -> CodeType:  # type: ignore[override]
        return _compile(bytes(data), str(path))


@functools.lru_cache(maxsize=128)
def _compile(source: bytes, path: str) -> CodeType:
    """The code of a file, which is compiled once: several services of a process may load it."""
    code: CodeType = compile(source, path, "exec", dont_inherit=True)
    return code


class _HelperFinder(MetaPathFinder):
    """Finds helper files."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(PREFIX) or not path:
            return None
        _, _, name = fullname.partition(".")
        if not name.startswith("_"):
            raise ModuleNotFoundError(
                f"{name} is not a helper file: their names begin with _, and plugins do not"
                " import each other"
            )
        spec = FileFinder(path[0], (_SourceLoader, [".py"])).find_spec(fullname)
        if spec is None:
            raise ModuleNotFoundError(f"there is no helper file {name}.py in {path[0]}")
        return spec


sys.meta_path.insert(0, _HelperFinder())
