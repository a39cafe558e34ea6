/**
 * What another Worker does for the holder of a token.
 *
 * @module
 */
import { callService } from "../calling.ts";
import { answered, info, listed, NONE_LISTED, published } from "./answers.ts";
import type { Answer, Deed } from "./deeds.ts";

interface Call extends Pick<Deed, "what" | "operation" | "done" | "refused"> {
  readonly creates?: boolean;
  readonly method: string;
  /** Absent: the channel-id alone. */
  args?(channel: string): readonly unknown[];
}

const refusedDone: Answer = () => ({ success: false, reason: "forbidden" });

const notPublished: Answer = (channel) => ({
  type: "publish-result",
  "channel-id": channel,
  success: false,
  reason: "forbidden",
  operation: "publish",
});

const CALLS: readonly Call[] = [
  {
    what: "publish",
    operation: "publish",
    method: "publish",
    args: (id) => [id, 1],
    done: published,
    refused: notPublished,
  },
  {
    what: "broadcast",
    operation: "publish",
    method: "broadcastToChannel",
    args: (id) => [id, 1],
    done: published,
    refused: notPublished,
  },
  {
    what: "request",
    operation: "request",
    method: "sendRpcRequest",
    args: (id) => [id, 1],
    done: (id) => ({ ok: true, answer: answered(id) }),
    refused: () => ({ ok: false, reason: "forbidden" }),
  },
  {
    what: "info",
    operation: "info",
    method: "getChannelInfo",
    done: () => info,
    refused: () => null,
  },
  {
    what: "create",
    operation: "create",
    creates: true,
    method: "createChannel",
    done: () => ({ success: true, info }),
    refused: refusedDone,
  },
  {
    what: "delete",
    operation: "delete",
    method: "deleteChannel",
    done: () => ({ success: true }),
    refused: refusedDone,
  },
  {
    what: "listing",
    operation: "info",
    method: "listChannels",
    args: (id) => [{ prefix: id }],
    done: listed,
    refused: () => NONE_LISTED,
  },
];

/** All of it. */
export const BY_CALL: readonly Deed[] = CALLS.map((call) => {
  const { what, operation, creates = false, method } = call;
  const { args = (id) => [id] } = call;
  const refused: Answer = (id) => ({ value: call.refused(id) });
  return {
    what,
    operation,
    way: "binding",
    creates,
    // Without a token it would be called for nobody in particular.
    does: ({ server, token = "", channel }) =>
      callService(server, method, args(channel), token),
    done: (id) => ({ value: call.done(id) }),
    refused,
    nothing: refused,
  };
});
