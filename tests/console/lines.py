"""Lines that no sane person types."""

import random

_NAMES = ("bootnotification", "remote_reset", "set", "send", "start_cp", "help", "wait", "x")
_PIECES = (
    '"', "'", "\\", "{", "[", "]", "=", "a=", "type=", "--id", "--force", "-e", "[2,", "}", "@/",
    "x[9].y=1", "connectorId=\ud800", "cs", "\x00", "\x1b[2J", "%s", "{0}", "-1",
)  # fmt: skip


def generated_lines(count):
    """Random bytes, half-quoted texts, unknown fields and options; a message follows from each."""
    choice = random.Random(3)
    for _ in range(count):
        if choice.random() < 0.3:
            yield "x" + "".join(map(chr, choice.choices(range(1, 256), k=choice.randint(1, 40))))
        else:
            words = choice.choices(_PIECES, k=choice.randint(1, 6))
            yield choice.choice(_NAMES) + " " + choice.choice([" ", ""]).join(words)
