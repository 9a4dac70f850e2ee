import { MODES, ok, refuse, type ModeName, type Result } from "@tyr/contract";
import type { Bus } from "#platform/bus";
import { chooseMode, tellMode } from "../change-mode.ts";
import { modeInForce } from "../mode-in-force.ts";
import { isLess, isMore } from "../mode-state.ts";
import { lockMode } from "../mode-store.ts";
import type { ModeFacts } from "../policy/asked.ts";
import type { Plan } from "../ports.ts";
import { readSettings } from "../settings/settings.ts";
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

async function inForce({ db, now }: Pick<KindRequest, "db" | "now">) {
  const { defaultMode: base } = await readSettings(db);
  return await modeInForce(db, { now, base });
}

const endOf = ({ ttlSeconds, now }: Pick<KindRequest, "ttlSeconds" | "now">): Date | null =>
  ttlSeconds === null ? null : new Date(now.getTime() + ttlSeconds * 1_000);

/** The same mode over sooner is less, too: otherwise a minute of it would end what has no end. */
async function modeFacts(request: KindRequest): Promise<ModeFacts> {
  const mode = knownMode(request.target);
  const { state } = await inForce(request);
  const choice = { mode, until: mode === "normal" ? null : endOf(request), now: request.now };
  return { text: mode, raises: isMore(state, choice), lowers: isLess(state, choice) };
}

async function linesNow(request: Pick<KindRequest, "db" | "now">): Promise<readonly string[]> {
  const { mode, change } = await inForce(request);
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
    hold: lockMode,
    describe: async (request) => ({ type: "set_mode", target: await modeFacts(request) }),
    plan: planMode,
    observe: linesNow,
    async apply(tx, { row, by, at }) {
      const mode = knownMode(row.target);
      const until = mode === "normal" ? null : endOf({ ttlSeconds: row.ttl_seconds, now: at });
      const wanted = { mode, reason: row.justification, until, chosenBy: row.requester };
      const { facts, change } = await chooseMode(tx, { wanted, at, said: { by, details: { action_id: row.id } } });
      return {
        facts,
        endsAt: until,
        detail: change === undefined ? `the mode was ${mode} already` : `the mode is ${change.mode}`,
        committed: () => {
          if (change !== undefined) tellMode(bus, change);
        },
      };
    },
  };
}
