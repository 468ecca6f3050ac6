"""docs/from-ocppjs.md has the whole plugin API of ocppjs, and leads to what is really there."""

import inspect
import re

from ocppfw.hooks import specs
from ocppfw.hooks.files import Discovery
from ocppfw.stations.central_system import CentralSystem
from ocppfw.stations.charge_point import ChargePoint
from ocppfw.stations.peer import Peer
from tests.docs.pages import names, rows, section

SECTION = section("docs/from-ocppjs.md", "Plugins")
# All that a plugin of ocppjs 1.0.2 can export and use.
EXPORTS = {"name", "description", "author", "ocpp_version", "system", "onLoad", "onUnload"}
REGISTERING = {"onCall", "onResult", "onConnectionEvent", "onClientConnectionEvent"}
REGISTERING |= {"onCommand", "onIdle"}
DOING = {"cp.call", "cs.call", "log", "parse", "unload"}
KNOWING = {"system", "protocol", "ocpp_version", "chargePointId"}
SHIPPED = {"helloworld", "cs-example", "cbxs-automatic-mode"}


def cells(column):
    return [name for row in rows(SECTION) for name in names(row[column])]


def test_every_export():
    assert set(cells(0)) >= EXPORTS


def test_every_member():
    found = {match[1] for name in cells(0) if (match := re.match(r"this\.([\w.]+)", name))}
    assert found == REGISTERING | DOING | KNOWING


def test_hooks_exist():
    known = {*specs.FIXED_HOOKS, *specs.answer_hooks()}
    called = {name.partition("(")[0] for name in cells(1) if re.match(r"[a-z_]+\(", name)}
    assert len(called) >= 9
    assert called <= known


def attributes(*classes):
    """What their objects have: methods, properties, and what is set in them."""
    for each in (base for owner in classes for base in owner.__mro__[:-1]):
        yield from vars(each)
        yield from re.findall(r"self\.(\w+)(?:: .*)? = ", inspect.getsource(each))


def test_attributes_exist():
    used = {match[0] for name in cells(1) if (match := re.match(r"(station|peer)\.\w+", name))}
    known = {f"station.{name}" for name in attributes(CentralSystem, ChargePoint)}
    known |= {f"peer.{name}" for name in attributes(Peer)}
    assert len(used) >= 8
    assert used <= known


def test_shipped_plugins_exist():
    table = rows(section("docs/from-ocppjs.md", "The plugins that are shipped"))
    assert {names(row[0])[0] for row in table} == SHIPPED
    shipped = {candidate.name for candidate in Discovery.usual([]).find()}
    assert {name for row in table for name in names(row[1])} <= shipped
