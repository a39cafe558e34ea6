import { describe, expect, test } from "vitest";

import { formatFor } from "../../src/http/accept.ts";

describe("a scraper that wants", () => {
  test.each([
    ["nothing", null],
    ["anything", "*/*"],
    ["something else", "application/json"],
    ["OpenMetrics", "application/openmetrics-text"],
    [
      "OpenMetrics of some version",
      "application/openmetrics-text;version=0.0.1",
    ],
    ["both alike", "text/plain, application/openmetrics-text"],
    [
      "what Prometheus 3 does",
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    ],
    [
      "plain text less",
      "Text/Plain; q=0.4, Application/OpenMetrics-Text; Q=0.5",
    ],
  ])("%s gets OpenMetrics", (_, accept) => {
    expect(formatFor(accept)).toBe("openmetrics");
  });

  test.each([
    ["plain text", "text/plain"],
    [
      "plain text of the older version",
      "text/plain;version=0.0.4;q=1,*/*;q=0.1",
    ],
    ["any text", "text/*"],
    ["anything but OpenMetrics", "*/*, application/openmetrics-text;q=0"],
    [
      "OpenMetrics less",
      "application/openmetrics-text;q=0.1, text/plain;q=0.2",
    ],
    [
      "OpenMetrics for no reason",
      "application/openmetrics-text;q=x, text/plain",
    ],
  ])("%s gets plain text", (_, accept) => {
    expect(formatFor(accept)).toBe("prometheus");
  });
});
