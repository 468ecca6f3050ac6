"""OCPP-S: envelopes over HTTP."""
