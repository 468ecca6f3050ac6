"""How many files, and so connections, the process may have open."""

from __future__ import annotations

import contextlib
import resource


def raise_file_limit() -> None:
    """Raise the soft limit to the hard one; the usual 1,024 end at 1,000 charge points."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS: unlimited, but not to be had
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
