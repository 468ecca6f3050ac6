"""Every operation of every version, sent once with its default payload between our two roles."""

from ocppfw.catalogue import load_catalogue
from ocppfw.console.operation_commands import operations_by_name
from ocppfw.versions import OcppVersion, Role

WHO = {Role.CP: "--id", Role.CS: "--remote-id"}


def test_every_operation(ocppfw, port):
    lines = [f"start_cs {port}"]
    lines += [f"start_cp ws://localhost:{port} {v} -p {v.subprotocol}" for v in OcppVersion]
    for role in Role:
        for name, operations in operations_by_name(role).items():
            lines += [f"{name} {WHO[role]} {version}" for version in operations]
    result = ocppfw(script="\n".join(lines))
    text = result.stdout.decode()
    assert result.returncode == 0, text
    for fault in ("[4,", "[5,", "Error: ", "Warning: ", "Traceback"):
        assert fault not in text
    for version in OcppVersion:
        for role in Role:
            for action in load_catalogue(version).called_by(role):
                sent = f"cp#{version}: >>cs [" if role is Role.CP else f"cs: >>cp#{version} ["
                assert any(line.find(sent) > 0 and f'"{action}",' in line
                           for line in text.splitlines()), (version, action)  # fmt: skip
