// A station of OCPP-S on the npm package soap or strong-soap, told by lines of JSON what to do.
//
// node soap_peer.js '{"library": "soap", "role": "cp", "url": …, "identity": …, "services": …, "answers": …}'
//
// services: by the role that answers, {"wsdl": path, "namespace": …, "name": …, "port": …}
// answers:  by action, the message to answer with
// stdin:    {"action": …, "payload": message}: call the other side.
// stdout:   {"port": …}, {"received": action, "payload": …}, {"result": message}, {"error": text}
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const readline = require("node:readline");
const { randomUUID } = require("node:crypto");

const options = JSON.parse(process.argv[2]);
const isStrong = options.library === "strong-soap";
const soap = isStrong ? require("strong-soap").soap : require("soap");
const ours = options.services[options.role];
const theirs = options.services[options.role === "cs" ? "cp" : "cs"];
const ANONYMOUS = "http://www.w3.org/2005/08/addressing/anonymous";
const peer = { url: options.url, identity: options.identity };
let ownUrl = null;

function tell(message) {
  process.stdout.write(JSON.stringify(message) + "\n");
}

// strong-soap wants the element of a message around it.
function wrapped(action, suffix, message) {
  const element = action[0].toLowerCase() + action.slice(1) + suffix;
  return isStrong ? { [element]: message } : message;
}

function textOf(header) {
  return header && typeof header === "object" ? header.$value : header;
}

function learn(headers) {
  const from = headers && headers.From && textOf(headers.From.Address);
  peer.url = from || peer.url;
  peer.identity = textOf(headers.chargeBoxIdentity) || peer.identity;
}

function handlers() {
  const entries = Object.entries(options.answers).map(([action, answer]) => [
    action,
    (payload, callback, headers) => {
      learn(headers);
      tell({ received: action, payload: payload || {} });
      callback(wrapped(action, "Response", answer));
    },
  ]);
  return { [ours.name]: { [ours.port]: Object.fromEntries(entries) } };
}

function headerBlocks(action) {
  const block = (name, content) =>
    `<a:${name} xmlns:a="http://www.w3.org/2005/08/addressing">${content}</a:${name}>`;
  return [
    `<chargeBoxIdentity xmlns="${theirs.namespace}">${peer.identity}</chargeBoxIdentity>`,
    block("MessageID", `urn:uuid:${randomUUID()}`),
    block("From", `<a:Address>${ownUrl}</a:Address>`),
    block("ReplyTo", `<a:Address>${ANONYMOUS}</a:Address>`),
    block("To", peer.url),
    block("Action", `/${action}`),
  ];
}

function makeClient() {
  const settings = { endpoint: peer.url, forceSoap12Headers: true };
  return new Promise((resolve, reject) => {
    soap.createClient(theirs.wsdl, settings, (error, client) => (error ? reject(error) : resolve(client)));
  });
}

async function call({ action, payload }) {
  const client = await makeClient();
  for (const block of headerBlocks(action)) {
    client.addSoapHeader(block);
  }
  client[action](wrapped(action, "Request", payload), (error, result) => {
    tell(error ? { error: String(error.message || error) } : { result: result || {} });
  });
}

const server = http.createServer((_, response) => response.writeHead(404).end());
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  ownUrl = `http://127.0.0.1:${port}/`;
  const xml = fs.readFileSync(ours.wsdl, "utf8");
  soap.listen(server, { path: "/", services: handlers(), xml, forceSoap12Headers: true });
  tell({ port });
});
const lines = readline.createInterface({ input: process.stdin });
lines.on("line", (line) => call(JSON.parse(line)).catch((error) => tell({ error: String(error) })));
lines.on("close", () => process.exit(0));
