"""OCPP over the network: the only room that speaks it through Autobahn and twisted.web."""
