import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Connection } from "../../src/channel/connection.ts";
import { Connections } from "../../src/channel/connections.ts";
import { awoken, type Recorded, recorded } from "../support/connections.ts";

/** Subscribers, of whom one is asked at a time. */
class Circle {
  connections = new Connections([]);
  readonly #sockets = new Map<string, Recorded>();
  readonly open = new Map<string, number>();

  joins(id: string, order?: number): void {
    const socket = recorded(id);
    this.#sockets.set(id, socket);
    this.connections.add(socket.connection);
    if (order === undefined) this.connections.subscribe(socket.connection);
    else this.connections.subscribe(socket.connection, order);
    this.connections.keepChanged();
  }

  leaves(id: string): void {
    const connection = this.#connection(id);
    this.connections.unsubscribe(connection);
    this.connections.remove(connection);
    this.#sockets.delete(id);
    this.connections.keepChanged();
  }

  asks(except?: string): string | undefined {
    const requester =
      except === undefined ? undefined : this.#connection(except);
    const asked = this.connections.next(
      requester,
      ({ id }) => this.open.get(id) ?? 0,
    );
    this.connections.keepChanged();
    return asked?.id;
  }

  asksTimes(times: number): (string | undefined)[] {
    return Array.from({ length: times }, () => this.asks());
  }

  /** Everything in memory is lost; the sockets come back in any order. */
  hibernates(): void {
    const kept = [...this.#sockets.values()].reverse();
    this.connections = new Connections(kept.map(awoken));
  }

  order(): string[] {
    return [...this.connections.subscribers()].map(({ id }) => id);
  }

  ids(): string[] {
    return [...this.#sockets.keys()];
  }

  #connection(id: string): Connection {
    const connection = this.connections.get(id);
    if (connection === undefined) throw new Error(`nobody is called ${id}`);
    return connection;
  }
}

function circleOf(...ids: string[]): Circle {
  const circle = new Circle();
  for (const id of ids) circle.joins(id);
  return circle;
}

describe("asking one", () => {
  test("goes round in order of subscription", () => {
    const circle = circleOf("a", "b", "c");
    expect(circle.asksTimes(7)).toEqual(["a", "b", "c", "a", "b", "c", "a"]);
  });

  test("finds nobody where nobody listens", () => {
    expect(new Circle().asks()).toBeUndefined();
  });

  test("never asks the requester", () => {
    const circle = circleOf("a", "b");
    expect([circle.asks("a"), circle.asks("a")]).toEqual(["b", "b"]);
    circle.leaves("b");
    expect(circle.asks("a")).toBeUndefined();
  });

  test("prefers those with the fewest open requests", () => {
    const circle = circleOf("a", "b", "c");
    circle.open.set("a", 2).set("b", 1).set("c", 2);
    expect(circle.asksTimes(2)).toEqual(["b", "b"]);
    circle.open.set("b", 2);
    expect(circle.asksTimes(3)).toEqual(["c", "a", "b"]);
  });

  test("reaches who joins in their turn", () => {
    const circle = circleOf("a", "b");
    circle.asks();
    circle.joins("c");
    expect(circle.asksTimes(3)).toEqual(["b", "c", "a"]);
  });

  test("passes over who left", () => {
    const circle = circleOf("a", "b", "c");
    circle.asks();
    circle.leaves("b");
    expect(circle.asksTimes(2)).toEqual(["c", "a"]);
  });

  test("goes on behind the one asked last when that one leaves", () => {
    const circle = circleOf("a", "b", "c");
    circle.asksTimes(2);
    circle.leaves("b");
    expect(circle.asksTimes(3)).toEqual(["c", "a", "c"]);
  });

  test("goes on there after hibernation too", () => {
    const circle = circleOf("a", "b", "c");
    circle.asksTimes(2);
    circle.leaves("b");
    circle.hibernates();
    expect(circle.asksTimes(3)).toEqual(["c", "a", "c"]);
  });

  test("goes on there when the heirs leave, one after the other", () => {
    const circle = circleOf("a", "b", "c", "d");
    circle.asksTimes(3);
    circle.leaves("c");
    circle.leaves("a");
    circle.hibernates();
    expect(circle.asksTimes(3)).toEqual(["d", "b", "d"]);
  });

  test("starts over when all have left", () => {
    const circle = circleOf("a", "b");
    circle.asks();
    circle.leaves("a");
    circle.leaves("b");
    circle.joins("c");
    circle.joins("d");
    expect(circle.asksTimes(3)).toEqual(["c", "d", "c"]);
  });

  test("asks everybody as often as everybody else", () => {
    const circle = circleOf("a", "b", "c", "d", "e");
    const asked = circle.asksTimes(500);
    for (const id of circle.ids()) {
      expect(asked.filter((each) => each === id)).toHaveLength(100);
    }
  });

  test("is the same whether or not the channel hibernates", () => {
    const step = fc.oneof(
      fc.constant("ask"),
      fc.constant("join"),
      fc.nat(5).map((n) => n),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const staying = new Circle();
        const hibernating = new Circle();
        let joined = 0;
        for (const each of steps) {
          const circles = [staying, hibernating];
          if (each === "join") {
            const id = `c${joined++}`;
            for (const circle of circles) circle.joins(id);
          } else if (typeof each === "number") {
            const id = staying.ids()[each];
            if (id === undefined) continue;
            for (const circle of circles) circle.leaves(id);
          } else {
            expect(hibernating.asks()).toBe(staying.asks());
          }
          hibernating.hibernates();
          expect(hibernating.order()).toEqual(staying.order());
        }
      }),
    );
  });
});

describe("coming back after a crash", () => {
  test("restores the order of subscription", () => {
    const circle = new Circle();
    circle.joins("c", 3);
    circle.joins("a", 1);
    circle.joins("b", 2);
    expect(circle.order()).toEqual(["a", "b", "c"]);
    circle.joins("d");
    expect(circle.order()).toEqual(["a", "b", "c", "d"]);
  });

  test("stays fair with those who came in between", () => {
    const circle = circleOf("new");
    circle.joins("old", 1);
    const asked = circle.asksTimes(10);
    expect(asked.filter((each) => each === "old")).toHaveLength(5);
  });
});

describe("subscribers", () => {
  test("are counted once, however often they subscribe", () => {
    const circle = circleOf("a");
    const connection = circle.connections.get("a");
    if (connection !== undefined) circle.connections.subscribe(connection);
    expect(circle.connections.subscriberCount).toBe(1);
  });

  test("that change change the version", () => {
    const circle = circleOf("a");
    const before = circle.connections.version;
    circle.joins("b");
    const between = circle.connections.version;
    circle.leaves("b");
    expect(new Set([before, between, circle.connections.version]).size).toBe(3);
  });
});

describe("those who are away", () => {
  test("are lost once their time is up, and not before", () => {
    const { connections } = circleOf();
    connections.waitFor("a", 100);
    connections.waitFor("b", 200);
    expect(connections.takeLost(99)).toEqual([]);
    expect(connections.takeLost(100)).toEqual(["a"]);
    expect([...connections.away.keys()]).toEqual(["b"]);
  });

  test("are not lost when they come back", () => {
    const circle = circleOf();
    circle.connections.waitFor("a", 100);
    circle.joins("a");
    expect(circle.connections.takeLost(1_000)).toEqual([]);
  });
});
