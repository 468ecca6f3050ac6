"""What a process keeps is there when it is started again, however it has ended."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.process.prompt import prompt
from tests.process.twistd import (
    TWISTD,
    Twistd,
    central_system,
    charge_point,
    end_with_parent,
    environment,
    eventually,
    run,
    write_plugin,
)
from tests.process.wire import Ended

# Keeps everything that it is told, and tells everything that it has kept.
KEEPER = """
import json
from ocppfw import hookimpl

@hookimpl
def {side}_data_transfer(station, payload):
    store = station.store
    if "data" in payload:
        with store.atomic():
            store.put("told", payload["data"], True)
            store.put("count", "all", store.get("count", "all", 0) + 1)
        return {{"status": "Accepted"}}
    told = [key for key, _ in store.scan("told", newest_first=True)]
    return {{"status": "Accepted", "data": json.dumps([told, store.get("count", "all", 0)])}}

@hookimpl
def station_stopped(station):
    station.store.put("told", "stopped", True)
"""
# Keeps as much as it is asked to.
FILLS = """
import json
from ocppfw import hookimpl

@hookimpl
def cs_data_transfer(station, payload):
    if "data" in payload:
        station.store.put("filled", payload["data"], "x" * int(payload["data"]))
    filled = [key for key, _ in station.store.scan("filled")]
    return {"status": "Accepted", "data": json.dumps(filled)}
"""
STORE = ("--store", "sqlite:///kept.db", "--trace", "off")
SEEDS = [1, 2, 3]
# No file may be larger than this, which is as if there were no more room.
WITH_SMALL_FILES = """
import resource, runpy, sys

resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, resource.RLIM_INFINITY))
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def folder(tmp_path):
    write_plugin(tmp_path, "keeper", KEEPER.format(side="cs"))
    return tmp_path


def tell(wire, word):
    answer = wire.call("DataTransfer", {"vendorId": "v", "data": word})
    assert answer[0] == 3, answer


def told(wire):
    """What is kept, as the plugin tells it."""
    return json.loads(wire.call("DataTransfer", {"vendorId": "v"})[2]["data"])


def test_a_central_system_finds_again_what_it_kept(folder, connect):
    with central_system(folder, *STORE) as central:
        assert "store kept.db: new, schema 0001" in central.text
        wire = connect(central.port)
        for word in "abc":
            tell(wire, word)
        central.stop()
        wire.wait_closed()
        assert central.wait() == -signal.SIGTERM
        assert central.trouble == []
    with central_system(folder, *STORE) as central:
        assert "store kept.db: schema 0001" in central.text
        # What was written at the very end is there, too.
        assert told(connect(central.port)) == [["stopped", "c", "b", "a"], 3]
        assert central.trouble == []
    files = {path.name for path in folder.iterdir()} - {"kept.db-wal", "kept.db-shm"}
    assert files == {"kept.db", "kept.db.lock", "plugins"}  # it was killed


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_that_was_acknowledged_is_lost_by_kill_9(folder, connect, seed):
    source = random.Random(seed)
    with central_system(folder, *STORE) as central:
        wire = connect(central.port)
        acknowledged = [f"{number}" for number in range(source.randrange(1, 60))]
        for word in acknowledged:
            tell(wire, word)
        # More is under way, and some of it may be on disk.
        sent = [f"more {number}" for number in range(30)]
        for word in sent:
            wire.send([2, word, "DataTransfer", {"vendorId": "v", "data": word}])
        acknowledged += [wire.receive()[1] for _ in range(source.randrange(30))]
        central.process.kill()
        central.wait()
        try:
            while True:  # what has left before the end
                acknowledged.append(wire.receive()[1])
        except (Ended, ConnectionResetError):
            pass
    with central_system(folder, *STORE) as central:
        words, count = told(connect(central.port))
    assert "stopped" not in words
    assert set(acknowledged) <= set(words)
    assert count == len(words)  # a block is there as a whole
    in_order = [*(w for w in acknowledged if not w.startswith("more")), *sent]
    assert words[::-1] == in_order[: len(words)]


def test_a_charge_point_keeps_its_own(tmp_path, server):
    write_plugin(tmp_path, "keeper", KEEPER.format(side="cp"))
    url = f"ws://127.0.0.1:{server.port}/"
    options = ("--manual", "--id", "CP%d", "--count", "2", *STORE)
    for expected in ([], ["stopped", "CP1"]):
        with charge_point(tmp_path, url, *options) as station:
            wires = {request.path: wire for request, wire in (server.accept(), server.accept())}
            assert told(wires["/CP1"])[0] == expected
            tell(wires["/CP1"], "CP1")
            station.stop()
            for wire in wires.values():
                wire.wait_closed()
                wire.socket.close()
            assert station.wait() == -signal.SIGTERM
            assert station.trouble == []


