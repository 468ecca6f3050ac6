"""The plugins of docs/plugins.md do what the page says of them."""

import base64
import json
import re

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.docs.pages import code, read
from tests.process.twistd import central_system

NAMES = {
    "Lets the back office decide": "back_office",
    "Lets in only charge points that are known": "passwords",
    "Tells how long charge points stay": "connection_times",
    "Counts the transactions": "counter",
    "Greets charge points": "greeter",
}
PASSWORD = "s3cret-s3cret-16"


@pytest.fixture(scope="module")
def central(tmp_path_factory):
    """A central system with plugins of the page."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "plugins").mkdir()
    for block in code(read("docs/plugins.md"), "python"):
        for beginning, name in NAMES.items():
            if block.startswith(f'"""{beginning}'):
                (folder / "plugins" / f"{name}.py").write_text(block)
    settings = ["--set", "greeter.greeting=Hello", "--set", "greeter.loudly=on"]
    with central_system(folder, *settings) as process:
        assert sorted(path.stem for path in folder.glob("plugins/*.py")) == sorted(NAMES.values())
        yield process


def knock(central, identity, password):
    credentials = base64.b64encode(f"{identity}:{password}".encode()).decode()
    return connect(
        central.url + identity,
        subprotocols=["ocpp1.6"],
        additional_headers={"Authorization": f"Basic {credentials}"},
    )


def call(connection, action, payload):
    """What a call is answered with, without type and id."""
    connection.send(json.dumps([2, "1", action, payload]))
    kind, message_id, *rest = json.loads(connection.recv(timeout=10))
    assert message_id == "1"
    return [kind, *rest]


@pytest.mark.parametrize(
    ("identity", "password", "status"), [("CP1", "wrong", 401), ("CP2", PASSWORD, 404)]
)
def test_who_is_not_let_in(central, identity, password, status):
    with pytest.raises(InvalidStatus) as refused:
        knock(central, identity, password)
    assert refused.value.response.status_code == status


def test_who_is_let_in(central):
    with knock(central, "CP1", PASSWORD) as connection:
        central.wait_for(re.escape("Hello, cp#CP1!"))
        accepted = {"idTagInfo": {"status": "Accepted"}}
        assert call(connection, "Authorize", {"idTag": "X"}) == [3, accepted]
        assert call(connection, "Authorize", {"idTag": "?"})[:3] == [
            4,
            "GenericError",
            "cannot decide now",
        ]
        start = {
            "connectorId": 1,
            "idTag": "X",
            "meterStart": 0,
            "timestamp": "2026-01-01T00:00:00Z",
        }
        assert call(connection, "StartTransaction", start)[1]["transactionId"] > 0
    central.wait_for(r"cp#CP1 stayed for \d+ s: ")
    assert not [line for line in central.trouble if "Rejected with" not in line]
