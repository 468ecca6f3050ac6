// A central system of OCPP-S 1.6 on the npm package soap, as its documentation shows.
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const { parseArgs } = require("node:util");
const soap = require("soap");

const { port, wsdl } = parseArgs({
  options: { port: { type: "string" }, wsdl: { type: "string" } },
}).values;

const accepted = () => ({
  status: "Accepted",
  currentTime: new Date().toISOString(),
  interval: 300,
});
const server = http.createServer();
server.listen(Number(port), "127.0.0.1", () => {
  soap.listen(server, {
    path: "/",
    services: {
      CentralSystemService: { CentralSystemServiceSoap12: { BootNotification: accepted } },
    },
    xml: fs.readFileSync(wsdl, "utf8"),
    forceSoap12Headers: true,
    enableChunkedEncoding: false,
  });
});
