"""Central system: counts what comes about transactions, and tells it who asks."""

import json
from collections import Counter

from ocppfw import hookimpl

role = "cs"
autoload = False

VENDOR = "ocppfw.benchmark"

_counts: Counter[str] = Counter()


@hookimpl(tryfirst=True)
def cs_start_transaction():
    _counts["started"] += 1


@hookimpl(tryfirst=True)
def cs_stop_transaction():
    _counts["stopped"] += 1


@hookimpl(tryfirst=True)
def cs_data_transfer(payload):
    if payload["vendorId"] != VENDOR:
        return None
    return {"status": "Accepted", "data": json.dumps(_counts)}
