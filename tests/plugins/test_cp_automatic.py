"""Automatic mode: cars come, charge and leave; what central systems hear of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from ocppfw import Invocation, SettingsError
from ocppfw.errors import OcppfwError, PluginError
from ocppfw.versions import OcppVersion
from tests.conftest import Log
from tests.deferreds import outcomes, value_of
from tests.plugins.charge_points import ChargePointPair

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion
HOUR = 3600
#: Cars that come and go quickly.
QUICK = {"seed": 7, "failures": 0, "pause": 60, "stay": 120}


class Automatic(ChargePointPair):
    """A charge point to which cars come."""

    def __init__(self, version: OcppVersion, clock: Clock, **given: Any) -> None:
        super().__init__(version, clock)
        self.connect()
        self.calls()
        self.found: list[tuple[str, Any]] = []
        value_of(self.plugins.load("cp_automatic", QUICK | given))

    def go_on(self, seconds: int, step: float = 1) -> None:
        """Let time pass, a step at a time, as a reactor does."""
        for _ in range(int(seconds / step)):
            self.wait(step)
        self.found += self.calls()

    def count(self) -> Counter[str]:
        """How often it has said what; of TransactionEvents their kind."""
        return Counter(payload.get("eventType", action) for action, payload in self.found)

    def automatic(self, *words: str, **options: Any) -> str:
        """Type the command; what it says."""
        [plugin] = [each for each in self.plugins.loaded if each.name == "cp_automatic"]
        [command] = plugin.module.console_commands()
        said: list[str] = []
        arguments = dict(zip(["on|off"], words, strict=False))
        command.run(
            Invocation(
                arguments=arguments, options=options, stations=[self.station], say=said.append
            )
        )
        return "\n".join(said)


@pytest.fixture
def made(clock: Clock, logged: Log) -> Any:
    """Makes charge points; each has nothing left to do in the end."""
    pairs: list[Automatic] = []

    def make(version: OcppVersion = V1_6, **given: Any) -> Automatic:
        pairs.append(Automatic(version, clock, **given))
        return pairs[-1]

    yield make
    for pair in pairs:
        pair.end()
    assert clock.getDelayedCalls() == []
    assert logged.faults() == []


STARTED = {False: ("StartTransaction", "StopTransaction"), True: ("Started", "Ended")}


@pytest.mark.parametrize("version", OcppVersion, ids=str)
def test_cars_come_charge_and_leave(made: Any, version: OcppVersion) -> None:
    pair = made(version)
    pair.go_on(1200)
    pair.automatic("off")
    pair.go_on(300)
    count = pair.count()
    start, stop = STARTED[version.is_2x]
    assert count[start] == count[stop] > 5
    assert 0 < count["Authorize"] <= count[start]  # some are in the cache
    assert set(pair.model.statuses().values()) == {"Available"}
    assert all(connector.ev is None for connector in pair.model.connectors.values())
    assert len(pair.model.outbox) == 0


def plain(found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """What was said, without the ids that nobody may foresee."""
    for _, payload in found:
        payload.pop("transactionId", None)
        payload.get("transactionInfo", {}).pop("transactionId", None)
    return found


@pytest.mark.parametrize("version", [V1_6, V2_0_1], ids=str)
def test_the_same_seed_gives_the_same_session(logged: Log, version: OcppVersion) -> None:
    said = []
    for seed in (7, 7, 8):
        clock = Clock()
        clock.advance(1795359294)
        pair = Automatic(version, clock, seed=seed, failures=0.3)
        pair.go_on(900)
        said.append(plain(pair.found))
        pair.end()
    assert said[0] == said[1] != said[2]
    assert len(said[0]) > 15


@pytest.mark.parametrize("version", OcppVersion, ids=str)
def test_whatever_goes_wrong_transactions_end_and_cars_leave(
    made: Any, version: OcppVersion
) -> None:
    pair = made(version, failures=1, repair=10)
    pair.go_on(HOUR, step=2)
    pair.automatic("off")
    pair.go_on(800, step=2)
    count = pair.count()
    start, stop = STARTED[version.is_2x]
    assert count[start] == count[stop] > 2
    assert count["Authorize"] > 0
    assert set(pair.model.statuses().values()) == {"Available"}


def test_a_card_that_is_refused_leads_to_nothing(made: Any) -> None:
    pair = made()
    pair.answers["Authorize"] = {"idTagInfo": {"status": "Invalid"}}
    pair.go_on(1800)
    assert pair.count()["StartTransaction"] == 0
    assert pair.count()["Authorize"] > 5
    assert " refused" in pair.automatic()


def test_a_car_that_a_person_disturbs_leaves(made: Any) -> None:
    pair = made(pause=10)
    pair.go_on(60)
    for number, connector in pair.model.connectors.items():
        if connector.plugged:
            pair.model.unplug(number)
    pair.go_on(600)
    pair.automatic("off")
    pair.go_on(600)
    assert set(pair.model.statuses().values()) == {"Available"}


def test_cars_come_while_there_is_no_connection(made: Any) -> None:
    pair = made()
    pair.configure("LocalAuthorizeOffline", "true")
    pair.configure("AllowOfflineTxForUnknownId", "true")
    pair.disconnect()
    pair.go_on(1200)
    assert "0 connected" in pair.automatic()
    assert len(pair.model.outbox) > 5
    pair.connect()
    pair.automatic("off")
    pair.go_on(900)
    count = pair.count()
    assert count["StartTransaction"] == count["StopTransaction"] > 5


# On and off.


def test_off_lets_those_that_are_there_charge_and_leave(made: Any) -> None:
    pair = made(at_start=False)
    pair.go_on(HOUR, step=10)
    assert pair.count()["StartTransaction"] == 0
    assert pair.automatic("on").startswith("1 charge points, 1 connected; 0 of 2 connectors in use")
    pair.go_on(300)
    assert any(connector.transaction for connector in pair.model.connectors.values())
    pair.automatic("off")
    pair.go_on(HOUR, step=10)
    count = pair.count()
    assert count["StartTransaction"] == count["StopTransaction"] > 0
    pair.automatic("on")
    pair.automatic("on")
    pair.go_on(600)
    assert pair.count()["StartTransaction"] > count["StartTransaction"]


def test_wrong_words_are_refused(made: Any) -> None:
    pair = made()
    with pytest.raises(SettingsError, match="on or off, not 'of'"):
        pair.automatic("of")
    with pytest.raises(SettingsError, match="no such charge point is running"):
        pair.automatic("on", id="X")


def test_a_summary_every_minute(made: Any, logged: Log) -> None:
    pair = made()
    pair.go_on(180)
    lines = [line for line in logged.lines() if line.startswith("automatic: ")]
    assert len(lines) == 3
    assert lines[0].startswith("automatic: 1 charge points, 1 connected; ")
    assert lines[0].endswith(" 0 with a mishap; 0 messages wait")


# Settings.


def test_tags_come_from_a_file(made: Any, tmp_path: Path) -> None:
    path = tmp_path / "tags"
    path.write_text("A1 # mine\n\n# nobody's\nB2\n")
    pair = made(tags=str(path))
    pair.go_on(1200)
    tags = {payload["idTag"] for action, payload in pair.found if action == "Authorize"}
    assert tags == {"A1", "B2"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory"),
        ("# none\n", "there is no tag in it"),
        ("A" * 21, f"'{'A' * 21}' is no tag of up to 20 characters"),
    ],
)
def test_a_file_of_tags_that_cannot_be_used(
    clock: Clock, tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "tags"
    if content is not None:
        path.write_text(content)
    assert f"cp_automatic.tags: {path}: {said}" in refused(clock, tags=str(path))


@pytest.mark.parametrize(("name", "value"), [("failures", 1.5), ("pause", -1), ("repair", 1e10)])
def test_wrong_numbers(clock: Clock, name: str, value: float) -> None:
    assert f"cp_automatic.{name}: must be" in refused(clock, **{name: value})


def refused(clock: Clock, **given: Any) -> str:
    """What is said when the plugin cannot be loaded."""
    pair = ChargePointPair(V1_6, clock)
    [failed] = outcomes(pair.plugins.load("cp_automatic", given))
    pair.station.stop()
    assert isinstance(failed, OcppfwError | PluginError)
    return str(failed)
