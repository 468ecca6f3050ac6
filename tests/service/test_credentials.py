"""User and password of a charge point: where they come from, and what is said where they fail."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.logger import LogLevel, capturedLogs

from ocppfw.errors import SettingsError
from ocppfw.interfaces import ConnectionRequest
from ocppfw.service.credentials import check_password, request_headers
from ocppfw.service.plans import Plan, plan_charge_points
from ocppfw.settings import Settings
from ocppfw.versions import OcppVersion

SECRET = "s3cret-s3cret-16"


def secret_file(folder: Path, content: str | bytes = SECRET, mode: int = 0o600) -> str:
    path = folder / "secret"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return str(path)


def headers(identity: str = "CP1", password: bytes | None = None, **given: Any) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in given.items()}
    return request_headers(plans(identity, **named), password)[identity]


def plans(*identities: str, **given: Any) -> list[Plan]:
    """Charge points that are to be started."""
    return plan_charge_points(identities, Settings.build({"url": "ws://127.0.0.1/"}, given))


def sent(identity: str = "CP1", **given: Any) -> bytes:
    """User and password as they are sent."""
    scheme, _, encoded = headers(identity, **given)["Authorization"].partition(" ")
    assert scheme == "Basic"
    return base64.b64decode(encoded, validate=True)


def refused(identity: str = "CP1", **given: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        headers(identity, **given)
    return str(caught.value)


def test_nothing_is_said_without_a_password() -> None:
    assert headers() == {}


@pytest.mark.parametrize(
    ("content", "password"),
    [
        (SECRET, SECRET),
        (f"{SECRET}\n", SECRET),
        (f"{SECRET}\r\n", SECRET),
        (f" {SECRET} \n", f" {SECRET} "),
        ("a:b", "a:b"),
        ("pässwörd €", "pässwörd €"),
        ("\ufeffnotepad", "notepad"),
        ("x" * 4096, "x" * 4096),
    ],
)
def test_the_password_is_all_of_the_file_but_its_line_end(
    tmp_path: Path, content: str, password: str
) -> None:
    path = secret_file(tmp_path, content)
    assert sent(password_file=path) == f"CP1:{password}".encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("\n", "is empty"),
        (f"{SECRET}\n\n", "must be one line without control characters"),
        (f"{SECRET}\nmore", "must be one line without control characters"),
        (f"{SECRET}\0", "must be one line without control characters"),
        (SECRET.encode() + b"\xff", "is not UTF-8"),
        (SECRET * 1000, "has more than 4096 bytes"),
    ],
)
def test_a_file_that_holds_no_password(tmp_path: Path, content: str | bytes, said: str) -> None:
    path = secret_file(tmp_path, content)
    assert refused(password_file=path) == f"password-file: {path} {said}"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    path = str(tmp_path / "none")
    assert refused(password_file=path) == f"password-file: {path}: No such file or directory"
    assert refused(password_file=str(tmp_path)) == f"password-file: {tmp_path}: Is a directory"
    assert refused(password_file="a\0b").startswith("password-file: ")


# OCPP-J 1.6 section 6.2, the example.
KEY = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"
EXAMPLE = "Basic QUwxMDAwOgABAgMEBQYH////////////////"


@pytest.mark.parametrize("content", [KEY, KEY.lower(), f"{KEY}\n", f" {KEY} \r\n"])
def test_the_authorization_key_of_the_standard(tmp_path: Path, content: str) -> None:
    path = secret_file(tmp_path, content)
    assert headers("AL1000", authorization_key_file=path)["Authorization"] == EXAMPLE


@pytest.mark.parametrize("digits", [32, 34, 40])
def test_16_to_20_bytes(tmp_path: Path, digits: int) -> None:
    path = secret_file(tmp_path, "ab" * (digits // 2))
    assert sent(authorization_key_file=path) == b"CP1:" + b"\xab" * (digits // 2)


@pytest.mark.parametrize("key", ["", SECRET, "ab" * 15, "ab" * 21, "a" * 39, KEY[:-1] + "g", "a b"])
def test_what_is_no_authorization_key(tmp_path: Path, key: str) -> None:
    path = secret_file(tmp_path, key)
    said = f"authorization-key-file: {path} must hold 32 to 40 hexadecimal digits"
    assert refused(authorization_key_file=path).startswith(said)


@pytest.mark.parametrize("version", [each for each in OcppVersion if each is not OcppVersion.V1_6])
def test_only_1_6_has_an_authorization_key(tmp_path: Path, version: OcppVersion) -> None:
    path = secret_file(tmp_path, KEY)
    text = refused(authorization_key_file=path, protocol=version.subprotocol)
    assert text.startswith("authorization-key-file: is only for ocpp1.6")


def test_one_password_is_enough(tmp_path: Path) -> None:
    path = secret_file(tmp_path, KEY)
    for more in (
        {"password_file": path, "authorization_key_file": path},
        {"password_file": path, "password": b"x"},
        {"authorization_key_file": path, "password": b"x"},
    ):
        assert "there is a password already" in refused(**more)


def test_a_user_without_a_password() -> None:
    assert refused(user="me").startswith("user: has no password; password-file names")


def test_a_password_that_was_asked_for() -> None:
    assert sent(password=check_password("pö")) == "CP1:pö".encode()
    assert sent(password=b"x", user="me") == b"me:x"
    for wrong, said in (("", "is empty"), ("a\x1bb", "must be one line")):
        with pytest.raises(ValueError, match=said):
            check_password(wrong)


@pytest.mark.parametrize("version", OcppVersion)
@pytest.mark.parametrize(
    ("identity", "user", "allowed_in"),
    [
        ("CP1", "me", "1.x 2.x"),
        ("CP1", "mö", "1.x 2.x"),
        ("a:b", None, "1.x"),
        ("a:b", "a:b", "1.x"),
        ("a:b", "me", "1.x 2.x"),
        ("CP1", "CP1:" + SECRET, ""),
        ("a:b", "a:c", ""),
    ],
)
def test_a_colon_in_the_user(
    version: OcppVersion, identity: str, user: str | None, allowed_in: str
) -> None:
    given = {"password": b"x", "protocol": version.subprotocol} | ({"user": user} if user else {})
    if ("2.x" if version.is_2x else "1.x") in allowed_in:
        assert sent(identity, **given) == f"{user or identity}:x".encode()
    else:
        text = refused(identity, **given)
        assert text.startswith("user: must not hold a colon")
        assert SECRET not in text


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1))
def test_a_central_system_of_ours_reads_what_we_send(password: str) -> None:
    made = headers("a:b", password=check_password(password))
    request = ConnectionRequest(
        "a:b", OcppVersion.V1_6, "x", {"authorization": made["Authorization"]}
    )
    assert (request.user, request.password) == ("a:b", password.encode())


# Who else can read the file.


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, False), (0o644, True)])
def test_a_file_that_everybody_can_read(tmp_path: Path, mode: int, warned: bool) -> None:
    path = secret_file(tmp_path, mode=mode)
    with capturedLogs() as lines:
        request_headers(plans("CP1", "CP2", **{"password-file": path}))
    said = [line for line in lines if line["log_level"] is LogLevel.warn]
    assert len(said) == warned  # once, although both have it
    for line in said:
        text = line["log_format"].format(**line)
        assert text == f"password-file: everybody on this machine can read {path}; " + (
            f"chmod o-r {path} ends that"
        )


def test_a_pipe_is_read_once_for_all() -> None:
    """As with ``--password-file <(pass show cp) --count 2``."""
    reading, writing = os.pipe()
    os.write(writing, b"secret\n")
    os.close(writing)
    found = request_headers(plans("CP1", "CP2", **{"password-file": f"/dev/fd/{reading}"}))
    os.close(reading)
    assert [base64.b64decode(each["Authorization"][6:]) for each in found.values()] == [
        b"CP1:secret",
        b"CP2:secret",
    ]


# Further headers.


def test_further_headers() -> None:
    given = ["X-A: b", "Cookie: c=d; e=f", "Empty:", "Origin:file://"]
    assert headers(header=given) == {
        "X-A": "b",
        "Cookie": "c=d; e=f",
        "Empty": "",
        "Origin": "file://",
    }


def test_credentials_of_another_kind() -> None:
    assert headers(header="Authorization: Bearer x") == {"Authorization": "Bearer x"}
    text = refused(header="authorization: Bearer x", password=b"x")
    assert text == "header: Authorization is made of the user and the password"
