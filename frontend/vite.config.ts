import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `SHOWRUN_URL=http://127.0.0.1:8080 npx vite` shows the pages as they are edited, with the data of a running server.
const server = process.env.SHOWRUN_URL;
const proxy = server === undefined ? {} : { proxy: { "^/api/": { target: server, ws: true } } };

export default defineConfig({
  plugins: [react()],
  server: proxy,
  preview: proxy,
  build: {
    // The binary embeds dist/; nothing in it is loaded from another host.
    outDir: "dist",
    assetsInlineLimit: 0,
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
  },
});
