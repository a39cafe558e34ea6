/**
 * A program that uses clients, closes them, and then must end by itself.
 * Arguments: the URL of the service, and for how long it uses them, in ms.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";

import { connect } from "../../../src/client/index.ts";

const [url = "", ms = "0"] = process.argv.slice(2);
const options = {
  connectTimeoutMs: 1_500,
  maxRetryMs: 500,
  publishTimeoutMs: 3_000,
};
const clients = [false, true, false, true].map((direct) =>
  connect(url, { ...options, direct }),
);
const end = Date.now() + Number(ms);
const [service, ...askers] = clients;

service
  ?.channel("leaving")
  .respond(({ data }) => data)
  .catch(() => {});
for (const client of clients) {
  // That connections break is no news here.
  client.on("error", () => {});
  client
    .channel("leaving")
    .subscribe(() => {})
    .catch(() => {});
}
while (Date.now() < end) {
  for (const client of askers) {
    const channel = client.channel("leaving");
    channel.publish("x".repeat(500)).catch(() => {});
    channel.request(1).catch(() => {});
  }
  await pause(20);
}
await Promise.all(clients.map((client) => client.close()));
console.log("closed");
