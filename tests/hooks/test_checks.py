"""Faults of plugins: each is refused with file, hook and fault, and nothing changes."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest

import ocppfw
from ocppfw.errors import PluginError
from tests.deferreds import value_of
from tests.world import World

HOOK = "@hookimpl\ndef {}: return None"
IN_CLASS = """
class Cards:

    @hookimpl
    def cs_authorize(self, payload): return None
"""
FAULTS = [
    # what stands in the plugin, what the message says
    (HOOK.format("cs_boot_notificaton(payload)"), "cs_boot_notificaton: there is no such hook"),
    (HOOK.format("cs_boot_notificaton(payload)"), "did you mean cs_boot_notification?"),
    (HOOK.format("cs_reset(payload)"), "cs_reset: there is no such hook, did you mean cp_reset?"),
    (HOOK.format("conection_opened(peer)"), "did you mean connection_opened?"),
    (HOOK.format("xyzzy()"), "xyzzy: there is no such hook"),
    (HOOK.format("answer_hook(payload)"), "answer_hook: there is no such hook"),
    (HOOK.format("cs_authorize(payload, charger)"), "cs_authorize: has no argument charger"),
    (HOOK.format("cs_authorize(pay_load)"), "it has station, peer, call, payload"),
    (HOOK.format("cs_authorize(**everything)"), "cs_authorize: "),
    (HOOK.format("connection_lost(station, why)"), "connection_lost: has no argument why"),
    ("@hookimpl\nasync def cs_authorize(pay_load): pass", "has no argument pay_load"),
    ("@hookimpl(specname='cs_autorize')\ndef anything(): pass", "did you mean cs_authorize?"),
    ("@hookimpl(specname='cs_authorize')\ndef x(idTag): pass", "has no argument idTag"),
    ("def cs_authorize(payload): pass", "cs_authorize: begins like a hook, but is not marked"),
    ("def cp_help(): pass", "cp_help: begins like a hook, but is not marked with @hookimpl"),
    ("async def cs_authorize(): pass", "cs_authorize: begins like a hook, but is not marked"),
    ("@hookimpl(wrapper=True)\ndef cs_authorize():\n    return (yield)", "cs_authorize: hook wrap"),
    ("@hookimpl(hookwrapper=True)\ndef call_received():\n    yield", "call_received: hook wrap"),
    ("role = 'server'", "role = 'server': must be 'cs' or 'cp'"),
    ("role = 7", "role = 7: must be 'cs' or 'cp'"),
    ("role = ['cs']", "role = ['cs']: must be 'cs' or 'cp'"),
    ("versions = '1.6'", "versions = '1.6': must be a tuple of '1.2', '1.5', '1.6', '2.0.1'"),
    ("versions = ('1.6', '1.7')", "versions = ('1.6', '1.7'): must be a tuple of"),
    ("versions = ('ocpp1.6',)", "versions = ('ocpp1.6',): must be a tuple of"),
    ("versions = (1.6,)", "versions = (1.6,): must be a tuple of"),
    ("versions = 1.6", "versions = 1.6: must be a tuple of"),
    ("versions = None", "versions = None: must be a tuple of"),
    ("autoload = 'no'", "autoload: must be True or False"),
    ("SETTINGS = {'a': 1}", "SETTINGS: must be ocppfw.PluginSettings"),
    ("role = 'cp'\n" + HOOK.format("cs_authorize()"), "cs_authorize: would never be called, "),
    ("role = 'cp'\n" + HOOK.format("cs_authorize()"), "because role = 'cp'"),
    (
        "versions = ('2.0.1', '2.1')\n" + HOOK.format("cs_start_transaction()"),
        "cs_start_transaction: would never be called, because no version in ('2.0.1', '2.1')",
    ),
    ("versions = ('1.2',)\n" + HOOK.format("cs_data_transfer()"), "would never be called"),
    ("x = (", r":2: "),
    ("x = 1\ny ==== 2", r":3: "),
    ("x = 1\n\n1 / 0", ":4: ZeroDivisionError: division by zero"),
    ("def f():\n    raise KeyError('a')\n\nf()", ":3: KeyError: 'a'"),
    ("import no_such_module", ":2: ModuleNotFoundError: No module named 'no_such_module'"),
    ("raise SystemExit(3)", ":2: SystemExit: 3"),
    (IN_CLASS, "Cards.cs_authorize (line 5): must be a function of the module, not of a class"),
    (IN_CLASS.replace("    @", "    @staticmethod\n    @"), "Cards.cs_authorize (line 5): must be"),
    (
        "class Outer:\n  class Inner:\n    @hookimpl\n    def cs_authorize(self): pass",
        "Outer.Inner.cs_authorize (line 4): must be a function of the module",
    ),
    ("@hookimpl\nasync def call_requested(): pass", "call_requested: cannot be async, because"),
    ("@hookimpl\nasync def call_requested(): pass", "use connection_requested or the answer hook"),
    ("@hookimpl\nasync def console_commands(): pass", "console_commands: cannot be async"),
    ("@hookimpl\ndef cs_authorize(*, payload): return None", "cs_authorize: "),
    ("@hookimpl\ndef cs_authorize(payload=None): return None", "cs_authorize: "),
]


@pytest.mark.parametrize(("source", "said"), FAULTS)
def test_a_fault_is_named_with_file_and_hook_when_a_plugin_is_loaded(
    world: World, source: str, said: str
) -> None:
    path = world.plugin("bad", source)
    with pytest.raises(PluginError) as caught:
        value_of(world.plugins.load("bad"))
    assert str(caught.value).startswith(str(path))
    if said.startswith(":") and "Error" not in said:
        assert re.search(rf"{said.strip(': ')}\b", str(caught.value).removeprefix(str(path)))
    else:
        assert said in str(caught.value)
    assert world.plugins.loaded == ()


@pytest.mark.parametrize(("source", "said"), FAULTS)
def test_a_fault_is_named_with_file_and_hook_at_the_start(
    world: World, source: str, said: str
) -> None:
    path = world.plugin("bad", source)
    world.plugin("good", "")
    with pytest.raises(PluginError) as caught:
        world.plugins.load_initial([])
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)
    assert world.plugins.loaded == ()


GOOD = [
    "",
    "role = 'cs'",
    "from ocppfw.versions import Role\nrole = Role.CP",
    "versions = ['1.6']",
    "versions = ('1.2', '2.1')\n" + HOOK.format("cs_heartbeat()"),
    "versions = ('1.2', '2.1')\n" + HOOK.format("connection_opened()"),
    "role = 'cp'\n" + HOOK.format("connection_opened()"),
    "role = 'cp'\nversions = ('2.1',)\n" + HOOK.format("cp_reset(payload)"),
    HOOK.format("cs_authorize(payload, call, peer, station)"),
    HOOK.format("cs_get15118_ev_certificate()"),
    HOOK.format("cs_authorize()") + "\n" + HOOK.format("cp_data_transfer(payload)"),
    "def _cs_helper(): pass\ndef helper(): pass\ncs_number = 1",
    "@hookimpl(specname='cs_authorize', tryfirst=True)\ndef block(payload): return None",
    "SETTINGS = PluginSettings()",
    IN_CLASS + "\ncs_authorize = Cards().cs_authorize",
    "class Cards:\n    def cs_authorize(self): return None",
]


@pytest.mark.parametrize("source", GOOD)
def test_a_plugin_without_faults_is_loaded(world: World, source: str) -> None:
    world.load("good", source)
    assert [plugin.name for plugin in world.plugins.loaded] == ["good"]


def test_a_helper_that_is_imported_is_no_hook(world: World) -> None:
    world.load("good", "from ocppfw.catalogue import hook_name as cs_name")
    assert len(world.plugins.loaded) == 1


def test_a_file_that_cannot_be_read_as_text_is_named(world: World) -> None:
    path = world.plugin("bad", "")
    path.write_bytes(b"x = '\xff'")
    with pytest.raises(PluginError, match=re.escape(str(path))):
        value_of(world.plugins.load("bad"))
    path.write_bytes(b"\x00")
    with pytest.raises(PluginError, match=re.escape(str(path))):
        world.plugins.load_initial([])


def test_a_plugin_may_be_annotated(world: World) -> None:
    source = (Path(__file__).parent / "typed_plugin.py").read_text()
    (world.folder / "typed_plugin.py").write_text(source)
    world.start("cp")
    (plugin,) = [value_of(world.plugins.load("typed_plugin"))]
    hints = typing.get_type_hints(plugin.module.cp_reset)
    assert hints["station"] is ocppfw.ChargePoint
