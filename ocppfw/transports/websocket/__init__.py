"""OCPP-J: frames over WebSocket, on Autobahn."""
