/** Finding messages in bytes. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";

import { DATA_BYTES, dataOf, Scanner } from "../../bench/client/payload.ts";

it("is 128 bytes of JSON", () => {
  expect(Buffer.byteLength(dataOf(1))).toBe(DATA_BYTES);
  expect(typeof JSON.parse(dataOf(123_456))).toBe("string");
});

describe("the scanner", () => {
  function found(chunks: readonly Buffer[]): number[] {
    const numbers: number[] = [];
    const scanner = new Scanner((number) => numbers.push(number));
    for (const chunk of chunks) scanner.feed(chunk);
    return numbers;
  }

  test("finds every number once, wherever the bytes are cut", () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 });
    fc.assert(
      fc.property(cuts, (lengths) => {
        const numbers = [1, 42, 999_999_999, 0];
        const text = numbers.map((n) => `{"data":${dataOf(n)},"seq":${n}}`);
        const bytes = Buffer.from(`[${text.join(",")}]`);
        const chunks: Buffer[] = [];
        for (let at = 0, n = 0; at < bytes.length; n++) {
          const length = lengths[n % lengths.length] ?? 1;
          chunks.push(bytes.subarray(at, at + length));
          at += length;
        }
        expect(found(chunks)).toEqual(numbers);
      }),
    );
  });

  test("is not misled by the header of a frame, whatever its length", () => {
    for (let length = 0; length < 65_536; length++) {
      const head = Buffer.from([0x81, 0x7e, length >> 8, length & 0xff]);
      const frame = Buffer.concat([head, Buffer.from(`{"d":${dataOf(7)}}`)]);
      expect(found([frame])).toEqual([7]);
    }
  });
});
