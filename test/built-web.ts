import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Builds the web application once before the journeys when it is older than its sources: they look at it side by side. */
export default function builtWeb(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL("../scripts/start.mjs", import.meta.url)), "--build-only"], {
    stdio: ["ignore", "inherit", "inherit"],
    // The runner says "test", which would build React's development half.
    env: { ...process.env, NODE_ENV: "production" },
  });
}
