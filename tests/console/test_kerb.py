"""What happens at the kerb, typed at a prompt beside a central system."""

import re


def test_an_outage_loses_nothing(ocppfw, port):
    script = f"""\
start_cs {port}
start_cp ws://localhost:{port} 0 -p ocpp1.6 --auto
wait StatusNotification
start 044943121F1D80
sleep 0.3
offline
offline
stop
unplug 1
status
online
online
wait StopTransaction
status
offline
"""
    text = ocppfw(script=script).stdout.decode()
    assert "ChargePoint #0: the line is cut\n" in text
    assert "Error: the line of cp#0 is cut already" in text
    assert "Error: the line of cp#0 is not cut" in text
    assert re.search(r"not connected with .*; waiting messages: 1\n", text)
    before, _, after = text.partition("the line is restored")
    assert "cs: <<" in before
    assert '"StopTransaction"' not in before
    assert re.findall(r'cs: <<cp#0 .*"(\w+Transaction)"', after) == ["StopTransaction"]
    assert "BootNotification" not in after
    assert "Traceback" not in text
