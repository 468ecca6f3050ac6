"""A charge point of the package ocpp: it boots, authorizes an id tag, charges and stops.

Usage: python docs/examples/charge_session.py [ID_TAG [URL]]
"""

import asyncio
import logging
import sys
from datetime import UTC, datetime
from functools import partial

from ocpp.v16 import ChargePoint, call
from websockets.asyncio.client import connect

IDENTITY = "CP16"

log = logging.getLogger("charge_session")


def now():
    """The present moment, as OCPP writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def charge(charge_point, id_tag):
    """Play one charging session; a call that is refused raises OCPPError."""
    ask = partial(charge_point.call, suppress=False)

    boot = await ask(call.BootNotification("Model One", "Vendor"))
    log.info("BootNotification: %s", boot.status)

    authorized = await ask(call.Authorize(id_tag))
    status = authorized.id_tag_info["status"]
    log.info("Authorize %s: %s", id_tag, status)
    if status != "Accepted":
        return

    started = await ask(call.StartTransaction(1, id_tag, meter_start=0, timestamp=now()))
    transaction = started.transaction_id
    log.info("StartTransaction: transaction %s", transaction)

    sample = {"timestamp": now(), "sampled_value": [{"value": "1100"}]}
    await ask(call.MeterValues(1, [sample], transaction))
    log.info("MeterValues: 1100 Wh")

    await ask(call.StopTransaction(1500, now(), transaction))
    log.info("StopTransaction: 1500 Wh")


async def main(id_tag="044943121F1D80", url="ws://127.0.0.1:9000/"):
    """Connect, charge, hang up."""
    async with connect(url + IDENTITY, subprotocols=["ocpp1.6"]) as connection:
        charge_point = ChargePoint(IDENTITY, connection)
        listening = asyncio.create_task(charge_point.start())
        await charge(charge_point, id_tag)
        listening.cancel()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    log.setLevel(logging.INFO)
    asyncio.run(main(*sys.argv[1:]))
