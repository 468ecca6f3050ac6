"""Why a charge point cannot connect: what its log says, by what it finds at its central system."""

import contextlib
import ssl

import pytest

from tests.certificates import Authority
from tests.process.server import Server
from tests.process.twistd import charge_point
from tests.process.wire import Ended


@pytest.mark.parametrize("scheme", ["wss", "https"])
def test_a_certificate_without_names(tmp_path, scheme):
    authority = Authority()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue(tmp_path, []))
    trusted = {"SSL_CERT_FILE": str(authority.trust_file(tmp_path))}
    with Server(context) as server:
        url = f"{scheme}://127.0.0.1:{server.port}/"
        options = ("--protocol", "ocpp1.6", "--reconnect-delay", "0.1")
        with charge_point(tmp_path, url, *options, **trusted) as station:
            for _ in range(2):  # over SOAP, the first one only shows that somebody listens
                with contextlib.suppress(ssl.SSLError, ConnectionError, Ended):
                    server.accept_tcp().read_head()
            words = "TLS: the certificate of 127.0.0.1:[0-9]+ names no host"
            station.wait_for(f"cp#CP1: .*{words}")
            assert "Traceback" not in station.text
