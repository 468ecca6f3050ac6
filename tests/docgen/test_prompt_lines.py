"""Every prompt line on the pages is one that the prompt takes."""

from datetime import UTC, datetime

import pytest

from ocppfw.catalogue import load_catalogue
from ocppfw.console.grammar import split_words
from ocppfw.console.operation_commands import operations_by_name
from ocppfw.service.arguments import split_assignment
from ocppfw.service.defaults import default_payload
from ocppfw.service.payloads import build_payload
from ocppfw.service.transactions import Transactions
from ocppfw.versions import OcppVersion, Role
from tests.docgen.pages import parts

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize("version", OcppVersion)
def test_lines(site, version):
    for action, section in site.of(version).operations.items():
        operation = load_catalogue(version).operations[action]
        lines = parts(section, "prompt")
        roles = [role for role in Role if role in operation.answering_roles]
        assert len(lines) == len(roles)
        for line, role in zip(lines, roles, strict=True):
            name, *words = split_words(line)
            assert operations_by_name(role.other)[name][version] is operation
            assignments = [split_assignment(word) for word in words]
            default = default_payload(operation, role.other, NOW, Transactions())
            payload = build_payload(operation, default, assignments, force=False)
            assert operation.request.check(payload) == []


def test_known_lines(site):
    def line(version, action):
        return parts(site.of(version).operations[action], "prompt")[0]

    assert line("1.5", "Reset") == "remote_reset type=Soft"
    assert line("1.6", "RemoteStartTransaction") == "remote_starttransaction idTag=044943121F1D80"
    assert line("2.1", "RequestStopTransaction") == "remote_stoptransaction"
    assert line("2.0.1", "TransactionEvent") == "transactionevent"
    assert line("1.6", "Authorize") == "authorize idTag=044943121F1D80"
