// node --conditions=@tyr/source scripts/compact-attack.mjs BUNDLE RELEASE: makes the compact form of a STIX bundle of
// MITRE's that comes with Tyr. Afterwards: npx oxfmt on the file it names.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readBundle } from "../packages/server/src/pipeline/detect/attack/read-bundle.ts";

const [, , bundle, release] = process.argv;
if (bundle === undefined || release === undefined) throw new Error("name a bundle and its release");
// The sentence of MITRE's terms of use that every copy has to carry, with the year of the release.
const notice = `© 2025 The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation.`;
const read = await readBundle(readFileSync(bundle), { release, notice });
if (!read.ok) throw new Error(read.message);
const file = join(import.meta.dirname, `../packages/server/src/pipeline/detect/attack/${read.attack.domain}.json`);
writeFileSync(file, JSON.stringify(read.attack));
console.log(file);
