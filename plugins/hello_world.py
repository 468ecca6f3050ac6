"""Example: says hello when a station starts and when a peer connects.

A plugin is a Python file in a folder of plugins. Its functions that are marked with ``@hookimpl``
and named like a hook are called at the hook's moment; each takes the arguments that it names.
Copy this file to ``./plugins``, or load it as it is: ``twistd -n ocppfw --plugin hello_world ...``
"""

from twisted.logger import Logger

from ocppfw import hookimpl

autoload = False  # only when it is asked for; a plugin without this line is loaded at every start
# role = "cs" or "cp" would have it called on one side only, versions = ("1.6",) in one version.

log = Logger()


@hookimpl
def station_started(station):
    """A central system (label ``cs``) or charge point (label ``cp#ID``) has started."""
    log.info("Hello, world! This is {label}.", label=station.label)


@hookimpl
def connection_opened(station, peer):
    """The other side is there; ``peer.call(action, payload)`` would ask it something."""
    log.info("Hello, {peer}! You speak OCPP {version}.", peer=peer, version=peer.version)
