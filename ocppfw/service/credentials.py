"""Who a charge point says it is: HTTP Basic (RFC 7617), from a user and a file with a secret."""

from __future__ import annotations

import base64
import os
import re
import stat
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from twisted.logger import Logger

from ocppfw.errors import SettingsError
from ocppfw.service.plans import Plan
from ocppfw.text import has_controls
from ocppfw.versions import OcppVersion

_LONGEST = 4096  # bytes; servers take no longer headers
# 16 to 20 bytes (OCPP 1.6 security whitepaper, A00.FR.205).
_HEX_KEY = re.compile(rb"\s*((?:[0-9A-Fa-f]{2}){16,20})\s*")
_EVERYBODY = "{name}: everybody on this machine can read {path}; chmod o-r {path} ends that"

#: Reads the secret of a setting (its name) from a file.
Reader = Callable[[str, str], bytes]

log = Logger()


def request_headers(
    plans: Sequence[Plan], password: bytes | None = None
) -> dict[str, dict[str, str]]:
    """The HTTP headers that charge points send with every handshake or request.

    Args:
        plans: the charge points.
        password: the password of all of them, where it was asked for.

    Returns:
        Headers by identity: those of the setting ``header``, and ``Authorization``.

    Raises:
        SettingsError: a secret cannot be had, or settings contradict each other; the text never
            holds a secret.
    """
    read = cache(_read_secret)  # what is behind a name such as /dev/fd/3 can be read only once
    return {plan.identity: _headers_of(plan, password, read) for plan in plans}


def check_password(password: str) -> bytes:
    """A password as it goes on the wire.

    Raises:
        ValueError: it cannot be one; the text follows a name.
    """
    if not password:
        raise ValueError("is empty")
    if has_controls(password):  # RFC 7617 section 2
        raise ValueError("must be one line without control characters")
    return password.encode()


def _headers_of(plan: Plan, password: bytes | None, read: Reader) -> dict[str, str]:
    headers = dict(plan.settings.header)
    secret = _secret_of(plan, password, read)
    if secret is None:
        if plan.settings.user is not None:
            raise SettingsError("user: has no password; password-file names a file with it")
        return headers
    if "authorization" in map(str.lower, headers):
        raise SettingsError("header: Authorization is made of the user and the password")
    headers["Authorization"] = _basic(_user_of(plan), secret)
    return headers


def _user_of(plan: Plan) -> str:
    """The user; the other side takes what is before the first colon for it.

    In 1.x the identity may hold a colon and is the user all the same (OCPP-J 1.6 section 6): who
    knows it from the path can tell where the password begins.
    """
    user = plan.identity if plan.settings.user is None else plan.settings.user
    if ":" in user and (user != plan.identity or plan.version.is_2x):
        raise SettingsError(
            "user: must not hold a colon (RFC 7617 section 2), but in 1.x where it is the"
            " identity; a password belongs into password-file"
        )
    return user


def _secret_of(plan: Plan, asked: bytes | None, read: Reader) -> bytes | None:
    settings = plan.settings
    given = {
        name: path
        for name, path in (
            ("password-file", settings.password_file),
            ("authorization-key-file", settings.authorization_key_file),
        )
        if path is not None
    }
    if len(given) + (asked is not None) > 1:
        raise SettingsError(f"{[*given][-1]}: there is a password already; one is enough")
    if not given:
        return asked
    if "authorization-key-file" in given and plan.version is not OcppVersion.V1_6:
        raise SettingsError(
            "authorization-key-file: is only for ocpp1.6; the password of other versions is text,"
            " in password-file"
        )
    [(name, path)] = given.items()
    return read(name, path)


def _read_secret(name: str, path: str) -> bytes:
    """The secret in the file that a setting names."""
    try:
        with Path(path).open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_LONGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(f"{name}: {path}: {reason}") from None
    if stat.S_ISREG(mode) and mode & stat.S_IROTH:
        log.warn(_EVERYBODY, name=name, path=path)
    try:
        return (_key if name == "authorization-key-file" else _password)(content)
    except ValueError as error:
        raise SettingsError(f"{name}: {path} {error}") from None


def _password(content: bytes) -> bytes:
    """The password in a file: all of it but one line end at its end."""
    if len(content) > _LONGEST:
        raise ValueError(f"has more than {_LONGEST} bytes")
    line = content.removesuffix(b"\n").removesuffix(b"\r")
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    return check_password(text)


def _key(content: bytes) -> bytes:
    """The password for which the hexadecimal digits in a file stand."""
    found = _HEX_KEY.fullmatch(content)
    if found is None:
        raise ValueError("must hold 32 to 40 hexadecimal digits, two for each byte of the key")
    return bytes.fromhex(found[1].decode())


def _basic(user: str, password: bytes) -> str:
    return "Basic " + base64.b64encode(f"{user}:".encode() + password).decode()
