import { defineConfig } from "vite";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    // The one folder that the Worker serves parts of the page from.
    assetsDir: "dashboard",
    // Nothing inlined: the page's policy allows its own files alone.
    assetsInlineLimit: 0,
    modulePreload: false,
    target: "es2022",
  },
});
