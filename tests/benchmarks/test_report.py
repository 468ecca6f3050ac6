"""The report: ratios, and what is said of them."""

import pytest

from benchmarks import servers
from benchmarks.__main__ import in_turn
from benchmarks.report import AGAINST, FLOOR, OCPP_RPC, OURS, REPORT, Results, table


def results_of(rows):
    """Results of one workload; a row is its calls per second and its microseconds per call."""
    results = Results(["Heartbeat"], ["somewhere"])
    for row, (rate, cpu) in rows.items():
        results.names[row] = row
        results.loads[row] = {
            "Heartbeat": [
                {"calls_per_second": rate, "server_cpu_us": cpu, "generator_busy": 1.0, "bad": 0}
            ]
        }
    return results


def section(results, title):
    """The lines of a section, by their first cell."""
    lines = table(results).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(title))
    rows = lines[start + 1 : lines.index("", start)]
    return {row[:30].strip(): row[30:].strip() for row in rows}


def test_a_peer_is_compared_by_its_rate():
    results = results_of({OURS: (1000, 10), OCPP_RPC: (800, 10)})
    assert section(results, "times as fast as") == {OCPP_RPC: "1.25 (>= 1.3: MISSED)"}


def test_the_floor_is_compared_by_processor_time():
    results = results_of({OURS: (1000, 10), OCPP_RPC: (500, 20), FLOOR: (1500, 5)})
    found = section(results, "part of the floor")
    assert found == {OURS: "0.50 (>= 0.5: met)", OCPP_RPC: "0.25"}


def test_there_is_no_section_on_the_floor_without_one():
    assert "part of the floor" not in table(results_of({OURS: (1000, 10)}))


def test_another_checkout_is_compared_by_both():
    found = section(results_of({OURS: (900, 10), AGAINST: (1000, 11)}), "times as fast as")
    assert list(found.values()) == ["0.90 (>= 0.97: MISSED)", "1.10 (>= 0.97: met)"]


def test_report_is_compared_with_strict_by_both():
    found = section(results_of({OURS: (1000, 10), REPORT: (960, 10.2)}), "report, times as fast")
    assert list(found.values()) == ["0.96 (>= 0.97: MISSED)", "0.98 (>= 0.97: met)"]


def test_without_a_row_of_report_nothing_is_said_of_it():
    assert "as strict" not in table(results_of({OURS: (1000, 10)}))


def test_what_is_kept_on_disk_has_a_section():
    results = results_of({OURS: (1000, 10)})
    assert "store in SQLite" not in table(results)
    results.store = {"writes_per_second": 12345.6, "read_seconds": 1.234, "kib_per_station": 6.25}
    results.store["bad"] = 2
    [(_, row)] = section(results, "store in SQLite").items()
    assert row.split()[-3:] == ["12,346", "1.23", "6.2"]
    assert table(results).endswith("Wrong answers: 2.")


def test_fleets_have_a_section():
    results = results_of({OURS: (1000, 10)})
    assert "many in a process" not in table(results)
    kept = {"charge_points": 1000, "kib_per_charge_point": 64.1, "bad": 0}
    results.fleets["automatic"] = {**kept, "transactions": 2000, "cpu_ms_per_transaction": 3.14}
    idle = {"register_seconds": 59.0, "register_cpu_ms": 3.4}
    results.fleets["idle"] = {**kept, **idle, "charge_points": 10_000, "bad": 1}
    automatic, idle_row = section(results, "our charge points").values()
    assert "2,000 transactions, 0 messages lost" in automatic
    assert "64.1 (<= 64: MISSED)" in automatic
    assert "registered in 59.0 s (<= 60, and stay: MISSED)" in idle_row
    assert table(results).endswith("Wrong answers: 1.")


def test_every_other_round_goes_backwards():
    running = dict.fromkeys([OURS, AGAINST])
    assert [in_turn(running, number) for number in (1, 2)] == [[OURS, AGAINST], [AGAINST, OURS]]


def test_a_folder_that_is_no_checkout_is_said(tmp_path):
    with pytest.raises(servers.Unavailable, match=r"there is no twistd in .*/\.venv/bin"):
        servers.ocppfw(tmp_path)
