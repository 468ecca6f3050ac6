"""docs/plugins.md names every hook, with its arguments and versions, and nothing else."""

import inspect

from ocppfw import hookspecs
from ocppfw.catalogue import hook_name, load_catalogue
from ocppfw.versions import OcppVersion, Role
from tests.docs.pages import names, read, rows, section

PAGE = "docs/plugins.md"
FIXED = "All other hooks"
ANSWERS = "All answer hooks"


def test_hooks_with_a_fixed_name():
    specified = {
        f"{name}({', '.join(inspect.signature(getattr(hookspecs, name)).parameters)})"
        for name in hookspecs.FIXED_HOOKS
    }
    documented = [names(row[0])[0] for row in rows(section(PAGE, FIXED))]
    assert set(documented) == specified
    assert len(documented) == len(specified)


def test_arguments_of_answer_hooks():
    arguments = [names(row[0])[0] for row in rows(section(PAGE, "Answering")) if len(row) == 2]
    specified = list(inspect.signature(hookspecs.answer_hook).parameters)
    assert arguments[: len(specified)] == specified


def test_answer_hooks():
    expected = {}
    for version in OcppVersion:
        for role in Role:
            for action in load_catalogue(version).answered_by(role):
                expected.setdefault((hook_name(action, role), action), []).append(version.value)
    assert {name for name, _ in expected} == set(hookspecs.answer_hooks())
    documented = [
        (names(hook)[0], action, versions)
        for hook, action, versions in rows(section(PAGE, ANSWERS))
    ]
    assert set(documented) == {(*key, ", ".join(found)) for key, found in expected.items()}
    assert len(documented) == len(expected)


def test_constants_of_a_plugin():
    documented = {names(row[0])[0] for row in rows(section(PAGE, "The module")) if names(row[0])}
    assert documented == {"role", "versions", "autoload", "SETTINGS"}


def test_errors_of_a_call():
    text = inspect.getdoc(hookspecs) + read(PAGE)
    raised = {names(row[0])[0] for row in rows(section(PAGE, "Calling the peer"))}
    assert raised == {"CallFailed", "CallTimedOut", "NotConnected", "QueueFull", "PayloadInvalid"}
    assert all(name in text for name in raised)
