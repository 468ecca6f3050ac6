"""Turns the results into one table with a verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

OURS, OCPP, OCPP_RPC, DEFLATE, ECHO = "ocppfw", "ocpp", "ocpp-rpc", "ocppfw+deflate", "echo"
BARE, LEAN, NPM_SOAP = "bare", "lean", "npm-soap"
FLOOR, AGAINST, REPORT = "floor", "against", "ocppfw+report"

NOT_SLOWER = 0.97
"""The ratio to another checkout from which on ours is not slower: rounds differ by that much."""

WANTED_OF_OURSELVES = dict.fromkeys(("Heartbeat", "MeterValues", "mix"), NOT_SLOWER)
WANTED_RATIOS = {
    OCPP: {"Heartbeat": 6.0, "MeterValues": 10.0},
    OCPP_RPC: {"Heartbeat": 1.3, "MeterValues": 1.3},
    AGAINST: WANTED_OF_OURSELVES,
}
WANTED_PARTS_OF_FLOOR = {"Heartbeat": 0.5, "MeterValues": 0.5}
WANTED_KIB = 16
WANTED_SOAP_CPU_MS = 0.5
WANTED_SOAP_RATIO = 0.35
WANTED_CONNECTIONS = 1000
WANTED_FLEET_KIB = 64
WANTED_REGISTER_SECONDS = 60
GENERATOR_MARGIN = 1.5
"""The generator has to be that much faster than the best server to be out of the way."""

BUSY_ENOUGH = 0.9
"""The part of a core that the generator uses against the echo server when nobody disturbs it."""
SOAP_GENERATOR_BUSY = 0.8
"""The part of a core above which the generator of SOAP requests may be what limits."""


@dataclass
class Results:
    """Everything that was measured; a row is one way of running one server."""

    workloads: list[str]
    conditions: list[str]
    """Machine, versions, durations."""
    names: dict[str, str] = field(default_factory=dict)
    """What the table calls each row, in the table's order."""
    loads: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    """Results of the rounds, by row and workload."""
    idle: dict[str, dict[str, float]] = field(default_factory=dict)
    soap: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Results of the rounds of SOAP, by row."""
    store: dict[str, float] = field(default_factory=dict)
    """What writing to a store on disk and reading it has come to."""
    fleets: dict[str, dict[str, float]] = field(default_factory=dict)
    """What fleets of our charge points have come to, by their kind."""
    notes: list[str] = field(default_factory=list)
    """What is missing, and why."""

    def median(self, row: str, workload: str, value: str) -> float | None:
        """The median over the rounds; None where nothing was measured."""
        rounds = self.loads.get(row, {}).get(workload, [])
        return median(result[value] for result in rounds) if rounds else None

    def soap_median(self, row: str, value: str) -> float:
        """The median over the rounds of SOAP; 0 where nothing was measured."""
        return median(result[value] for result in self.soap.get(row) or [{value: 0.0}])

    def bad(self) -> int:
        """The number of wrong answers in everything that was measured."""
        loads = [
            result for row in self.loads.values() for rounds in row.values() for result in rounds
        ]
        soap = [result for rounds in self.soap.values() for result in rounds]
        everything = [*loads, *self.idle.values(), *soap, *([self.store] if self.store else [])]
        everything += self.fleets.values()
        return int(sum(result["bad"] for result in everything))


def verdict(is_met: bool, wanted: str) -> str:
    """What is wanted, and whether it is there."""
    return f" ({wanted}: {'met' if is_met else 'MISSED'})"


def ratio(ours: float | None, theirs: float | None, wanted: float | None) -> str:
    """A cell that holds one value divided by another, and the verdict where one is wanted."""
    if not ours or not theirs:
        return "-"
    said = verdict(ours / theirs >= wanted, f">= {wanted:g}") if wanted else ""
    return f"{ours / theirs:.2f}{said}"


def value_rows(
    results: Results, title: str, value: str, rows: list[str], digits: int = 0
) -> list[list[str]]:
    """A section of the table: one line per row, one column per workload."""
    lines = [[title, *results.workloads]]
    for row in rows:
        cells = [results.median(row, workload, value) for workload in results.workloads]
        lines.append(
            [
                "  " + results.names[row],
                *("-" if cell is None else f"{cell:,.{digits}f}" for cell in cells),
            ]
        )
    return lines


def ratio_cells(
    results: Results, value: str, above: str, below: str, wanted: Mapping[str, float]
) -> list[str]:
    """One row divided by another, workload by workload."""
    return [
        ratio(
            results.median(above, workload, value),
            results.median(below, workload, value),
            wanted.get(workload),
        )
        for workload in results.workloads
    ]


def ratio_rows(results: Results) -> list[list[str]]:
    """How many times faster than its peers, or than another checkout, ocppfw is."""
    lines = [["times as fast as (wanted: verdict)", *results.workloads]]
    for peer in [row for row in WANTED_RATIOS if row in results.loads]:
        wanted = WANTED_RATIOS[peer]
        cells = ratio_cells(results, "calls_per_second", OURS, peer, wanted)
        lines.append(["  " + results.names[peer], *cells])
        if peer == AGAINST:
            cells = ratio_cells(results, "server_cpu_us", AGAINST, OURS, wanted)
            lines.append(["  the same by CPU per call", *cells])
    return lines


def report_rows(results: Results) -> list[list[str]]:
    """What ``validation = report`` costs where every message obeys its schema: nothing."""
    lines = [["report, times as fast as strict (wanted: verdict)", *results.workloads]]
    if REPORT in results.loads:
        for label, value, above, below in (
            ("by calls per second", "calls_per_second", REPORT, OURS),
            ("by CPU per call", "server_cpu_us", OURS, REPORT),
        ):
            cells = ratio_cells(results, value, above, below, WANTED_OF_OURSELVES)
            lines.append([f"  {label}", *cells])
    return lines


def floor_rows(results: Results, rows: list[str]) -> list[list[str]]:
    """How near the servers come to the floor, by CPU per call: its rate is the generator's."""
    lines = [["part of the floor (wanted: verdict)", *results.workloads]]
    if FLOOR in results.loads:
        for row in [row for row in rows if row != FLOOR]:
            wanted = WANTED_PARTS_OF_FLOOR if row == OURS else {}
            cells = ratio_cells(results, "server_cpu_us", FLOOR, row, wanted)
            lines.append(["  " + results.names[row], *cells])
    return lines


