import * as v from "valibot";
import { describe, expect, test } from "vitest";

import {
  EventIdSchema,
  endEvent,
  eventId,
  gapEvent,
  messageEvent,
  positionField,
  positionOf,
  retryField,
} from "../../src/protocol/event-stream.ts";

describe("ids", () => {
  test.each([
    ["zAxRgJqW2vZ7nNKs:41", { epoch: "zAxRgJqW2vZ7nNKs", seq: 41 }],
    ["e:0", { epoch: "e", seq: 0 }],
    ["a:b:7", { epoch: "a:b", seq: 7 }],
    [":7", { epoch: "", seq: 7 }],
  ])("%s is a position", (id, position) => {
    expect(positionOf(v.parse(EventIdSchema, id))).toEqual(position);
    expect(eventId(position)).toBe(id);
  });

  test.each(["", "e", "7", "e:", "e:x", "e:-1", "e:1.5", "e:1e3", "end"])(
    "%j is none",
    (id) => {
      const { issues = [] } = v.safeParse(EventIdSchema, id);
      const message = expect.stringContaining("must be an id of this stream");
      expect(issues).toMatchObject([{ message }]);
    },
  );

  test("have numbers that are exact", () => {
    expect(v.is(EventIdSchema, `e:${2 ** 53}`)).toBe(false);
    expect(v.is(EventIdSchema, `e:${"9".repeat(400)}`)).toBe(false);
  });
});

describe("the text", () => {
  const at = { epoch: "e", seq: 5 };

  test("of the start spreads those who come back", () => {
    expect(retryField(0)).toBe("retry: 1000\n\n");
    expect(retryField(0.5)).toBe("retry: 2000\n\n");
    expect(positionField(at)).toBe("id: e:5\n\n");
  });

  test("of a message has an id only where it can be missed", () => {
    expect(messageEvent('{"a":1}', at)).toBe('id: e:5\ndata: {"a":1}\n\n');
    expect(messageEvent('{"a":1}')).toBe('data: {"a":1}\n\n');
  });

  test("of a gap goes on where it ends", () => {
    const since = { epoch: "d", seq: 2 };
    expect(gapEvent(since, at)).toBe(
      'event: gap\nid: e:5\ndata: {"since":{"epoch":"d","seq":2},"position":{"epoch":"e","seq":5}}\n\n',
    );
  });

  test("of an end says so by its id as well", () => {
    expect(endEvent("channel-deleted")).toBe(
      'event: end\nid: end\ndata: {"reason":"channel-deleted"}\n\n',
    );
  });
});
