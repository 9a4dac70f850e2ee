import { MODES, ok, refuse, type ModeName, type Result } from "@tyr/contract";
import type { Bus } from "#platform/bus";
import { describeMode } from "../policy/asked.ts";
import { changeModeIn, modeInForce, tellMode } from "../mode.ts";
import type { Plan } from "../ports.ts";
import type { ActionKind, KindRequest } from "./kind.ts";

function readMode(text: string): Result<ModeName> {
  const mode = MODES.find((one) => one === text);
  return mode === undefined
    ? refuse("TARGET_INVALID", `"${text.slice(0, 64)}" is no mode: ${MODES.join(", ")} are`)
    : ok(mode);
}

/** Of a target that was stored: it was read before. */
function knownMode(text: string): ModeName {
  const read = readMode(text);
  if (!read.ok) throw new TypeError(read.refusal.detail);
  return read.value;
}

const until = (ttlSeconds: number | null): string =>
  ttlSeconds === null ? "until somebody changes it" : `for ${ttlSeconds} seconds`;

async function linesNow({ db, now }: Pick<KindRequest, "db" | "now">): Promise<readonly string[]> {
  const { mode, change } = await modeInForce(db, now);
  const end = change?.until ?? null;
  return [end === null ? `the mode is ${mode}` : `the mode is ${mode} until ${end.toISOString()}`];
}

async function planMode(request: KindRequest): Promise<Plan> {
  const { target, ttlSeconds } = request;
  const lasting = target === "normal" ? null : ttlSeconds;
  return {
    ok: true,
    summary: `Set the mode to ${target} ${until(lasting)}.`,
    before: [...(await linesNow(request))],
    after: [`the mode is ${target} ${until(lasting)}`],
    warnings:
      target === "normal" && ttlSeconds !== null ? ["normal mode has no end: the duration counts for nothing"] : [],
    reach: { addresses: "0", enforcers: 0, successfulLogins: 0, events: 0 },
  };
}

/** Changing the operating mode: planned and carried out here. */
export function setModeKind({ bus }: Readonly<{ bus: Bus }>): ActionKind {
  return {
    type: "set_mode",
    readTarget: readMode,
    networkOf: () => null,
    concerns: () => true,
    async describe({ db, target, now }) {
      return { type: "set_mode", target: describeMode(knownMode(target), (await modeInForce(db, now)).mode) };
    },
    plan: planMode,
    observe: linesNow,
    async apply(tx, { row, by, at }) {
      const mode = knownMode(row.target);
      const end =
        row.ttl_seconds === null || mode === "normal" ? null : new Date(at.getTime() + row.ttl_seconds * 1000);
      const change = { mode, reason: row.justification, by: row.requester, at, until: end };
      const { facts, changed } = await changeModeIn(tx, { change, by });
      return {
        facts,
        endsAt: end,
        detail: changed ? `the mode is ${mode}` : `the mode was ${mode} already`,
        committed: () => {
          if (changed) tellMode(bus, change);
        },
      };
    },
  };
}
