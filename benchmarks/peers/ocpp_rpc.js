// A central system of the npm package ocpp-rpc in strict mode, as its documentation shows.
"use strict";

const { RPCServer } = require("ocpp-rpc");

const accepted = { status: "Accepted" };
let transactionId = 0;

const answers = {
  Heartbeat: () => ({ currentTime: new Date().toISOString() }),
  MeterValues: () => ({}),
  StatusNotification: () => ({}),
  Authorize: () => ({ idTagInfo: accepted }),
  StartTransaction: () => ({ idTagInfo: accepted, transactionId: ++transactionId }),
  StopTransaction: () => ({ idTagInfo: accepted }),
};

const server = new RPCServer({ protocols: ["ocpp1.6"], strictMode: true });
server.on("client", (client) => {
  for (const [action, answer] of Object.entries(answers)) {
    client.handle(action, answer);
  }
});
const port = Number(process.argv[process.argv.indexOf("--port") + 1]);
server.listen(port, "127.0.0.1", { backlog: 1024 });
