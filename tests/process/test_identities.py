"""Settings of single charge points, at a central system that really runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ocppfw.settings import SETTINGS
from ocppfw.versions import Role
from tests.process.envelopes import envelope, post
from tests.process.twistd import central_system, twistd, write_plugin
from tests.process.wire import PING

CONFIG = """
[identity."CP 7"]
call-timeout = 0.5
calls-in-flight = 2
max-queued-calls = 1
ping-interval = 0.3
ping-timeout = 1
validation = "report"

[identity.SOAP]
soap-peer-timeout = 0.5
"""
# Asks everybody four times at once.
ASKER = """
from ocppfw import hookimpl

@hookimpl
def connection_opened(station, peer):
    def failed(failure):
        station.log.info("{peer}: {error}", peer=peer, error=failure.value)

    for _ in range(4):
        peer.call("ClearCache").addErrback(failed)
"""


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("identities")
    (folder / "ocppfw.toml").write_text(CONFIG)
    write_plugin(folder, "asker", ASKER)
    with central_system(folder, "--config", "ocppfw.toml") as process:
        yield process


def test_here_and_with_handshakes_every_one_that_there_is_is_used() -> None:
    handshakes = Path(__file__).with_name("test_odd_handshakes.py").read_text()
    own = {setting.name for setting in SETTINGS if Role.CS in setting.own}
    assert {name for name in own if f"\n{name} = " in CONFIG + handshakes} == own


def test_limits_and_time_outs_of_one_charge_point(central: Any, connect: Any) -> None:
    connect(central.port, "CP8")
    own = connect(central.port, "CP%207")
    central.wait_for("cp#CP 7: 1 calls are waiting already")
    assert [own.receive()[2], own.receive()[2]] == ["ClearCache", "ClearCache"]
    central.wait_for("cp#CP 7: no answer to ClearCache within 0.5 s")
    while own.receive_frame().opcode != PING:
        pass
    central.wait_for("ChargePoint #CP 7 disconnected: ")  # no pong came within a second
    assert "cp#CP8: " not in central.text.replace(">>cp#CP8 ", "")
    assert "#CP8 disconnected" not in central.text


def test_the_silence_of_one_soap_charge_point(central: Any) -> None:
    for identity in ("OTHER", "SOAP"):
        assert post(central.port, envelope(identity=identity)).status == 200
    central.wait_for("ChargePoint #SOAP disconnected: not heard of for 0.5 s")
    assert "#OTHER disconnected" not in central.text


def test_a_charge_point_has_its_own_central_system(tmp_path: Path, server: Any) -> None:
    (tmp_path / "ocppfw.toml").write_text(
        f'role = "cp"\nid = ["A", "B"]\nmanual = true\n[identity.A]\nurl = "{server.url}a"\n'
        f'protocol = "ocpp2.0.1"\n[identity.B]\nurl = "{server.url}b"\n'
    )
    with twistd(tmp_path, "--config", "ocppfw.toml"):
        heads = [server.accept(None)[0] for _ in range(2)]
    found = {head.path: head.headers["sec-websocket-protocol"] for head in heads}
    assert found == {"/a/A": "ocpp2.0.1", "/b/B": "ocpp1.6"}


def test_odd_messages_of_one_charge_point(central: Any, connect: Any) -> None:
    odd = {"chargePointVendor": "V", "chargePointModel": "M", "iccid": None}
    assert connect(central.port, "CP9").ask("BootNotification", odd)[0] == 4
    assert connect(central.port, "CP%207").ask("BootNotification", odd)[0] == 3
    central.wait_for("cp#CP9: BootNotification was refused: iccid: must be a string")
    central.wait_for("cp#CP 7: BootNotification is odd: iccid: must be a string .repaired.")
