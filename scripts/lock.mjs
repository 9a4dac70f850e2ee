// npm run lock: resolves package.json anew, then completes the lock file with the optional binaries of platforms npm left out.
// npm leaves one out when the registry it asks has not got that version (a mirror that lags, a platform it does not carry), and
// then refuses its own lock in `npm ci`. Name and version come from the package that asks for the binary. Such an entry has no
// integrity: npm checks that binary against what the registry says, not against this lock.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./pinned.mjs";

const lockFile = join(root, "package-lock.json");
const target = /(android|darwin|freebsd|linux|openharmony|win32)-([a-z0-9]+)(?:-([a-z]+))?$/u;
const libraries = { gnu: "glibc", musl: "musl" };

/** What npm compares with the machine: the binary's name says it (`@oxlint/binding-linux-arm64-musl`), as its own package.json does. */
function platformOf(name) {
  const [, os, cpu, abi] = target.exec(name) ?? [];
  if (os === undefined || cpu === undefined) return undefined;
  const libc = os === "linux" ? libraries[abi] : undefined;
  return { cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }), os: [os] };
}

/** The optional packages that a locked package names with an exact version and that have no place in the lock. */
function missing(packages) {
  const found = [];
  for (const [path, { dev, optionalDependencies }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies ?? {})) {
      if (`node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages) continue;
      const platform = platformOf(name);
      if (platform === undefined || !/^\d/u.test(version))
        throw new Error(`${path} wants ${name}@${version}, for a platform its name does not tell`);
      const entry = {
        version,
        cpu: platform.cpu,
        ...(dev === true ? { dev } : {}),
        libc: platform.libc,
        optional: true,
        os: platform.os,
      };
      found.push([`node_modules/${name}`, entry]);
    }
  }
  return found;
}

function read() {
  return JSON.parse(readFileSync(lockFile, "utf8"));
}

function write(lock, packages) {
  const sorted = packages.sort(([a], [b]) => a.localeCompare(b, "en"));
  writeFileSync(lockFile, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
}

// What an earlier run could only name is looked for again.
const before = read();
const isNamedOnly = ([path, { integrity, link, optional }]) =>
  path.includes("node_modules/") && optional === true && integrity === undefined && link !== true;
write(
  before,
  Object.entries(before.packages).filter((entry) => !isNamedOnly(entry)),
);
if (run("npm", ["install", "--package-lock-only", "--ignore-scripts"]) !== 0) process.exit(1);
const after = read();
const added = missing(after.packages);
write(after, [...Object.entries(after.packages), ...added]);
for (const [path, { version }] of added)
  console.log(`${path.slice("node_modules/".length)} ${version}: named without integrity`);
