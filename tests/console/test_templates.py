"""Templates and further central systems at the prompt."""

import pytest

from ocppfw.service.templates import read_template
from ocppfw.settings import shipped_templates


def test_templates_lists_the_shipped_ones(prompt):
    status, text = prompt.run("templates")
    assert status == 0
    assert [line.split()[0] for line in text.splitlines()] == shipped_templates()
    for name in shipped_templates():
        assert read_template(name).description in text


def test_a_wrong_name_is_said_with_the_right_one(prompt):
    status, text = prompt.run("start_cp ws://127.0.0.1:1/ CP1 --template dc-fats")
    assert status == 1
    assert "template dc-fats: no such template, did you mean dc-fast?" in text


def test_a_further_url_must_fit_the_transport(prompt):
    status, text = prompt.run("start_cp ws://127.0.0.1:1/ CP1 --url http://127.0.0.1:2/")
    assert status == 1
    assert "with -t websocket it begins with ws:// or wss://" in text


@pytest.mark.parametrize(
    ("options", "version"),
    [
        ("--template old-box-1.2", "ocpp1.2"),
        ("--template old-box-1.2 -p ocpp1.6", "ocpp1.6"),
        ("", "ocpp1.5"),
    ],
)
def test_the_template_says_the_version(ocppfw, options, version):
    script = f"start_cs 0\nstart_cp ws://127.0.0.1:1/ CP1 {options}\nstatus\nquit\n"
    said = ocppfw(script=script).stdout.decode()
    assert f"ChargePoint #CP1: {version}, not connected with ws://127.0.0.1:1/" in said
