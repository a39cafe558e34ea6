/** What is missing is asked for, or told of. */
import { describe, expect, it } from "vitest";

import { message, subscribed } from "./support/answers.ts";
import { live, subscribe } from "./support/resumption.ts";
import { breakOff, reconnect, soon, useFakeClock } from "./support/stage.ts";

useFakeClock();

describe("a gap", () => {
  it("is told once where the server has not everything", async () => {
    const stage = await subscribe([message(3)]);
    await reconnect(stage);
    const retained = [message(8), message(9)];
    subscribed(stage.socket, retained, { recovered: false });
    expect(stage.got).toEqual([3, 8, 9]);
    expect(stage.gaps).toEqual([
      {
        since: { epoch: "e1", seq: 3 },
        position: { epoch: "e1", seq: 7 },
        missed: 4,
      },
    ]);
  });

  it("hands over nothing twice that came before it", async () => {
    const stage = await subscribe([message(7), message(8)]);
    await reconnect(stage);
    const retained = [message(8), message(9)];
    subscribed(stage.socket, retained, { recovered: false });
    expect(stage.got).toEqual([7, 8, 9]);
  });

  it("is told where the numbering has begun anew", async () => {
    const stage = await subscribe([message(30)]);
    await reconnect(stage);
    subscribed(stage.socket, [message(1), message(2)], {
      epoch: "e2",
      recovered: false,
    });
    live(stage, 3);
    expect(stage.got).toEqual([30, 1, 2, 3]);
    expect(stage.gaps).toEqual([
      {
        since: { epoch: "e1", seq: 30 },
        position: { epoch: "e2", seq: 0 },
        missed: undefined,
      },
    ]);
    const socket = await reconnect(stage);
    expect(socket.takes("subscribe").since).toEqual({ epoch: "e2", seq: 3 });
  });

  it("is told to whoever began with `since`", async () => {
    const since = { epoch: "e1", seq: 3 };
    const stage = await subscribe(
      [message(9)],
      { recovered: false },
      { since },
    );
    await breakOff(stage);
    expect(stage.gaps).toMatchObject([{ since, missed: 5 }]);
  });
});

describe("a hole among live messages", () => {
  it("is asked for again, and filled in order", async () => {
    const stage = await subscribe();
    live(stage, 1, 4);
    await soon();
    const { since } = stage.socket.unseen.find(
      ({ type }) => type === "subscribe",
    ) ?? { since: "not asked" };
    expect(since).toEqual({ epoch: "e1", seq: 1 });
    live(stage, 5);
    const missed = [2, 3, 4, 5].map((seq) => message(seq));
    subscribed(stage.socket, missed, { recovered: true });
    live(stage, 6);
    expect(stage.got).toEqual([1, 2, 3, 4, 5, 6]);
    expect(stage.gaps).toEqual([]);
  });

  it("is asked for once", async () => {
    const stage = await subscribe();
    live(stage, 1, 4, 5, 6);
    await soon();
    const asked = stage.socket.unseen.filter(
      ({ type }) => type === "subscribe",
    );
    expect(asked).toHaveLength(1);
  });
});
