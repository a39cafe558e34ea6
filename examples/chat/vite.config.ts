import { defineConfig } from "vite";

// The page connects to the host that it came from, which passes it on.
const proxy = { "/ws": { target: "http://127.0.0.1:8787", ws: true } };

export default defineConfig({ server: { proxy }, preview: { proxy } });
