/** A page's own code, as far as types go. */
import {
  type Client,
  ClosedError,
  connect,
  type Message,
} from "sente-lite/client";

interface Channels {
  "chat-*": { message: { text: string } };
}

export async function chat(url: string): Promise<Client<Channels>> {
  const client = connect<Channels>(url, { token: async () => "a token" });
  const room = client.channel("chat-room-42");
  await room.subscribe((message) => console.log(message.data.text));
  // @ts-expect-error: that is not what is said there.
  await room.subscribe((message) => console.log(message.data.word));
  const { seq } = await room.publish({ text: "hello" });
  // @ts-expect-error: neither is that.
  await room.publish({ word: "hello" });
  client.on("state", ({ state }) => console.log(state, seq));
  client.on("error", ({ error }) => {
    if (error instanceof ClosedError) console.log(error.message);
  });
  return client;
}

export function textOf(message: Message<{ text: string }>): string {
  return message.data.text;
}
