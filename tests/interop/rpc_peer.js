// A station of the npm package ocpp-rpc in strict mode, told by lines of JSON what to do.
//
// node rpc_peer.js '{"role": "cp", "url": …, "identity": …, "protocol": …, "answers": {…}}'
// node rpc_peer.js '{"role": "cs", "protocol": …, "answers": {…}, "deflate": {…}}'
//
// stdin:  {"action": …, "payload": …}: call the other side.
// stdout: {"port": …}, {"received": action, "payload": …}, {"result": payload}, {"error": text}
"use strict";

const readline = require("node:readline");
const { RPCClient, RPCServer, createValidator } = require("ocpp-rpc");

const options = JSON.parse(process.argv[2]);
const strict = { protocols: [options.protocol], strictMode: true };
if (options.protocol === "ocpp2.1") {
  // ocpp-rpc 2.2.1 has these schemas, but looks for them under other names.
  const schemas = require("ocpp-rpc/lib/schemas/ocpp2_1.json").map((schema) => ({
    ...schema,
    $id: schema.$id.replace(/Request$/, ".req").replace(/Response$/, ".conf"),
  }));
  strict.strictModeValidators = [createValidator("ocpp2.1", schemas)];
}
let peer = null;

function tell(message) {
  process.stdout.write(JSON.stringify(message) + "\n");
}

function serve(client) {
  peer = client;
  client.on("strictValidationFailure", ({ error }) => tell({ violation: String(error) }));
  client.on("badMessage", ({ error }) => tell({ violation: String(error) }));
  for (const [action, answer] of Object.entries(options.answers)) {
    client.handle(action, ({ params }) => {
      tell({ received: action, payload: params });
      return answer;
    });
  }
}

async function call({ action, payload }) {
  try {
    tell({ result: await peer.call(action, payload) });
  } catch (error) {
    tell({ error: `${error.code || error.name}: ${error.message}` });
  }
}

async function main() {
  if (options.role === "cs") {
    const server = new RPCServer({
      ...strict,
      // ws decides by itself which messages are worth it, above 1 KiB.
      wssOptions: { perMessageDeflate: options.deflate ?? false },
    });
    server.on("client", serve);
    const http = await server.listen(0, "127.0.0.1");
    tell({ port: http.address().port });
  } else {
    const client = new RPCClient({
      ...strict,
      endpoint: options.url,
      identity: options.identity,
      reconnect: false,
    });
    serve(client);
    await client.connect();
    tell({ port: 0 });
  }
  const lines = readline.createInterface({ input: process.stdin });
  lines.on("line", (line) => call(JSON.parse(line)));
  lines.on("close", () => process.exit(0));
}

main().catch((error) => {
  tell({ error: String(error) });
  process.exit(1);
});
