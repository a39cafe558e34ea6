/** The configuration that `npm run serve` writes for workerd. */
import { expect, it } from "vitest";

import { type ServicePlan, workerdConfig } from "../../serve/config.ts";

const PLAN: ServicePlan = {
  name: "service",
  module: "worker.js",
  compatibilityDate: "2026-11-01",
  objects: [{ binding: "CHANNEL", className: "Channel" }],
  variables: {},
  storage: "/data/objects",
  address: "127.0.0.1:8787",
};

it("names the objects by service and class", () => {
  const config = workerdConfig(PLAN);
  expect(config).toContain('durableObjectNamespace = "Channel"');
  expect(config).toContain('uniqueKey = "service-Channel", enableSql = true');
  expect(config).toContain('path = "/data/objects", writable = true');
});

it("hands variables on as they are, whatever characters they have", () => {
  const variables = { A: 'say "ä"\\\n\u0007', B: "" };
  const config = workerdConfig({ ...PLAN, variables });
  expect(config).toContain('(name = "A", text = "say \\"ä\\"\\\\\\x0a\\x07")');
  expect(config).toContain('(name = "B", text = "")');
});

it("gives the Worker its assets as a service that only reads", () => {
  const assets = { binding: "ASSETS", directory: "/data/assets" };
  const config = workerdConfig({ ...PLAN, assets });
  expect(config).toContain('(name = "assets", disk = (path = "/data/assets"))');
  expect(config).toContain('(name = "ASSETS", service = "assets")');
  expect(workerdConfig(PLAN)).not.toContain("assets");
});
