"""The messages about faulty plugins are those that docs/plugins.md shows."""

import pytest

from ocppfw.errors import PluginError
from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from tests.docs.pages import names, rows, section
from tests.memory.stations import build_central_system

HOOK = "from ocppfw import hookimpl, PluginSettings\n{}\n@hookimpl\ndef {}: return None\n"
IN_USE = "OSError(98, 'Address already in use')"
FAULTY = {
    "syntax error": "x = 1\ndef f(:\n",
    "exception while the file is run": "import nope\n",
    "fault in a helper file": "from ._cards import STOLEN\n",
    "unknown hook": HOOK.format("", "cs_autorize(payload)"),
    "unknown argument": HOOK.format("", "cs_authorize(paylod)"),
    "function named like a hook, but not marked": "def cs_authorize(payload): return None\n",
    "hook in a class": "from ocppfw import hookimpl\n\nclass Cards:\n    @hookimpl\n"
    "    def cs_authorize(self): return None\n",
    "hook that has to decide at once": "from ocppfw import hookimpl\n@hookimpl\n"
    "async def call_requested(): pass\n",
    "hook of the other role": HOOK.format("role = 'cp'", "cs_authorize(payload)"),
    "unknown setting": HOOK.format("SETTINGS = PluginSettings(greeting=('', ''))", "cp_reset()"),
    "setting without help": "from ocppfw import PluginSettings\n"
    "SETTINGS = PluginSettings(greeting='Hello')\n",
    "`station_started` fails": HOOK.format(
        "from twisted.internet.error import CannotListenError", "station_started()"
    ).replace("return None", f"raise CannotListenError('127.0.0.1', 8090, {IN_USE})"),
    "command that the prompt has": "from ocppfw import Command, hookimpl\n\n@hookimpl\n"
    "def console_commands(): return [Command(name='status', help='Mine.', run=print)]\n",
    "unknown plugin asked for": "",
}


def start(manager, requested, clock):
    manager.load_initial(requested)
    build_central_system(manager, clock).start()


def test_every_message_is_tried():
    assert {row[0] for row in rows(section("docs/plugins.md", "Faults"))} == set(FAULTY)


@pytest.mark.parametrize("fault", FAULTY)
def test_message(fault, tmp_path, clock):
    shown = {row[0]: names(row[1])[0] for row in rows(section("docs/plugins.md", "Faults"))}
    (tmp_path / "a.py").write_text(FAULTY[fault])
    (tmp_path / "_cards.py").write_text("1 / 0\n")
    (tmp_path / "cs_example.py").touch()
    settings = {"a": {"greting": "x"}} if fault == "unknown setting" else {}
    manager = PluginManager(Discovery([("shown", tmp_path)]), settings)
    with pytest.raises(PluginError) as caught:
        start(manager, ["cs_exampel"] if fault == "unknown plugin asked for" else [], clock)
    said = str(caught.value).replace(f"{tmp_path.resolve()}/", "plugins/")
    assert f"ocppfw: {said}" == shown[fault]
