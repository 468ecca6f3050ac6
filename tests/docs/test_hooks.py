"""docs/plugins.md names every hook, with its arguments and versions, and nothing else."""

import inspect
import re

import ocppfw
from ocppfw.catalogue import hook_name, load_catalogue
from ocppfw.hooks import specs
from ocppfw.stations.peer import Peer
from ocppfw.versions import OcppVersion, Role
from tests.docs.pages import ROOT, names, read, rows, section

PAGE = "docs/plugins.md"
FIXED = "All other hooks"
ANSWERS = "All answer hooks"


def test_hooks_with_a_fixed_name():
    specified = {
        f"{name}({', '.join(inspect.signature(getattr(specs, name)).parameters)})"
        for name in specs.FIXED_HOOKS
    }
    documented = [names(row[0])[0] for row in rows(section(PAGE, FIXED))]
    assert set(documented) == specified
    assert len(documented) == len(specified)


def test_hooks_that_nothing_calls():
    """A hook that is specified, but that no module calls, is called so where it is named."""
    modules = [path for path in (ROOT / "ocppfw").rglob("*.py") if path.name != "specs.py"]
    source = "\n".join(path.read_text() for path in modules)
    uncalled = {name for name in specs.FIXED_HOOKS if f'"{name}"' not in source}
    mark = "not called in this version"
    for page in (PAGE, "docs/from-ocppjs.md"):
        lines = [line for line in read(page).splitlines() if mark in line]
        named = {name.partition("(")[0] for line in lines for name in names(line)}
        assert named & set(specs.FIXED_HOOKS) == uncalled, page


def test_arguments_of_answer_hooks():
    specified = list(inspect.signature(specs.answer_hook).parameters)
    first_rows = rows(section(PAGE, "Answering"))[: len(specified)]
    assert [names(row[0]) for row in first_rows] == [[name] for name in specified]


def test_answer_hooks():
    expected = {}
    for version in OcppVersion:
        for role in Role:
            for action in load_catalogue(version).answered_by(role):
                expected.setdefault((hook_name(action, role), action), []).append(version.value)
    assert {name for name, _ in expected} == set(specs.answer_hooks())
    documented = [
        (names(hook)[0], action, versions)
        for hook, action, versions in rows(section(PAGE, ANSWERS))
    ]
    assert set(documented) == {(*key, ", ".join(found)) for key, found in expected.items()}
    assert len(documented) == len(expected)


def test_constants_of_a_plugin():
    documented = {names(row[0])[0] for row in rows(section(PAGE, "The module")) if names(row[0])}
    assert documented == {"role", "versions", "autoload", "SETTINGS"}


def is_error(thing):
    return isinstance(thing, type) and issubclass(thing, ocppfw.OcppfwError)


def test_errors_of_a_call():
    words = set(re.findall(r"\w+", inspect.getdoc(Peer.call)))
    raised = {word for word in words if is_error(getattr(ocppfw, word, None))}
    documented = [names(row[0])[0] for row in rows(section(PAGE, "Calling the peer"))]
    assert sorted(documented) == sorted(raised)
