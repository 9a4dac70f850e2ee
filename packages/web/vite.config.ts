import { defineConfig } from "vite";
import react from "@vitejs/plugin-react";

/** Where a development server finds the platform; the built application is served by the platform itself. */
const platform = "http://127.0.0.1:8970";

export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ["@tyr/source", "module", "browser", "development|production"] },
  build: {
    outDir: "dist/app",
    emptyOutDir: true,
    manifest: true,
    // Nothing may become a data: URL: the policy allows fonts and scripts from 'self' only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2023",
    sourcemap: false,
  },
  server: {
    port: 8971,
    strictPort: true,
    proxy: {
      "/api": { target: platform, ws: true },
      "/openapi.json": platform,
      "/feeds": platform,
    },
  },
});
