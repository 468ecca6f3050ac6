"""Which private names of Autobahn and Twisted a module uses, read from its source and theirs.

Private is what begins with an underscore, and of the classes that hold the state of connections
and reactors all that no interface publishes.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from functools import cache
from types import ModuleType

import autobahn.websocket.interfaces
import twisted.internet.interfaces
import twisted.internet.protocol
from zope.interface.interface import InterfaceClass

LIBRARIES = ("autobahn.", "twisted.")
# Of these modules; what other classes have without an underscore is documented.
STATEFUL = (
    "autobahn.twisted.websocket",
    "autobahn.websocket.",
    "twisted.internet.abstract",
    "twisted.internet.base",
    "twisted.internet.epollreactor",
    "twisted.internet.posixbase",
    "twisted.internet.tcp",
)
PUBLISHED = (
    autobahn.websocket.interfaces,
    twisted.internet.interfaces,
    twisted.internet.protocol,
)


def modules_below(package: ModuleType) -> Iterator[ModuleType]:
    """Every module of a package, however deep."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def private_names(module: ModuleType) -> set[str]:
    """The private names of the libraries that a module uses.

    A name counts wherever it stands (``x.name``, ``"name"``, a class's own ``name = ...``) if a
    class of the libraries that is known in the module's folder has it; ``x._name`` counts unless
    the module defines it or ``x`` is ``self``.
    """
    tree = ast.parse(inspect.getsource(module))
    folder = module.__name__.rpartition(".")[0]
    theirs = set[str]()
    for neighbour in (module, *modules_below(importlib.import_module(folder))):
        for known in _classes(neighbour):
            if known.__module__.startswith((*LIBRARIES, f"{folder}.")):
                theirs |= _library_names(known)
    own = _own_names(module)
    return (set(_used(tree)) & theirs | set(_reached_into(tree))) - own


def _classes(module: ModuleType) -> list[type]:
    return [each for each in vars(module).values() if inspect.isclass(each)]


def _used(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                yield name
            case ast.ClassDef():
                yield from _defined(node)


def _reached_into(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name, value=ast.Name(id="self")):
                pass
            case ast.Attribute(attr=name) if name.startswith("_") and not name.startswith("__"):
                yield name
            case ast.ImportFrom(module=str(source), names=names) if source.startswith(LIBRARIES):
                yield from (each.name for each in names if each.name.startswith("_"))


def _own_names(module: ModuleType) -> set[str]:
    """What classes of the module define and do not share with the libraries' classes."""
    names = set[str]()
    for each in _classes(module):
        if each.__module__ == module.__name__:
            shared = set[str]().union(*map(_library_names, _family(each)))
            names |= _names_in(each) - shared
    return names


def _family(of: type) -> Iterator[type]:
    yield of
    for heir in of.__subclasses__():
        yield from _family(heir)


@cache
def _library_names(of: type) -> frozenset[str]:
    """The private names that a class has from the libraries."""
    bases = [base for base in of.__mro__ if base.__module__.startswith(LIBRARIES)]
    names = set[str](getattr(of, "CONFIG_ATTRS", ())).union(*map(_names_in, bases))
    if not any(base.__module__.startswith(STATEFUL) for base in bases):
        names = {name for name in names if name.startswith("_")}
    return frozenset(name for name in names if not name.startswith("__")) - _published()


@cache
def _published() -> frozenset[str]:
    names = set[str]()
    for module in PUBLISHED:
        for each in vars(module).values():
            if inspect.isclass(each):
                names.update(vars(each))
            elif isinstance(each, InterfaceClass):
                names.update(each.names(all=True))
    return frozenset(names)


@cache
def _names_in(of: type) -> frozenset[str]:
    return frozenset(_defined(_definitions(of.__module__)[of.__name__]))


@cache
def _definitions(module: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def _defined(definition: ast.ClassDef) -> Iterator[str]:
    """What a class has by its source: methods, what it sets in its body and on ``self``."""
    for statement in definition.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
    for node in ast.walk(definition):
        match node:
            case ast.Attribute(attr=name, value=ast.Name(id="self"), ctx=ast.Store()):
                yield name
