/**
 * What examples of the interface documents need to be there before.
 *
 * @module
 */
import { CONVERSATIONS } from "../../../interface/conversations/index.ts";
import type { Given } from "../../../interface/operation.ts";
import { OPERATIONS } from "../../../interface/operations/index.ts";
import { EPOCH } from "../../../interface/values.ts";
import { infoOf, pathOf } from "./channels.ts";
import { connect } from "./client.ts";
import type { Likeness } from "./likeness.ts";
import type { Server } from "./server.ts";
import { eventually } from "./waiting.ts";

/** All channels that any example speaks of. */
const CHANNELS: ReadonlySet<string> = new Set([
  ...CONVERSATIONS.map(({ channel }) => channel),
  ...OPERATIONS.flatMap(({ examples }) =>
    examples.flatMap(({ path }) => path?.["channel-id"] ?? []),
  ),
]);

/** Removes what other examples left behind, and makes what is needed. */
export async function arrange(
  server: Server,
  given: readonly Given[],
  likeness: Likeness,
): Promise<void> {
  for (const id of CHANNELS) {
    await server.fetch(pathOf(id), { method: "DELETE" });
  }
  for (const each of given) {
    if ("service" in each) {
      await serve(server, each.service, each.answers);
      continue;
    }
    const { channel, config = {}, messages = [] } = each;
    await server.sends("PUT", pathOf(channel), config);
    for (const data of messages) {
      await server.sends("POST", `${pathOf(channel)}/messages`, { data });
    }
    const { epoch } = await infoOf(server, channel);
    likeness.learn(EPOCH, epoch);
    await isListed(server, channel, messages.length);
  }
}

/** Listings are up to two seconds old. */
async function isListed(
  server: Server,
  channel: string,
  messages: number,
): Promise<void> {
  const query = new URLSearchParams({ prefix: channel });
  await eventually(`${channel} is listed`, async () => {
    const { body } = await server.fetch(`/channels?${query}`);
    const listed = Object(body).channels?.[channel];
    return (
      listed?.["message-count"] === messages && listed["subscriber-count"] === 0
    );
  });
}

async function serve(
  server: Server,
  channel: string,
  data: unknown,
): Promise<void> {
  const service = await connect(server);
  await service.subscribes(channel);
  service.watches((frame) => {
    if (frame.type !== "rpc-request") return;
    const { "request-id": id } = frame;
    service.sends({ type: "rpc-response", "request-id": id, data });
  });
}
