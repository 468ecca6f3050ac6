"""A central system with one charge point over SOAP, and in place of HTTP a test."""

from twisted.internet.defer import Deferred

from ocppfw.rpc.frames import Call
from ocppfw.soap import build_request, build_response, read_request
from ocppfw.transports.soap.central_system import ChargePointConnection
from ocppfw.transports.soap.client import HttpAnswer, HttpExchange
from ocppfw.transports.soap.received import Received
from ocppfw.versions import OcppVersion, Role
from tests.deferreds import outcomes

URL = "http://192.0.2.7:8080/"
V1_5 = OcppVersion.V1_5


class Client:
    """Posts nothing, but remembers what it was to post."""

    def __init__(self):
        self.posted = []

    def post(self, url, text, content_type, headers):
        answered = Deferred()
        self.posted.append((url, text, content_type, answered))
        return answered

    @property
    def actions(self):
        return [read_request(text, Role.CP, [V1_5]).call.action for _, text, *_ in self.posted]

    def answer(self, payload, number=-1):
        """Answer a post, as a rule the last."""
        _, text, _, answered = self.posted[number]
        body = build_response(read_request(text, Role.CP, [V1_5]), payload)
        answered.callback(HttpExchange({}, HttpAnswer(200, {}, body.encode())))

    def fail(self, error):
        self.posted[-1][3].errback(error)


class Side:
    """A central system with one charge point over SOAP."""

    def __init__(self, world, **given):
        self.station = world.start(**given)
        self.clock = world.clock
        self.client = Client()
        self.connection = ChargePointConnection(self.station, "CP1", V1_5, self.client)
        self.connection.url = URL
        self.connection.own_url = "http://192.0.2.1/"
        self.connection.heard_of = True
        self.peer = self.station.connection_opened("CP1", V1_5, self.connection, "192.0.2.7:4711")
        self.connection.hear()

    def call(self, action="ClearCache", payload=None, **options):
        return outcomes(self.peer.call(action, payload, **options))

    def request(self, action="Heartbeat", payload=None, identity="CP1"):
        """A request of the charge point; a Deferred of what is sent as its answer."""
        call = Call("urn:uuid:1", action, payload or {})
        text = build_request(V1_5, Role.CS, identity, call, to="http://x/", from_address=None)
        request = read_request(text, Role.CS, [V1_5])
        sent = []
        answered = self.connection.answer(
            request, Received(text.encode(), None), lambda each: not sent.append(each)
        )
        return Deferred.fromCoroutine(answered).addCallback(lambda _: sent[0])
