"""The messages about faulty plugins are those that docs/plugins.md shows."""

import pytest

from ocppfw.errors import PluginError
from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from tests.docs.pages import names, rows, section

HOOK = "from ocppfw import hookimpl, PluginSettings\n{}\n@hookimpl\ndef {}: return None\n"
FAULTY = {
    "syntax error": "x = 1\ndef f(:\n",
    "exception while the file is run": "import nope\n",
    "unknown hook": HOOK.format("", "cs_autorize(payload)"),
    "unknown argument": HOOK.format("", "cs_authorize(paylod)"),
    "function named like a hook, but not marked": "def cs_authorize(payload): return None\n",
    "hook of the other role": HOOK.format("role = 'cp'", "cs_authorize(payload)"),
    "unknown setting": HOOK.format("SETTINGS = PluginSettings(greeting=('', ''))", "cp_reset()"),
    "unknown plugin asked for": "",
}


def test_every_message_is_tried():
    assert {row[0] for row in rows(section("docs/plugins.md", "Faults"))} == set(FAULTY)


@pytest.mark.parametrize("fault", FAULTY)
def test_message(fault, tmp_path):
    shown = {row[0]: names(row[1])[0] for row in rows(section("docs/plugins.md", "Faults"))}
    (tmp_path / "a.py").write_text(FAULTY[fault])
    (tmp_path / "cs_example.py").touch()
    settings = {"a": {"greting": "x"}} if fault == "unknown setting" else {}
    manager = PluginManager(Discovery([("shown", tmp_path)]), settings)
    with pytest.raises(PluginError) as caught:
        manager.load_initial(["cs_exampel"] if fault == "unknown plugin asked for" else [])
    said = str(caught.value).replace(f"{tmp_path.resolve()}/", "plugins/")
    assert f"ocppfw: {said}" == shown[fault]
