/**
 * Subscribing and publishing.
 *
 * @module
 */
import { type Behaviour, Coming, equal, fails } from "./world.ts";

export const channels: Readonly<Record<string, Behaviour>> = {
  "hands over what is published, once and in order": async (world) => {
    const [reader, writer] = [world.connect(), world.connect()];
    const id = world.channel("room");
    const got = new Coming<unknown>();
    await reader.channel(id).subscribe(({ data }) => got.add(data));
    const sent = Array.from({ length: 300 }, (_, n) => ({ n, text: "ü😀" }));
    const room = writer.channel(id);
    const results = await Promise.all(sent.map((each) => room.publish(each)));
    equal(await got.are(300), sent);
    equal(
      results.map(({ seq }) => seq),
      sent.map(({ n }) => n + 1),
    );
  },

  "tells who published what, and when": async (world) => {
    const client = world.connect();
    const room = client.channel(world.channel("room"));
    const got = new Coming<object>();
    await room.subscribe(({ publishedAt, senderConnId, ...rest }) => {
      const isRecent = Math.abs(publishedAt - Date.now()) < 60_000;
      got.add({ ...rest, isRecent, isConn: senderConnId?.startsWith("conn-") });
    });
    const { deliveredTo } = await room.publish("hi", { messageId: "hello-1" });
    equal(deliveredTo, 1);
    equal(await got.are(1), [
      {
        data: "hi",
        channelId: room.id,
        messageId: "hello-1",
        seq: 1,
        senderUserId: "alice",
        replayed: false,
        isRecent: true,
        isConn: true,
      },
    ]);
  },

  "keeps a message from its sender where that wants it": async (world) => {
    const [one, other] = [world.connect(), world.connect()];
    const id = world.channel("room");
    const [own, theirs] = [new Coming<unknown>(), new Coming<unknown>()];
    await one.channel(id).subscribe(({ data }) => own.add(data));
    await other.channel(id).subscribe(({ data }) => theirs.add(data));
    await one.channel(id).publish("mine", { excludeSender: true });
    await one.channel(id).publish("all's");
    equal(await theirs.are(2), ["mine", "all's"]);
    equal(await own.are(1), ["all's"]);
  },

  "hands over what is retained first, and says so": async (world) => {
    const client = world.connect();
    const room = client.channel(world.channel("room"));
    const first = await room.subscribe(() => {});
    for (const n of [1, 2, 3]) await room.publish(n);
    const got = new Coming<unknown>();
    await room.subscribe(({ data, replayed }) => got.add([data, replayed]), {
      retainedLimit: 2,
    });
    await room.publish(4);
    equal(await got.are(3), [
      [2, true],
      [3, true],
      [4, false],
    ]);
    equal(first.position?.seq, 4);
  },

  "goes on from a position": async (world) => {
    const [before, later] = [world.connect(), world.connect()];
    const id = world.channel("room");
    const subscription = await before.channel(id).subscribe(() => {});
    await before.channel(id).publish(1);
    const { position } = subscription;
    await before.close();
    for (const n of [2, 3]) await later.channel(id).publish(n);
    const got = new Coming<unknown>();
    await later.channel(id).subscribe(({ data }) => got.add(data), {
      since: position,
    });
    equal(await got.are(2), [2, 3]);
  },

  "gives messages to a loop": async (world) => {
    const client = world.connect();
    const room = client.channel(world.channel("room"));
    const messages = room.messages();
    await messages.subscription;
    for (const n of [1, 2, 3]) void room.publish(n);
    const got: unknown[] = [];
    for await (const { data } of messages) {
      got.push(data);
      if (got.length === 3) break;
    }
    equal(got, [1, 2, 3]);
  },

  "hands over nothing more once unsubscribed": async (world) => {
    const client = world.connect();
    const room = client.channel(world.channel("room"));
    const [left, stays] = [new Coming<unknown>(), new Coming<unknown>()];
    const subscription = await room.subscribe(left.add);
    await room.subscribe(stays.add);
    await subscription.unsubscribe();
    await room.publish(1);
    await stays.are(1);
    equal(left.all, []);
  },

  "publishes a message-id once": async (world) => {
    const client = world.connect();
    const room = client.channel(world.channel("room"));
    const got = new Coming<unknown>();
    await room.subscribe(({ data }) => got.add(data));
    const options = { messageId: "order-17" };
    equal((await room.publish(1, options)).duplicate, false);
    equal((await room.publish(1, options)).duplicate, true);
    await room.publish(2);
    equal(await got.are(2), [1, 2]);
  },

  "delivers an ephemeral message, and stores it not": async (world) => {
    const client = world.connect();
    const room = client.channel(world.channel("room"));
    const got = new Coming<unknown>();
    await room.subscribe(({ data, seq }) => got.add([data, seq ?? "none"]));
    equal((await room.publish("now", { ephemeral: true })).seq, undefined);
    equal(await got.are(1), [["now", "none"]]);
    const again = new Coming<unknown>();
    await room.subscribe(again.add);
    equal(again.all, []);
  },

  "refuses what is too long or too deep, and goes on": async (world) => {
    const client = world.connect();
    const room = client.channel(world.channel("room"));
    const got = new Coming<unknown>();
    await room.subscribe(({ data }) => got.add(data));
    let deep: unknown = 1;
    for (let i = 0; i < 200; i++) deep = [deep];
    const refused = [
      fails(room.publish("x".repeat(100_000)), "PayloadTooLargeError"),
      // Short enough for a frame.
      fails(room.publish("x".repeat(62_000)), "PayloadTooLargeError"),
      fails(room.publish(deep), "PayloadTooLargeError"),
    ];
    const fine = "[{".repeat(200);
    await room.publish(fine);
    await Promise.all(refused);
    equal(await got.are(1), [fine]);
  },

  "says why a channel cannot be published to": async (world) => {
    const room = world.connect().channel(world.channel("nobody"));
    await fails(room.publish(1), "ChannelNotFoundError");
  },
};
