import { expect, it } from "vitest";

import { Turns } from "../../cli/turns.ts";

const never = new AbortController().signal;

it("lets in so many at once, and the others in turn", async () => {
  const turns = new Turns(2);
  const order: number[] = [];
  const takes = [1, 2, 3, 4].map((who) =>
    turns.begin(never).then(() => order.push(who)),
  );
  await Promise.all(takes.slice(0, 2));
  expect(order).toEqual([1, 2]);
  turns.end();
  await takes[2];
  expect(order).toEqual([1, 2, 3]);
  turns.end();
  await takes[3];
  expect(order).toEqual([1, 2, 3, 4]);
  turns.end();
  turns.end();
  await Promise.all([turns.begin(never), turns.begin(never)]);
});

it("takes nobody's turn who does not wait any more", async () => {
  const turns = new Turns(1);
  await turns.begin(never);
  const leaving = new AbortController();
  const left = turns.begin(leaving.signal);
  const next = turns.begin(never);
  leaving.abort(new Error("it left"));
  await expect(left).rejects.toThrow("it left");
  turns.end();
  await next;
  await expect(turns.begin(leaving.signal)).rejects.toThrow("it left");
});
