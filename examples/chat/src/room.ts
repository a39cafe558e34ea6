/** One room: what is said there, and what is sent there. */
import type { Client } from "sente-lite/client";

import { kindly } from "./kindly.ts";
import { isOwn, Line, ownMessageId } from "./line.ts";
import type { View } from "./view.ts";

export interface Room {
  say(text: string): void;
  leave(): void;
}

/** Enters a room; that may be before there is a connection. */
export function enter(
  client: Client,
  id: string,
  name: string,
  view: View,
): Room {
  const channel = client.channel(`chat-${id}`, { message: Line });
  const left = new AbortController();

  const send = async (messageId: string, line: Line): Promise<void> => {
    view.sending(messageId, line);
    try {
      // Sent again after a break, and published once: it has a name.
      await channel.publish(line, { messageId });
      view.sent(messageId);
    } catch (error) {
      view.failed(messageId, kindly(error), () => send(messageId, line));
    }
  };

  const listen = async (): Promise<void> => {
    const subscription = await channel.subscribe(
      ({ data, messageId, publishedAt }) =>
        view.show({
          messageId,
          line: data,
          at: publishedAt,
          isOwn: isOwn(messageId),
        }),
      { signal: left.signal },
    );
    view.note("You are in.");
    subscription.on("gap", ({ missed }) => {
      const some = missed === undefined ? "Messages" : `${missed} messages`;
      view.note(`${some} may be missing here: you were away for too long.`);
    });
    subscription.on("end", ({ error }) => {
      if (error !== undefined) view.end(kindly(error));
    });
  };
  listen().catch((error) => {
    if (!left.signal.aborted) view.end(kindly(error));
  });

  return {
    say: (text) => void send(ownMessageId(), { name, text }),
    leave: () => left.abort(),
  };
}