def idle_rows(results: Results) -> list[list[str]]:
    """The section on connections; only our own row is judged."""
    lines = [
        [
            "connections (wanted: verdict)",
            "KiB per idle one",
            "new per second",
            "CPU us per new one",
        ]
    ]
    for row, idle in results.idle.items():
        kib, rate = idle["kib_per_connection"], idle["connections_per_second"]
        cells = [f"{kib:.1f}", f"{rate:,.0f}", f"{idle['handshake_cpu_us']:,.0f}"]
        if row == OURS:
            cells[0] += verdict(kib <= WANTED_KIB, f"<= {WANTED_KIB}")
            cells[1] += verdict(rate >= WANTED_CONNECTIONS, f">= {WANTED_CONNECTIONS:,}")
        lines.append(["  " + results.names[row], *cells])
    return lines


def soap_rows(results: Results) -> list[list[str]]:
    """The section on SOAP; only our own row is judged."""
    mark, wanted = (AGAINST, NOT_SLOWER) if AGAINST in results.soap else (BARE, WANTED_SOAP_RATIO)
    lines = [
        [
            "SOAP BootNotification (wanted: verdict)",
            "requests per second",
            "server CPU, ms each",
            f"times {results.names.get(mark, mark)}",
        ]
    ]
    marked = results.soap_median(mark, "requests_per_second")
    for row in [row for row in results.names if row in results.soap]:
        rate = results.soap_median(row, "requests_per_second")
        cpu = results.soap_median(row, "server_cpu_ms")
        cells = [f"{rate:,.0f}", f"{cpu:.3f}", ratio(rate, marked, wanted if row == OURS else None)]
        if row == OURS:
            cells[1] += verdict(cpu <= WANTED_SOAP_CPU_MS, f"<= {WANTED_SOAP_CPU_MS:g}")
        lines.append(["  " + results.names[row], *cells])
    return lines


