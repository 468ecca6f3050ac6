"""The two markers of pluggy, bound to this project's name, and the value that drops a frame."""

from __future__ import annotations

from typing import Final

import pluggy

PROJECT = "ocppfw"

#: Marks a function in a plugin as the implementation of a hook.
hookimpl = pluggy.HookimplMarker(PROJECT)

#: Marks a function in ``hooks/specs.py`` as a hook.
hookspec = pluggy.HookspecMarker(PROJECT)

#: What a hook that changes frames returns so that the frame goes no further.
DROP: Final = object()
