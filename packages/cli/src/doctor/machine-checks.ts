import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import path from "node:path";
import { showBytes } from "../duration.ts";
import { systemCode } from "../failure.ts";
import type { World } from "../world.ts";
import type { Finding } from "./finding.ts";

const MIB = 1024 * 1024;
/** Below the first it is worth knowing, below the second the database may soon be unable to write. */
const FREE_BYTES = { warning: 2048 * MIB, problem: 256 * MIB };
const NODE_NEEDED = [24, 12] as const;

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isNewEnough = major > NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor >= NODE_NEEDED[1]);
  const finding = { group: "machine", name: "Node", detail: version } as const;
  return isNewEnough
    ? { ...finding, state: "ok" }
    : {
        ...finding,
        state: "problem",
        fix: `Install Node ${NODE_NEEDED.join(".")} or newer; npm ci in Tyr's directory brings it.`,
      };
}

async function nearestExisting(directory: string): Promise<string> {
  for (let here = directory; ; here = path.dirname(here)) {
    try {
      await stat(here);
      return here;
    } catch (error) {
      if (systemCode(error) !== "ENOENT" || here === path.dirname(here)) throw error;
    }
  }
}

/** Looks at the data directory, or at the directory it would be made in; writes nothing. */
export async function checkDataDirectory(directory: string): Promise<Finding[]> {
  const base = { group: "machine", name: "data directory" } as const;
  try {
    const existing = await nearestExisting(directory);
    const isThere = existing === directory;
    await access(existing, constants.W_OK | constants.X_OK);
    const detail = isThere ? `${directory} is writable` : `${directory} does not exist yet; ${existing} is writable`;
    return [{ ...base, state: "ok", detail }, await checkDisk(existing)];
  } catch (error) {
    const detail = `${directory} cannot be written (${systemCode(error) ?? "unknown reason"})`;
    return [
      { ...base, state: "problem", detail, fix: "Make it writable for this user, or point TYR_DATA_DIR elsewhere." },
    ];
  }
}

async function checkDisk(directory: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  const state = free < FREE_BYTES.problem ? "problem" : free < FREE_BYTES.warning ? "warning" : "ok";
  return {
    group: "machine",
    name: "disk",
    state,
    detail: `${showBytes(free)} free`,
    fix: "Make room, or point TYR_DATA_DIR to a larger disk.",
  };
}

/** nft is needed only where this machine itself drops packets. */
export async function checkNft(world: World): Promise<Finding> {
  const places = [...(world.env["PATH"] ?? "").split(path.delimiter), "/usr/sbin", "/sbin"].filter((place) =>
    path.isAbsolute(place),
  );
  for (const place of places) {
    const file = path.join(place, "nft");
    try {
      await access(file, constants.X_OK);
      return { group: "machine", name: "nft", state: "ok", detail: file };
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
    }
  }
  return {
    group: "machine",
    name: "nft",
    state: "warning",
    detail: "not found",
    fix: "Install nftables where packets are to be dropped; elsewhere it is not needed.",
  };
}

export function checkIpv6(interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces()): Finding {
  const addresses = Object.values(interfaces).flatMap((ofOne = []) => ofOne.filter(({ family }) => family === "IPv6"));
  const base = { group: "machine", name: "IPv6" } as const;
  if (addresses.some(({ internal, scopeid }) => !internal && scopeid === 0))
    return { ...base, state: "ok", detail: "in use: block both families" };
  if (addresses.length > 0) return { ...base, state: "ok", detail: "on this machine only" };
  return {
    ...base,
    state: "warning",
    detail: "off",
    fix: "Nothing to do, unless attackers can reach you over IPv6: then enforcement must be able to block it.",
  };
}
