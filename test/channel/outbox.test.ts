import { describe, expect, test } from "vitest";

import { Connections } from "../../src/channel/connections.ts";
import { Outbox } from "../../src/channel/outbox.ts";
import { encoded } from "../../src/protocol/codec.ts";
import {
  decodeUpstream,
  type UpstreamHeader,
} from "../../src/protocol/upstream.ts";
import { type Recorded, recorded } from "../support/connections.ts";

/** An outbox and its subscribers. */
class Post {
  readonly outbox = new Outbox();
  readonly connections = new Connections([]);

  joins(id: string, options: Parameters<typeof recorded>[1] = {}): Recorded {
    const each = recorded(id, options);
    this.connections.add(each.connection);
    this.outbox.separate(each.connection);
    this.connections.subscribe(each.connection);
    return each;
  }

  /** A subscriber from before this flush. */
  member(id: string, options: Parameters<typeof recorded>[1] = {}): Recorded {
    const each = recorded(id, options);
    this.connections.add(each.connection);
    this.connections.subscribe(each.connection);
    return each;
  }

  /** What every connection is sent, by its id. */
  take(): Record<string, readonly string[]> {
    const { deliveries } = this.outbox.take(this.connections.subscribers());
    return Object.fromEntries(
      [...deliveries].map(({ connection, messages }) => [
        connection.id,
        messages,
      ]),
    );
  }

  /** What sessions are sent: the header, and the frames. */
  takeUpstream(): Record<string, [UpstreamHeader, ...string[]]> {
    const sent: Record<string, [UpstreamHeader, ...string[]]> = {};
    for (const [id, message] of Object.entries(this.take())) {
      const { header, messages } = decodeUpstream(message.join(""));
      sent[id] = [header, ...messages];
    }
    return sent;
  }
}

const one = encoded('{"n":1}');
const two = encoded('{"n":2}');
const reply = encoded('{"r":1}');

describe("what one flush sends", () => {
  test("comes in the order it was put in", () => {
    const post = new Post();
    const { connection } = post.member("a");
    post.outbox.broadcast(one, 1);
    post.outbox.reply(connection, reply);
    post.outbox.broadcast(two, 2);
    expect(post.take()).toEqual({ a: ['{"n":1}', '{"r":1}', '{"n":2}'] });
  });

  test("is nothing the second time", () => {
    const post = new Post();
    post.member("a");
    post.outbox.broadcast(one, 1);
    post.take();
    expect(post.outbox.pending).toBe(false);
    expect(post.take()).toEqual({});
  });

  test("is one array for a batch socket, one frame a message for others", () => {
    const post = new Post();
    post.member("batch", { batch: true });
    post.member("plain");
    post.outbox.broadcast(one, 1);
    post.outbox.broadcast(two, 2);
    expect(post.take()).toEqual({
      batch: ['[{"n":1},{"n":2}]'],
      plain: ['{"n":1}', '{"n":2}'],
    });
  });

  test("has a header for a session, and one line a message", () => {
    const post = new Post();
    post.member("s", { via: "session" });
    post.member("sb", { via: "session", batch: true });
    post.outbox.broadcast(one, 1);
    post.outbox.broadcast(two, 2);
    const header = { seq: 2, bytes: 14 };
    expect(post.takeUpstream()).toEqual({
      s: [header, '{"n":1}', '{"n":2}'],
      sb: [header, '[{"n":1},{"n":2}]'],
    });
  });

  test("has no number in the header where none was given", () => {
    const post = new Post();
    post.member("s", { via: "session" });
    post.outbox.broadcast(one);
    expect(post.takeUpstream()).toEqual({ s: [{ bytes: 7 }, '{"n":1}'] });
  });

  test("is encoded once for those who only receive", () => {
    const post = new Post();
    for (let i = 0; i < 5; i++) post.member(`p${i}`, { batch: true });
    for (let i = 0; i < 5; i++) post.member(`s${i}`, { via: "session" });
    post.outbox.broadcast(one, 1);
    post.outbox.broadcast(two, 2);
    // The same array, not an equal one.
    expect(new Set(Object.values(post.take())).size).toBe(2);
  });

  test("leaves out an excluded sender, who learns the number", () => {
    const post = new Post();
    const { connection } = post.member("a", { via: "session" });
    post.member("b", { via: "session" });
    post.outbox.broadcast(one, 1);
    post.outbox.broadcast(two, 2, connection);
    expect(post.takeUpstream()).toEqual({
      a: [{ seq: 2, bytes: 7 }, '{"n":1}'],
      b: [{ seq: 2, bytes: 14 }, '{"n":1}', '{"n":2}'],
    });
  });

  test("leaves out who subscribed later only what came before", () => {
    const post = new Post();
    post.member("a");
    post.outbox.broadcast(one, 1);
    const late = post.joins("late");
    post.outbox.reply(late.connection, reply);
    post.outbox.broadcast(two, 2);
    expect(post.take()).toEqual({
      a: ['{"n":1}', '{"n":2}'],
      late: ['{"r":1}', '{"n":2}'],
    });
  });

  test("is for one who unsubscribed what came before", () => {
    const post = new Post();
    const { connection } = post.member("a");
    post.outbox.broadcast(one, 1);
    post.outbox.separate(connection);
    post.connections.unsubscribe(connection);
    post.outbox.reply(connection, reply);
    post.outbox.broadcast(two, 2);
    expect(post.take()).toEqual({ a: ['{"n":1}', '{"r":1}'] });
  });

  test("is for one who is no subscriber its own frames", () => {
    const post = new Post();
    const { connection } = recorded("guest");
    post.outbox.broadcast(one, 1);
    post.outbox.reply(connection, reply);
    expect(post.take()).toEqual({ guest: ['{"r":1}'] });
  });

  test("is nothing for one who is gone", () => {
    const post = new Post();
    const { connection } = post.member("a");
    post.outbox.reply(connection, reply);
    post.outbox.close(connection, 1008, "");
    post.connections.unsubscribe(connection);
    post.outbox.drop(connection);
    expect(post.outbox.pending).toBe(false);
  });

  test("counts the replies of a session", () => {
    const post = new Post();
    const { connection } = post.member("s", { via: "session" });
    post.outbox.reply(connection, reply);
    post.outbox.send(connection, one);
    post.outbox.reply(connection, reply);
    expect(post.takeUpstream().s?.[0]).toEqual({ replies: 2, bytes: 21 });
  });
});

describe("closing", () => {
  test("gives the first reason", () => {
    const post = new Post();
    const { connection } = post.member("a");
    post.outbox.close(connection, 1009, "first");
    post.outbox.close(connection, 1008, "second");
    const { closing } = post.outbox.take([]);
    expect(closing.get(connection)).toEqual({ code: 1009, reason: "first" });
  });
});
