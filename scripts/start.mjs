// npm start: installs what is missing, builds the web application when its sources changed, starts everything in one process.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { becomeServer, ensureInstalled, root, run } from "./pinned.mjs";

const sources = ["packages/web", "packages/contract", "packages/ledger"].map((folder) => join(root, folder));
const stamp = join(root, "packages/web/dist/.built");

function digest() {
  const hash = createHash("sha256");
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (["dist", "node_modules", "test"].includes(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else hash.update(path).update(readFileSync(path));
    }
  };
  for (const folder of sources) visit(folder);
  return hash.update(readFileSync(join(root, "package-lock.json"))).digest("hex");
}

function ensureWeb() {
  const wanted = digest();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.error("tyr: building the web application …");
  if (run("npm", ["run", "--silent", "build:web"], { stdio: ["ignore", 2, 2] }) !== 0) process.exit(1);
  mkdirSync(join(root, "packages/web/dist"), { recursive: true });
  writeFileSync(stamp, wanted);
}

ensureInstalled();
ensureWeb();
if (!process.argv.includes("--build-only")) becomeServer(process.argv.slice(2));
