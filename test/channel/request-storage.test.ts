import { describe, expect, test } from "vitest";

import { TestChannel, type TestClient } from "../support/channel.ts";

function setting(services = 1) {
  const channel = new TestChannel({ id: "api", config: {} });
  const asked = Array.from({ length: services }, (_, i) =>
    channel.subscriber(`s${i}`),
  );
  const client = channel.connects("client");
  client.drain();
  return { channel, client, asked };
}

function asks(client: TestClient, fields: object = {}): string {
  client.drain();
  client.sends({ type: "rpc-request", data: "?", ...fields });
  return client.receives("rpc-request-result")["request-id"] ?? "none";
}

function answers(service: TestClient | undefined, id: string): void {
  service?.sends({ type: "rpc-response", "request-id": id, data: "!" });
}

describe("rows of requests", () => {
  test("are two for each of a trickle", () => {
    const { channel, client, asked } = setting(3);
    answers(asked[0], asks(client));
    const rows = channel.sql.rowsWrittenBy(() => {
      for (let i = 0; i < 20; i++) answers(asked[0], asks(client));
    });
    // One to open it and one to end it.
    expect(rows).toBeLessThanOrEqual(40);
  });

  test("are two for each of a trickle to one", () => {
    const { channel, client, asked } = setting(1);
    const rows = channel.sql.rowsWrittenBy(() => {
      for (let i = 0; i < 20; i++) {
        answers(asked[0], asks(client, { "deliver-to": "one" }));
      }
    });
    expect(rows).toBeLessThanOrEqual(40);
  });

  test.each([
    [64, 1],
    [65, 2],
    [128, 2],
  ])("for a burst of %i are %i and one for those asked", (burst, rows) => {
    const { channel, client } = setting(5);
    const written = channel.sql.rowsWrittenBy(() => {
      channel.together(() => {
        for (let i = 0; i < burst; i++) {
          client.sends({ type: "rpc-request", data: i });
        }
      });
    });
    expect(written).toBe(rows + 1);
  });

  test("for a burst that ends in one flush are few", () => {
    const { channel, client, asked } = setting();
    const ids: string[] = [];
    channel.together(() => {
      for (let i = 0; i < 64; i++) {
        client.sends({ type: "rpc-request", data: i });
      }
    });
    for (let i = 0; i < 64; i++) {
      ids.push(client.receives("rpc-request-result")["request-id"] ?? "");
    }
    const written = channel.sql.rowsWrittenBy(() => {
      channel.together(() => {
        for (const id of ids) answers(asked[0], id);
      });
    });
    expect(written).toBe(1);
    expect(channel.sql.count("calls")).toBe(0);
  });

  test("are none for a request that is opened and answered in one flush", () => {
    const { channel, client, asked } = setting();
    const written = channel.sql.rowsWrittenBy(() => {
      channel.together(() => {
        client.sends({ type: "rpc-request", data: 1 });
        const [call] = channel.state.calls.all();
        answers(asked[0], call?.id ?? "");
      });
    });
    expect(client.drain()).toHaveLength(2);
    expect(written).toBe(0);
  });

  test("that are empty are written over by what is opened with them", () => {
    const { channel, client, asked } = setting();
    const id = asks(client);
    const written = channel.sql.rowsWrittenBy(() => {
      channel.together(() => {
        answers(asked[0], id);
        client.sends({ type: "rpc-request", data: 1 });
      });
    });
    expect(written).toBe(1);
    expect(channel.sql.count("calls")).toBe(1);
  });

  test("do not stay when all has ended", () => {
    const { channel, client, asked } = setting(2);
    answers(asked[0], asks(client));
    asked[1]?.disconnects();
    answers(asked[0], asks(client));
    asks(client, { "timeout-ms": 100 });
    channel.passes(100);
    asked[0]?.disconnects();
    channel.subscriber("s9");
    channel.hibernates();
    asks(client, { "timeout-ms": 100 });
    channel.passes(100);
    expect(channel.sql.count("calls")).toBe(0);
    expect(channel.sql.count("audiences")).toBeLessThanOrEqual(1);
  });

  test("are none where there is no channel", () => {
    const channel = new TestChannel();
    const client = channel.connects("client");
    client.sends(
      { type: "rpc-request", data: 1 },
      { type: "rpc-cancel", "request-id": "req-1-x@chat" },
      { type: "rpc-response", "request-id": "req-1-x@chat", data: 1 },
      { type: "publish", data: 1 },
      { type: "unsubscribe" },
      { type: "ack", seq: 5 },
    );
    expect(client.drain()).toHaveLength(6);
    expect(channel.sql.tables()).toEqual([]);
  });
});

describe("a request in the middle of which the channel hibernates", () => {
  test("is answered", () => {
    const { channel, client, asked } = setting(2);
    const id = asks(client);
    channel.hibernates();
    answers(asked[1], id);
    expect(client.receives("rpc-response")["responder-conn-id"]).toBe("s1");
  });

  test("is still nobody's who was not asked", () => {
    const { channel, client, asked } = setting(2);
    const id = asks(client, { "deliver-to": "one" });
    channel.hibernates();
    asked[1]?.drain();
    answers(asked[1], id);
    expect(asked[1]?.receives("rpc-response-result").reason).toBe(
      "not-a-recipient",
    );
  });

  test("is answered once", () => {
    const { channel, client, asked } = setting(2);
    const id = asks(client);
    channel.hibernates();
    answers(asked[0], id);
    channel.hibernates();
    asked[1]?.drain();
    answers(asked[1], id);
    expect(client.drain()).toHaveLength(1);
    expect(asked[1]?.receives("rpc-response-result").reason).toBe(
      "request-not-found",
    );
  });

  test("counts among the open ones", () => {
    const { channel, client } = setting();
    asks(client);
    channel.hibernates();
    expect(channel.state.calls.size).toBe(1);
  });

  test("is cancelled when its requester goes", () => {
    const { channel, client, asked } = setting();
    const id = asks(client);
    asked[0]?.drain();
    channel.hibernates();
    client.disconnects();
    expect(asked[0]?.receives("rpc-cancel")["request-id"]).toBe(id);
  });

  test("shares its row with others, which stay", () => {
    const { channel, client, asked } = setting();
    channel.together(() => {
      for (let i = 0; i < 3; i++)
        client.sends({ type: "rpc-request", data: i });
    });
    const ids = [1, 2, 3].map(
      () => client.receives("rpc-request-result")["request-id"] ?? "",
    );
    answers(asked[0], ids[1] ?? "");
    channel.hibernates();
    answers(asked[0], ids[0] ?? "");
    channel.hibernates();
    answers(asked[0], ids[2] ?? "");
    const answered = client.drain();
    expect(answered).toHaveLength(3);
    expect(channel.sql.count("calls")).toBe(0);
  });

  test("and a subscriber left meanwhile knows who is still there", () => {
    const { channel, client, asked } = setting(2);
    asks(client);
    asked[0]?.sends({ type: "unsubscribe" });
    channel.hibernates();
    asked[1]?.disconnects();
    client.receivesNothing();
    asked[0]?.disconnects();
    expect(client.receives("rpc-response").reason).toBe("responders-gone");
  });
});