def store_rows(results: Results) -> list[list[str]]:
    """The section on what is kept on disk."""
    lines = [["store in SQLite", "writes per second", "start, seconds", "KiB per station"]]
    if store := results.store:
        writes, start = f"{store['writes_per_second']:,.0f}", f"{store['read_seconds']:.2f}"
        label = "  200 writers; 10,000 stations with 20 values"
        lines.append([label, writes, start, f"{store['kib_per_station']:.1f}"])
    return lines


def fleet_rows(results: Results) -> list[list[str]]:
    """The section on our charge points, of which many run in one process."""
    lines = [["our charge points, many in a process", "", "CPU, ms", "KiB per charge point"]]
    if found := results.fleets.get("automatic"):
        kib = found["kib_per_charge_point"]
        memory = f"{kib:.1f}{verdict(kib <= WANTED_FLEET_KIB, f'<= {WANTED_FLEET_KIB}')}"
        ran = f"{found['transactions']:,.0f} transactions, {found['bad']:.0f} messages lost"
        cpu = f"{found['cpu_ms_per_transaction']:.1f} per transaction"
        lines.append([f"  {found['charge_points']:,.0f} in automatic mode", ran, cpu, memory])
    if found := results.fleets.get("idle"):
        seconds = found["register_seconds"]
        met = seconds <= WANTED_REGISTER_SECONDS and not found["bad"]
        said = verdict(met, f"<= {WANTED_REGISTER_SECONDS}, and stay")
        cpu = f"{found['register_cpu_ms']:.1f} per registration"
        row = [f"  {found['charge_points']:,.0f} idle", f"registered in {seconds:.1f} s{said}"]
        lines.append([*row, cpu, f"{found['kib_per_charge_point']:.1f}"])
    return lines


def soap_notes(results: Results) -> list[str]:
    """Says where the generator of SOAP requests may have set the number."""
    limited = [
        results.names[row]
        for row in results.soap
        if results.soap_median(row, "generator_busy") > SOAP_GENERATOR_BUSY
    ]
    return [f"SOAP: limited by the generator: {'; '.join(limited)}."] if limited else []


def generator_notes(results: Results) -> list[str]:
    """Says where the load generator, not the server, may have set the number."""
    notes = []
    for workload in results.workloads:
        ceiling = results.median(ECHO, workload, "calls_per_second") or 0.0
        limited = [
            name
            for row, name in results.names.items()
            if row not in (FLOOR, ECHO)
            and ceiling
            < GENERATOR_MARGIN * (results.median(row, workload, "calls_per_second") or 0.0)
        ]
        if ceiling and limited:
            notes.append(
                f"{workload}: limited by the generator, whose ceiling is less than "
                f"{GENERATOR_MARGIN} times as high: {'; '.join(limited)}."
            )
    return notes


def neighbour_notes(results: Results) -> list[str]:
    """Says when other programs kept the generator from its core."""
    busy = [
        results.median(ECHO, workload, "generator_busy") or 1.0 for workload in results.workloads
    ]
    if min(busy, default=1.0) >= BUSY_ENOUGH:
        return []
    return [
        f"The generator got only {min(busy):.0%} of a core: other programs are running, and the "
        "numbers are low and noisy."
    ]


def aligned(lines: list[list[str]]) -> list[str]:
    """The cells in columns: the first to the left, the others to the right."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return [
        "   ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
        for line in lines
    ]


def table(results: Results) -> str:
    """The whole report."""
    rows = [row for row in results.names if row in results.loads]
    servers = [row for row in rows if row != ECHO]
    sections = [
        value_rows(results, "calls per second", "calls_per_second", rows),
        ratio_rows(results),
        report_rows(results),
        value_rows(results, "server CPU, us per call", "server_cpu_us", servers, digits=1),
        floor_rows(results, servers),
        idle_rows(results),
        soap_rows(results),
        store_rows(results),
        fleet_rows(results),
    ]
    lines: list[list[str]] = []
    for section in [section for section in sections if len(section) > 1]:
        lines += [*(line + [""] * (4 - len(line)) for line in section), [""] * 4]
    notes = [*results.notes, *generator_notes(results), *soap_notes(results)]
    notes += neighbour_notes(results)
    notes.append(f"Wrong answers: {results.bad()}.")
    return "\n".join([*results.conditions, "", *aligned(lines), *notes])
