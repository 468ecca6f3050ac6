"""OCPP-J (SRPC) without I/O: text in, text out, and time is an argument."""
