"""Makes ``twistd ocppfw`` known to Twisted."""

from twisted.application.service import ServiceMaker

ocppfw = ServiceMaker(
    "ocppfw", "ocppfw.tap", "A central system or charge points that speak OCPP", "ocppfw"
)