def test_a_second_process_is_refused(folder):
    with central_system(folder, *STORE) as central:
        done = run(folder, "--role", "cs", "--port", "0", *STORE)
        assert done.returncode == 1
        [line] = done.stdout.splitlines()
        pid = central.process.pid
        assert line.endswith(f"store kept.db: in use by another process (pid {pid})")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:///nowhere/kept.db", "store nowhere/kept.db: there is no folder {folder}/nowhere"),
        ("sqlite:///plugins", "store plugins: it is a folder, not a file"),
        ("sqlite:///plugins/keeper.py", "store plugins/keeper.py: file is not a database"),
        (
            "postgresql://me:s3cret@127.0.0.1:1/x",
            "store postgresql+psycopg://me:***@127.0.0.1:1/x: the Python package psycopg is not"
            " installed",
        ),
    ],
)
def test_a_store_that_cannot_be_had_ends_the_start_with_one_line(folder, url, reason):
    (folder / "psycopg.py").write_text("raise ModuleNotFoundError(name='psycopg')")
    path = os.pathsep.join((str(folder), environment()["PYTHONPATH"]))
    done = run(folder, "--role", "cs", "--port", "0", "--store", url, PYTHONPATH=path)
    assert done.returncode == 1
    [line] = done.stdout.splitlines()
    assert line.endswith(f"ocppfw: {reason.format(folder=folder)}")


def test_a_disk_that_is_full(tmp_path, connect):
    """What is not kept is not acknowledged, and the process goes on."""
    write_plugin(tmp_path, "fills", FILLS)
    command = [sys.executable, "-c", WITH_SMALL_FILES, str(TWISTD), "-n", "--pidfile=", "ocppfw"]
    central = Twistd([*command, "--role", "cs", "--port", "0", *STORE], tmp_path, {})
    try:
        central.wait_for("To connect a simulated charge point")
        wire = connect(central.port)
        tell(wire, "100")
        wire.send([2, "large", "DataTransfer", {"vendorId": "v", "data": "4000000"}])
        central.wait_for(r"store kept\.db: it cannot be written to: .*\. Stations go on")
        central.wait_for("cs: the answer to DataTransfer stays unsent")
        assert wire.call("Heartbeat")[0] == 3
        assert told(wire) == ["100", "4000000"]  # in memory it is there
        central.stop()
        wire.wait_closed()
        central.wait_for("store kept.db: values that could not be saved: 1; stations: 1")
        assert central.wait() == -signal.SIGTERM
    finally:
        central.end()
    with central_system(tmp_path, *STORE) as central:
        assert told(connect(central.port)) == ["100"]


@pytest.mark.slow
def test_a_daemon_keeps_what_it_keeps_where_it_runs(folder, connect):
    """The database is opened behind the fork, in the folder of ``--rundir``."""
    runs, pid_file, log = folder / "runs", folder / "pid", folder / "log"
    runs.mkdir()
    command = [TWISTD, f"--pidfile={pid_file}", f"--logfile={log}", f"--rundir={runs}", "ocppfw"]
    command += ["--role", "cs", "--port", "0", "--store", "sqlite:///kept.db"]
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, preexec_fn=end_with_parent
    )
    assert done.returncode == 0, done.stderr
    try:
        eventually(lambda: log.exists() and "second terminal" in log.read_text(), "the log")
        assert (runs / "kept.db.lock").read_text().strip() == pid_file.read_text().strip()
        wire = connect(int(log.read_text().partition("listening on port ")[2].split()[0]))
        tell(wire, "word")
    finally:
        os.kill(int(pid_file.read_text()), signal.SIGTERM)
        eventually(lambda: not pid_file.exists(), "the end")
    assert [path.name for path in runs.iterdir()] == ["kept.db"]


def test_the_prompt(folder, server):
    with prompt(folder) as session:
        session.type(f"start_cp ws://127.0.0.1:{server.port}/ CP1 --store sqlite:///kept.db")
        server.accept("ocpp1.5")
        session.wait_for("store kept.db: new, schema 0001")
        session.type("status")
        session.wait_for(r"ChargePoint #CP1: ocpp1\.5, connected .*, store sqlite:///kept\.db")
        session.type(f"start_cp ws://127.0.0.1:{server.port}/ CP2 --store sqlite:///no/kept.db")
        session.wait_for(r"Error: store no/kept\.db: there is no folder")
        session.type("start_cp ws://127.0.0.1:1/ CP3 --store kept.db")
        session.wait_for("Error: store: must be none, sqlite:///FILE or postgresql://")
    assert Path(folder, "kept.db").exists()
