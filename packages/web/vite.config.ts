import { defineConfig } from "vite";
import react from "@vitejs/plugin-react";
import { leanContract } from "./lean-contract.ts";

/** Where a development server finds the platform; the built application is served by the platform itself. */
const platform = "http://127.0.0.1:8970";

export default defineConfig({
  plugins: [leanContract(), react()],
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
    // A schema that nothing asks for is left out; to the bundler its making is a call like any other.
    rolldownOptions: {
      treeshake: {
        // Loading TypeBox changes nothing but TypeBox; its manifest does not say so.
        moduleSideEffects: [{ test: /[\\/]node_modules[\\/]typebox[\\/]/, sideEffects: false }],
        manualPureFunctions: ["Type", "IdSchema", "PageOf", "StorableText", "LineText", "Bytes", "fields", "text"],
      },
    },
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
