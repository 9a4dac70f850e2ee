import { execFile } from "node:child_process";
import { createHash, createPublicKey, verify } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { APPROVAL_KEY_DOMAIN, type ApprovalKeyAdd, type DutyPairView, type RouteId } from "@tyr/contract";
import { COMMANDS } from "../src/tree/command-tree.ts";
import { approvalKeyIn, type TestKey } from "./approval-key.ts";
import { startFakeServer, Refuses, type FakeServer, type Handlers, type Seen } from "./fake-server.ts";
import {
  action,
  allowed,
  asset,
  auditEntry,
  block,
  duties,
  dutyException,
  enforcer,
  ids,
  incident,
  lockdown,
  mode,
  overview,
  ruleDetail,
  sensor,
  session,
  settings,
  status,
} from "./samples.ts";
import { tyrHere } from "./tyr-here.ts";
import { tyr, type Ended } from "./tyr.ts";

let home: string;
let server: FakeServer;
let approvalKey: TestKey;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "tyr-journey-"));
  server = await startFakeServer();
  approvalKey = await approvalKeyIn(home);
  server.handlers["action.statement"] = approvalKey.statement;
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

async function signedIn(argv: readonly string[], handlers: Handlers = {}, stdin = ""): Promise<Ended> {
  Object.assign(server.handlers, handlers);
  return await tyrHere(argv, { home, stdin, env: { TYR_URL: server.url, TYR_TOKEN: server.token } });
}

const list = <T>(items: T[]) => ({ items, next: null });
const pipeline = { path: "/etc/tyr/ecs.yml", name: "E\u001bCS", appliesTo: "rules", steps: 3 } as const;
const made = { sensor, key: "snr-key-once" };

type Case = Readonly<{
  argv: string[];
  handlers: Handlers;
  code?: number;
  out: RegExp;
  err?: RegExp;
  calls: RouteId[];
}>;
const happy: readonly Case[] = [
  {
    argv: ["status"],
    handlers: { "status.get": () => status, "overview.get": () => overview },
    out: /1 open: 1 high/,
    err: /tyr action list --waiting/,
    calls: ["status.get", "overview.get"],
  },
  {
    argv: ["status"],
    handlers: { "status.get": () => status, "overview.get": () => ({ ...overview, mode: lockdown }) },
    out: /mode +lockdown since 5m ago by freya, until 2026-02-01 13:00:00Z: scans from everywhere/,
    calls: ["status.get", "overview.get"],
  },
  {
    argv: ["status"],
    handlers: {
      "status.get": () => {
        const correlationLosses = { ...status.correlationLosses, late: 37, evicted: 4, expired: 9 };
        const byRule = [{ ruleId: "r-1", title: "Guess\u001bing", losses: correlationLosses }];
        return { ...status, correlationLosses, correlationLossesByRule: byRule };
      },
      "overview.get": () => overview,
    },
    out: /^(?![\s\S]*expired)[\s\S]*lost late +37 in correlations: came after their time window had passed[\s\S]*lost by rule +Guess\\x1bing \(r-1\): 37 late, 4 evicted/,
    calls: ["status.get", "overview.get"],
  },
  {
    argv: ["status"],
    handlers: {
      "status.get": () => ({
        ...status,
        rules: { ...status.rules, pipelines: [{ ...pipeline, warnings: ["splunk is ignored"] }] },
      }),
      "overview.get": () => overview,
    },
    out: /pipeline +\/etc\/tyr\/ecs\.yml \(E\\x1bCS\): 3 steps on rules; splunk is ignored/,
    calls: ["status.get", "overview.get"],
  },
  {
    argv: ["status"],
    handlers: {
      "status.get": () => ({ ...status, rules: { ...status.rules, loaded: 0 } }),
      "overview.get": () => overview,
    },
    out: /rules +0 loaded/,
    err: /no rule is in force.*TYR_RULES_DIR/,
    calls: ["status.get", "overview.get"],
  },
  {
    argv: ["incident", "list", "--open"],
    handlers: { "incident.list": () => list([incident]) },
    out: /ID +SEVERITY.*\ninc_.*Password guessing \\x1b\[31mfrom/,
    calls: ["incident.list"],
  },
  {
    argv: ["incident", "show", ids.incident],
    handlers: { "incident.get": () => incident },
    out: /risk 75 of 100[\s\S]*Brute force/,
    calls: ["incident.get"],
  },
  {
    argv: ["incident", "timeline", ids.incident],
    handlers: {
      "incident.timeline": () =>
        list([
          {
            at: incident.openedAt,
            kind: "note",
            title: "n",
            text: "t",
            severity: null,
            actor: null,
            ref: "nte_1",
            facts: {},
          },
        ]),
    },
    out: /note/,
    calls: ["incident.timeline"],
  },
  {
    argv: ["incident", "move", ids.incident, "closed", "--verdict", "benign"],
    handlers: { "incident.move": () => ({ ...incident, state: "closed", verdict: "benign" }) },
    out: /closed \(benign\)/,
    err: /is closed now/,
    calls: ["incident.move"],
  },
  {
    argv: ["incident", "note", ids.incident, "seen before"],
    handlers: {
      "incident.note": () => ({
        at: incident.openedAt,
        kind: "note",
        title: "Note",
        text: "seen before",
        severity: null,
        actor: null,
        ref: "nte_1",
        facts: {},
      }),
    },
    out: /seen before/,
    calls: ["incident.note"],
  },
  {
    argv: ["incident", "take", ids.incident],
    handlers: { "incident.assign": () => ({ ...incident, assignee: action.requester }) },
    out: /assignee +freya/,
    calls: ["incident.assign"],
  },
  {
    argv: ["action", "list", "--waiting"],
    handlers: { "action.list": () => list([action]) },
    out: /require_approval/,
    calls: ["action.list"],
  },
  {
    argv: ["action", "show", ids.action],
    handlers: { "action.get": () => action },
    out: /permit high-risk: risk 75[\s\S]*\+ 203\.0\.113\.7[\s\S]*2 successful logins/,
    calls: ["action.get"],
  },
  {
    argv: ["action", "request", "block_ip", "203.0.113.7", "--reason", "r"],
    handlers: { "action.create": () => action },
    code: 5,
    out: new RegExp(ids.action),
    err: /Waits for 1 approval/,
    calls: ["action.create"],
  },
  {
    argv: ["action", "dry-run", ids.action],
    handlers: { "action.dryRun": () => ({ ...action, state: "dry_run_ok" as const, decision: null }) },
    out: /dry run: ok/,
    calls: ["action.dryRun"],
  },
  {
    argv: ["action", "edit", ids.action, "--for", "10m", "--reason", "enough"],
    handlers: { "action.get": () => action, "action.edit": () => ({ ...action, state: "executed" as const }) },
    out: /executed/,
    calls: ["action.get", "action.edit"],
  },
  {
    argv: ["action", "clone", ids.action],
    handlers: { "action.clone": () => ({ ...action, state: "executed" as const }) },
    out: /executed/,
    calls: ["action.clone"],
  },
  {
    argv: ["action", "submit", ids.action],
    handlers: { "action.submit": () => ({ ...action, state: "executed" as const }) },
    out: /executed/,
    calls: ["action.submit"],
  },
  {
    argv: ["action", "withdraw", ids.action],
    handlers: { "action.get": () => action, "action.withdraw": () => action },
    out: /pending/,
    err: /You sign: .*"withdraw"/,
    calls: ["action.get", "action.statement", "action.withdraw"],
  },
  {
    argv: ["action", "cancel", ids.action, "--reason", "mistake"],
    handlers: { "action.cancel": () => ({ ...action, state: "cancelled" as const }) },
    out: /cancelled/,
    calls: ["action.cancel"],
  },
  {
    argv: ["action", "revert", ids.action, "--reason", "mistake"],
    handlers: { "action.revert": () => ({ ...action, state: "reverted" as const }) },
    out: /reverted/,
    calls: ["action.revert"],
  },
  {
    argv: ["approve", ids.action, "--yes", "--comment", "ok"],
    handlers: {
      "action.get": () => action,
      "action.approve": () => ({ ...action, state: "executed" as const, approvalsMissing: 0 }),
    },
    out: /^act_\S+ executed\n$/,
    err: /decision: require_approval[\s\S]*\+ 203\.0\.113\.7/,
    calls: ["action.get", "action.statement", "action.approve"],
  },
  {
    argv: ["reject", ids.action, "--reason", "known scanner"],
    handlers: { "action.get": () => action, "action.reject": () => ({ ...action, state: "rejected" as const }) },
    out: /rejected/,
    err: /You sign: .*"reject"/,
    calls: ["action.get", "action.statement", "action.reject"],
  },
  {
    argv: ["block", "request", "203.0.113.7", "--reason", "r", "--for", "24h", "--incident", ids.incident],
    handlers: { "action.create": () => ({ ...action, state: "executed" as const, decision: null }) },
    out: /block_ip 203/,
    calls: ["action.create"],
  },
  {
    argv: ["block", "list", "--state", "active"],
    handlers: { "block.list": () => list([block]) },
    out: /1\/1/,
    calls: ["block.list"],
  },
  {
    argv: ["block", "lift", ids.block, "--reason", "r"],
    handlers: { "block.get": () => block, "action.revert": () => ({ ...action, state: "reverting" as const }) },
    out: /reverting/,
    calls: ["block.get", "action.revert"],
  },
  {
    argv: ["sensor", "list"],
    handlers: { "sensor.list": () => ({ items: [sensor] }) },
    out: /gate-1/,
    calls: ["sensor.list"],
  },
  {
    argv: ["sensor", "add", "gate-1", "--kind", "ssh"],
    handlers: { "sensor.create": () => made },
    out: /^snr-key-once\n$/,
    err: /shown this once/,
    calls: ["sensor.create"],
  },
  {
    argv: ["sensor", "rotate", "gate-1", "--yes"],
    handlers: { "sensor.list": () => ({ items: [sensor] }), "sensor.rotate": () => made },
    out: /^snr-key-once\n$/,
    calls: ["sensor.list", "sensor.rotate"],
  },
  {
    argv: ["sensor", "deactivate", ids.sensor, "-y"],
    handlers: { "sensor.get": () => sensor, "sensor.deactivate": () => ({ ...sensor, active: false }) },
    out: /no/,
    calls: ["sensor.get", "sensor.deactivate"],
  },
  {
    argv: ["sensor", "quarantine", "gate-1"],
    handlers: {
      "sensor.list": () => ({ items: [sensor] }),
      "quarantine.list": () =>
        list([
          {
            id: "qtn_1",
            sensorId: ids.sensor,
            at: incident.openedAt,
            reason: "no time",
            rawRef: "auth.log:3",
            raw: "\u0007junk",
          },
        ]),
    },
    out: /no time +\\x07junk/,
    calls: ["sensor.list", "quarantine.list"],
  },
  {
    argv: ["allow", "list"],
    handlers: { "allow.list": () => ({ items: [allowed] }) },
    out: /198\.51\.100\.0\/24 +never +freya.*our \\x1b\[31moffice/,
    calls: ["allow.list"],
  },
  {
    argv: ["allow", "add", "198.51.100.0/24", "--reason", "our office", "--for", "90d"],
    handlers: { "allow.add": () => allowed },
    out: /198\.51\.100\.0\/24/,
    err: /lifted/,
    calls: ["allow.add"],
  },
  {
    argv: ["allow", "remove", "198.51.100.0/24", "--yes"],
    handlers: { "allow.list": () => ({ items: [allowed] }), "allow.remove": () => undefined },
    out: /alw_/,
    err: /no longer on the allow-list/,
    calls: ["allow.list", "allow.remove"],
  },
  {
    argv: ["mode"],
    handlers: { "mode.get": () => mode },
    out: /mode +elevated[\s\S]*comes by itself: one open[\s\S]*elevated-needs-approval/,
    calls: ["mode.get"],
  },
  {
    argv: ["mode", "set", "lockdown", "--reason", "break-in", "--for", "4h"],
    handlers: { "mode.set": () => ({ ...mode, mode: "lockdown" as const, asked: null }) },
    out: /mode +lockdown/,
    calls: ["mode.set"],
  },
  {
    argv: ["mode", "set", "normal", "--reason", "over"],
    handlers: { "mode.set": () => ({ ...mode, asked: ids.action }) },
    code: 5,
    out: /mode +elevated/,
    err: /still elevated: act_.* waits for another person/,
    calls: ["mode.set"],
  },
  {
    argv: ["settings", "show"],
    handlers: { "settings.get": () => settings },
    out: /maxFailedLoginsPerMinute +10[\s\S]*timeZone +UTC[\s\S]*never: as shipped/,
    calls: ["settings.get"],
  },
  {
    argv: ["settings", "set", "autoElevate=on", "maxScanEventsPerMinute=7", "notes="],
    handlers: {
      "settings.edit": ({ body }) => ({ ...settings, ...(JSON.parse(body.toString()) as object) }),
    },
    out: /autoElevate +true[\s\S]*maxScanEventsPerMinute +7/,
    calls: ["settings.edit"],
  },
  {
    argv: ["asset", "list", "--group", "never-touch"],
    handlers: { "asset.list": () => list([asset]) },
    out: /ast_.* core \\x1b.* critical +production +never-touch/,
    calls: ["asset.list"],
  },
  {
    argv: ["asset", "add", "core", "--address", "192.0.2.1", "--group", "never-touch"],
    handlers: { "asset.create": () => asset },
    out: /ast_/,
    calls: ["asset.create"],
  },
  {
    argv: ["asset", "edit", asset.id, "--owner", ""],
    handlers: { "asset.get": () => asset, "asset.edit": () => asset },
    out: /ast_/,
    calls: ["asset.get", "asset.edit"],
  },
  {
    argv: ["asset", "remove", asset.name, "--yes"],
    handlers: { "asset.list": () => list([asset]), "asset.remove": () => undefined },
    out: /^$/,
    err: /Removed/,
    calls: ["asset.list", "asset.remove"],
  },
  {
    argv: ["role", "conflicts"],
    handlers: { "duty.conflicts": () => duties },
    code: 6,
    out: /freya +request-approve +open/,
    err: /1 open/,
    calls: ["duty.conflicts"],
  },
  {
    argv: ["role", "pairs"],
    handlers: { "duty.conflicts": () => duties },
    out: /request-approve +built in +action:request +action:approve/,
    calls: ["duty.conflicts"],
  },
  {
    argv: ["role", "except", "freya", "request-approve", "--days", "30", "--reason", "two of us"],
    handlers: { "user.list": () => ({ items: [session.user] }), "duty.except": () => dutyException },
    out: /exc_.* +freya +request-approve +2026-03-03/,
    calls: ["user.list", "duty.except"],
  },
  {
    argv: ["role", "forbid", "viewer", "action:approve", "--reason", "ours"],
    handlers: { "duty.addPair": () => ({ ...duties.pairs[0], id: "dty_1", builtIn: false }) as DutyPairView },
    out: /dty_1 +own/,
    calls: ["duty.addPair"],
  },
  {
    argv: ["user", "list"],
    handlers: { "user.list": () => ({ items: [session.user] }) },
    out: /freya +approver +yes/,
    calls: ["user.list"],
  },
  {
    argv: ["user", "roles", "Freya", "approver", "analyst"],
    handlers: {
      "user.list": () => ({ items: [session.user] }),
      "user.change": () => ({ ...session.user, roles: ["approver", "analyst"] }),
    },
    out: /approver, analyst/,
    calls: ["user.list", "user.change"],
  },
  {
    argv: ["user", "deactivate", ids.subject, "--yes"],
    handlers: {
      "user.list": () => ({ items: [session.user] }),
      "user.change": () => ({ ...session.user, active: false }),
    },
    out: /freya +approver +no/,
    calls: ["user.list", "user.change"],
  },
  {
    argv: ["user", "activate", "freya"],
    handlers: { "user.list": () => ({ items: [session.user] }), "user.change": () => session.user },
    out: /freya +approver +yes/,
    calls: ["user.list", "user.change"],
  },
  {
    argv: ["enforcer", "list"],
    handlers: { "enforcer.list": () => ({ items: [enforcer] }) },
    out: /bouncer\/1/,
    calls: ["enforcer.list"],
  },
  {
    argv: ["enforcer", "add", "edge"],
    handlers: { "enforcer.create": () => ({ enforcer, key: "enf-key-once" }) },
    out: /^enf-key-once\n$/,
    calls: ["enforcer.create"],
  },
  {
    argv: ["enforcer", "deactivate", "edge", "--yes"],
    handlers: {
      "enforcer.list": () => ({ items: [enforcer] }),
      "enforcer.deactivate": () => ({ ...enforcer, active: false }),
    },
    out: /edge +no/,
    calls: ["enforcer.list", "enforcer.deactivate"],
  },
  {
    argv: ["audit", "tail"],
    handlers: { "audit.list": () => list([auditEntry(2), auditEntry(1)]) },
    out: / 1 .*incident\.moved.*new → closed\n +2 /,
    calls: ["audit.list"],
  },
  {
    argv: ["rule", "list"],
    handlers: {
      "rule.list": () => ({
        packDigest: "d",
        rules: [],
        rejected: [{ path: "a.yml", line: 2, column: 3, code: "x", message: "bad" }],
      }),
    },
    out: /^$/,
    err: /a\.yml:2:3 rejected: bad/,
    calls: ["rule.list"],
  },
  {
    argv: ["rule", "show", ruleDetail.id.toUpperCase()],
    handlers: { "rule.get": () => ruleDetail },
    out: /state +clipped to 0\.45[\s\S]*reason +our \\x1b\[31mscanner[\s\S]*set by +freya[\s\S]*\n\ntitle: Guessing\n\\x1b/,
    calls: ["rule.get"],
  },
  {
    argv: ["rule", "states"],
    handlers: { "rule.states": () => ({ packDigest: "d", items: [ruleDetail, { ...ruleDetail, state: "enabled" }] }) },
    out: /^ID +STATE[^\n]*\n[^\n]*clipped to 0\.45[^\n]*\n$/i,
    calls: ["rule.states"],
  },
  {
    argv: ["rule", "disable", ruleDetail.id, "--reason", "too loud", "--until", "2030-01-01T00:00:00Z"],
    handlers: {
      "rule.setState": ({ body }) => {
        expect(JSON.parse(String(body))).toEqual({
          state: "disabled",
          reason: "too loud",
          expiresAt: "2030-01-01T00:00:00.000Z",
        });
        return { ...ruleDetail, state: "disabled", confidenceMax: null };
      },
    },
    out: /state +disabled/,
    calls: ["rule.setState"],
  },
  {
    argv: ["rule", "clip", ruleDetail.id, "--to", "0.45", "--reason", "often wrong"],
    handlers: {
      "rule.setState": ({ body }) => {
        expect(JSON.parse(String(body))).toEqual({ state: "clipped", confidenceMax: 0.45, reason: "often wrong" });
        return ruleDetail;
      },
    },
    out: /state +clipped to 0\.45/,
    calls: ["rule.setState"],
  },
  {
    argv: ["rule", "mute", ruleDetail.id, "--for", "1h", "--reason", "a load test"],
    handlers: { "rule.setState": () => ({ ...ruleDetail, state: "muted", confidenceMax: null }) },
    out: /state +muted/,
    calls: ["rule.setState"],
  },
  {
    argv: ["rule", "enable", ruleDetail.id],
    handlers: {
      "rule.clearState": () => undefined,
      "rule.get": () => ({ ...ruleDetail, state: "enabled", confidenceMax: null }),
    },
    out: /state +enabled/,
    calls: ["rule.clearState", "rule.get"],
  },
];

describe("every command that talks to the server", () => {
  test.each(happy.map((one) => [one.argv.join(" "), one] as const))(
    "tyr %s",
    async (_, { argv, handlers, code = 0, out, err, calls }) => {
      const end = await signedIn(argv, handlers);
      expect([end.code, end.stdout, end.stderr]).toEqual([
        code,
        expect.stringMatching(out),
        expect.stringMatching(err ?? /[\s\S]*/),
      ]);
      expect(server.seen.map(({ route }) => route).toSorted()).toEqual(calls.toSorted());
      expect(end.stdout).not.toContain("\u001B");
    },
  );

  test.each(happy.map((one) => [one.argv.join(" "), one] as const))(
    "tyr %s, not signed in, ends with 4 and changes nothing",
    async (_, { argv }) => {
      const end = await tyrHere(argv, { home, env: { TYR_URL: server.url } });
      expect([end.code, end.stdout]).toEqual([4, ""]);
      expect(end.stderr).toMatch(/fix: Run tyr login, or set TYR_TOKEN\.\n {2}request id: req-42\n$/);
    },
  );
});

describe("in a process of its own, as people run it", () => {
  const oneOfEachEnd = [...new Map(happy.map((one) => [`${one.code ?? 0} ${one.err !== undefined}`, one])).values()];
  test.each(oneOfEachEnd.map((one) => [one.argv.join(" "), one] as const))(
    "tyr %s says and ends with the same",
    async (_, { argv, handlers, code = 0, out, err }) => {
      Object.assign(server.handlers, handlers);
      const end = await tyr(argv, { home, env: { TYR_URL: server.url, TYR_TOKEN: server.token } });
      const said = expect.stringMatching(err ?? /[\s\S]*/) as unknown;
      expect(end).toMatchObject({ code, stdout: expect.stringMatching(out) as unknown, stderr: said });
    },
  );

  test("a refusal is the exit code of the process", async () => {
    const end = await tyr(["sensor", "list"], { home, env: { TYR_URL: server.url } });
    expect([end.code, end.stdout, end.stderr]).toEqual([4, "", expect.stringContaining("fix: Run tyr login")]);
  });

  test("every command loads in the Node that people have", async () => {
    const tree = new URL("../src/tree/command-tree.ts", import.meta.url).href;
    const script = `const { COMMANDS } = await import(${JSON.stringify(tree)});
      const runs = await Promise.all(COMMANDS.map(async ({ load }) => typeof (await load())));
      console.log(runs.filter((kind) => kind === "function").length);`;
    const flags = ["--conditions=@tyr/source", "--input-type=module", "--eval", script];
    const { stdout } = await promisify(execFile)(process.execPath, flags);
    expect(Number(stdout)).toBe(COMMANDS.length);
  });
});

describe("what goes to the server", () => {
  test("what the server would have signed otherwise than it showed is named and not signed", async () => {
    const ended = await signedIn(["approve", ids.action, "--yes"], {
      "action.get": () => action,
      "action.statement": approvalKey.otherThan({ target: "8.0.0.0/8", ttl_seconds: 31_536_000 }),
    });
    expect(ended.code).toBe(6);
    expect(ended.stderr).toMatch(/not what was asked for: its target, its duration; nothing was signed/);
    expect(server.seen.map(({ route }) => route)).toEqual(["action.get", "action.statement"]);
  });

  test("an approval carries the digests that were shown, and a signature of the server's statement about them", async () => {
    await signedIn(["approve", ids.action, "--yes"], { "action.get": () => action, "action.approve": () => action });
    const shown = { requestDigest: "request-digest", dryRunDigest: "dry-run-digest" };
    expect(JSON.parse(server.seen.at(-2)?.body.toString() ?? "")).toEqual({ statement: "approve", ...shown });
    expect(JSON.parse(server.seen.at(-1)?.body.toString() ?? "")).toMatchObject(shown);
    expect(approvalKey.isSigned(server.seen.at(-1))).toBe(true);
  });

  test("a text that is not about what was asked is not signed, whoever says so", async () => {
    const other = ({ params, ...seen }: Seen) =>
      approvalKey.statement({ ...seen, params: { ...params, id: ids.incident } });
    const handlers = { "action.get": () => action, "action.statement": other };
    const end = await signedIn(["approve", ids.action, "--yes"], handlers);
    expect([end.code, end.stderr]).toEqual([6, expect.stringContaining("nothing was signed")]);
    expect(server.seen.map(({ route }) => route)).not.toContain("action.approve");
  });

  test("a decision without a key on this machine, or with one that others may read, is not sent", async () => {
    await chmod(approvalKey.file, 0o644);
    const open = await signedIn(["approve", ids.action, "--yes"], { "action.get": () => action });
    expect([open.code, open.stderr]).toEqual([78, expect.stringContaining("others than its owner may read the key")]);
    await rm(approvalKey.file);
    const none = await signedIn(["approve", ids.action, "--yes"]);
    expect([none.code, none.stderr]).toEqual([4, expect.stringContaining("tyr approval-key create")]);
    expect(server.seen.map(({ route }) => route)).not.toContain("action.approve");
  });

  test("a new approval key is registered by its public half, with a proof; the private one stays here, sealed", async () => {
    const file = path.join(home, "passphrase");
    await writeFile(file, "correct horse battery\n");
    const made = { id: "apk_00000000-0000-7000-8000-000000000008", name: "laptop", state: "active" } as const;
    const handlers: Handlers = {
      "session.get": () => session,
      "approvalKey.add": ({ body }) => {
        const { publicKey } = JSON.parse(body.toString()) as { publicKey: string };
        const fingerprint = createHash("sha256").update(Buffer.from(publicKey, "base64url")).digest("hex");
        const at = "2026-02-01T12:00:00.000Z";
        return { ...made, publicKey, fingerprint, createdAt: at, expiresAt: at, revokedAt: null };
      },
    };
    const end = await signedIn(["approval-key", "create", "laptop", "--passphrase-file", file], handlers);
    expect([end.code, end.stdout]).toEqual([0, expect.stringContaining(made.id)]);
    const sent = JSON.parse(server.seen.at(-1)?.body.toString() ?? "") as ApprovalKeyAdd;
    const key = createPublicKey({ key: Buffer.from(sent.publicKey, "base64url"), format: "der", type: "spki" });
    const proven = Buffer.from(`${APPROVAL_KEY_DOMAIN}${session.user.id}\n${sent.publicKey}`);
    expect(verify(null, proven, key, Buffer.from(sent.proof, "base64url"))).toBe(true);
    const kept = end.stderr.match(/\S+approval-[0-9a-f]{32}\.pem/)?.[0] ?? "";
    expect(await readFile(kept, "utf8")).toContain("BEGIN ENCRYPTED PRIVATE KEY");
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    expect(server.seen.every(({ body }) => !body.includes("PRIVATE") && !body.includes("correct horse"))).toBe(true);
  });

  test("a key the server does not take is not kept, and a short passphrase makes none", async () => {
    const [short, long] = [path.join(home, "short"), path.join(home, "long")];
    await writeFile(short, "hunter2\n");
    await writeFile(long, "correct horse battery\n");
    const handlers: Handlers = {
      "session.get": () => session,
      "approvalKey.add": () => new Refuses("KEY_LIMIT_REACHED"),
    };
    const codes = [];
    for (const file of [short, long])
      codes.push((await signedIn(["approval-key", "create", "x", "--passphrase-file", file], handlers)).code);
    expect(codes).toEqual([2, 1]);
    expect(await readdir(path.dirname(approvalKey.file))).toEqual([path.basename(approvalKey.file)]);
  });

  test("a new user carries name, roles and the password of a file, which is printed nowhere", async () => {
    const file = path.join(home, "password");
    await writeFile(file, "three grey herons wait\nnot this\n");
    const end = await signedIn(["user", "add", "freya", "--role", "approver", "--password-file", file], {
      "user.create": () => session.user,
    });
    expect([end.code, end.stderr]).toEqual([0, expect.stringContaining("tyr login --name freya")]);
    expect(JSON.parse(server.seen.at(-1)?.body.toString() ?? "")).toEqual({
      name: "freya",
      password: "three grey herons wait",
      roles: ["approver"],
    });
    expect(end.stdout + end.stderr).not.toContain("heron");
  });

  test("an allow-list entry carries its reason and its end", async () => {
    const before = Date.now();
    await signedIn(["allow", "add", "8.8.8.8", "--reason", "resolver", "--for", "1h"], { "allow.add": () => allowed });
    const { expiresAt, ...rest } = JSON.parse(server.seen.at(-1)?.body.toString() ?? "") as Record<string, string>;
    expect(rest).toEqual({ value: "8.8.8.8", reason: "resolver" });
    expect(Date.parse(expiresAt ?? "") - before - 3_600_000).toBeGreaterThanOrEqual(0);
    expect(Date.parse(expiresAt ?? "") - Date.now()).toBeLessThanOrEqual(3_600_000);
  });

  test("settings are checked by name and kind before anything is sent", async () => {
    for (const [word, why] of [
      ["autoElevate", "is no NAME=VALUE of a setting"],
      ["panic=true", "is no NAME=VALUE of a setting"],
      ["autoElevate=perhaps", "Say true or false"],
      ["maxScanEventsPerMinute=-1", "Give a whole number"],
      ["__proto__=1", "is no NAME=VALUE of a setting"],
    ] as const) {
      const end = await signedIn(["settings", "set", word]);
      expect([end.code, end.stderr]).toEqual([2, expect.stringContaining(why)]);
    }
    expect(server.seen).toEqual([]);
  });

  test("a list of assets travels whole, and what is no list does not", async () => {
    const file = path.join(home, "assets.json");
    const importing = ["asset", "import", file, "--reason", "new list"];
    await writeFile(file, '[{"name": "mail", "addresses": ["192.0.2.7"]}]');
    const end = await signedIn(importing, { "asset.import": () => ({ added: 1, changed: 0, unchanged: 0 }) });
    expect([end.code, end.stdout]).toEqual([0, "1 added, 0 changed, 0 as before\n"]);
    expect(JSON.parse(server.seen[0]?.body.toString() ?? "")).toEqual({
      items: [{ name: "mail", addresses: ["192.0.2.7"] }],
      reason: "new list",
    });
    for (const text of ["{}", "[]", "[", "\u0000"]) {
      await writeFile(file, text);
      expect((await signedIn(importing)).code).toBe(2);
    }
    expect(server.seen).toHaveLength(1);
  });

  test("a role nobody has, no role and an unknown user are refused before anything is changed", async () => {
    for (const [argv, code, why] of [
      [["user", "add", "freya", "--role", "god"], 2, "god is not a role"],
      [["user", "add", "freya"], 2, "--role is missing"],
      [["user", "roles", "loki", "viewer"], 1, "there is no user loki"],
      [["allow", "remove", "192.0.2.1", "--yes"], 1, "nothing on the allow-list is 192.0.2.1"],
    ] as const) {
      const end = await signedIn([...argv], {
        "user.list": () => ({ items: [session.user] }),
        "allow.list": () => ({ items: [allowed] }),
      });
      expect([end.code, end.stderr]).toEqual([code, expect.stringContaining(why)]);
    }
    expect(server.seen.map(({ route }) => route)).toEqual(["user.list", "allow.list"]);
  });

  test("a block request carries its reason, its time and its incident", async () => {
    await signedIn(
      ["block", "request", "2001:db8::/64", "--reason", "scan", "--for", "1h30m", "--incident", ids.incident],
      { "action.create": () => action },
    );
    expect(JSON.parse(server.seen[0]?.body.toString() ?? "")).toEqual({
      type: "block_ip",
      target: "2001:db8::/64",
      justification: "scan",
      submit: true,
      ttlSeconds: 5400,
      incidentId: ids.incident,
    });
  });

  test("more than a page is read page by page, and what is left is said", async () => {
    const handlers: Handlers = {
      "incident.list": ({ query }) => ({
        items: Array.from({ length: Number(query["limit"]) }, () => incident),
        next: query["after"] === undefined ? "c1" : "c2",
      }),
    };
    const end = await signedIn(["incident", "list", "--limit", "600", "--json=id"], handlers);
    expect(JSON.parse(end.stdout)).toHaveLength(600);
    expect(server.seen.map(({ query }) => [query["limit"], query["after"]])).toEqual([
      ["500", undefined],
      ["100", "c1"],
    ]);
    expect(end.stderr).toContain("--after c2");
  });
});

describe("refusals", () => {
  test("a server that is not there is 69", async () => {
    const gone = await startFakeServer();
    await gone[Symbol.asyncDispose]();
    const end = await tyr(["status"], { home, env: { TYR_URL: gone.url, TYR_TOKEN: "x" } });
    expect([end.code, end.stdout]).toEqual([69, ""]);
    expect(end.stderr).toMatch(/^tyr: no answer from http:\/\/127\.0\.0\.1:\d+ \(connect ECONNREFUSED/);
  });

  test.each(["--json", "-ojsonl"])("with %s is the problem document on stdout too", async (format) => {
    const end = await signedIn(["block", "request", "10.0.0.1", "--reason", "r", format], {
      "action.create": () => new Refuses("ACTION_DENIED", { reasons: ["own address"] }),
    });
    expect(JSON.parse(end.stdout)).toMatchObject({ code: "ACTION_DENIED", status: 403, reasons: ["own address"] });
    expect([end.code, end.stderr]).toEqual([5, expect.stringContaining("own address")]);
  });

  const move = ["incident", "move", ids.incident, "new"];
  test.each([
    ["a starting server", ["sensor", "list"], { "sensor.list": () => new Refuses("NOT_READY") }, 69, /try again/i],
    [
      "a missing permission",
      ["sensor", "list"],
      { "sensor.list": () => new Refuses("NOT_PERMITTED", { permission: "sensor:read" }) },
      4,
      /permission: sensor:read/,
    ],
    [
      "a policy that denies",
      ["block", "request", "10.0.0.1", "--reason", "r"],
      { "action.create": () => new Refuses("ACTION_DENIED", { reasons: ["own address"] }) },
      5,
      /reasons: own address/,
    ],
    [
      "an illegal move, with the legal ones",
      move,
      { "incident.move": () => new Refuses("INCIDENT_TRANSITION_REFUSED", { legal: ["closed"] }) },
      1,
      /legal: closed/,
    ],
    [
      "one's own request",
      ["approve", ids.action, "-y"],
      { "action.get": () => action, "action.approve": () => new Refuses("APPROVAL_BY_REQUESTER") },
      5,
      /another person/,
    ],
    [
      "an approval overtaken by a change",
      ["approve", ids.action, "-y"],
      { "action.get": () => action, "action.approve": () => new Refuses("APPROVAL_STALE") },
      1,
      /Reload/,
    ],
    [
      "an unusable target",
      ["block", "request", "not-an-ip", "--reason", "r"],
      { "action.create": () => new Refuses("TARGET_INVALID") },
      2,
      /canonical/,
    ],
    [
      "a failure on the server",
      ["sensor", "list"],
      { "sensor.list": () => new Refuses("INTERNAL") },
      1,
      /request id: req-42/,
    ],
    [
      "a sensor that does not exist",
      ["sensor", "rotate", "gone", "-y"],
      { "sensor.list": () => ({ items: [] }) },
      1,
      /no sensor gone/,
    ],
    [
      "an enforcement point that does not exist",
      ["enforcer", "deactivate", "gone", "-y"],
      { "enforcer.list": () => ({ items: [] }) },
      1,
      /no enforcement point gone/,
    ],
    [
      "an action without a dry run",
      ["approve", ids.action, "-y"],
      { "action.get": () => ({ ...action, dryRun: null }) },
      1,
      /tyr action dry-run/,
    ],
    [
      "a decision that denies, as a value",
      ["action", "submit", ids.action],
      {
        "action.submit": () => ({
          ...action,
          state: "dry_run_ok" as const,
          decision: action.decision && { ...action.decision, outcome: "deny" as const },
        }),
      },
      5,
      /denies/,
    ],
    [
      "an action that failed",
      ["action", "submit", ids.action],
      { "action.submit": () => ({ ...action, state: "failed" as const, failure: "nft broke" }) },
      1,
      /is failed/,
    ],
  ] as [string, string[], Handlers, number, RegExp][])("%s", async (...[, argv, handlers, code, err]) => {
    const end = await signedIn(argv, handlers);
    expect([end.code, end.stderr]).toEqual([code, expect.stringMatching(err)]);
  });

  test("a question nobody can answer is a usage error naming the flag, and nothing is changed", async () => {
    for (const argv of [
      ["approve", ids.action],
      ["approve", ids.action, "--no-input"],
      ["sensor", "rotate", ids.sensor],
    ]) {
      const end = await signedIn(argv, { "action.get": () => action, "sensor.get": () => sensor }, "y\n");
      expect([end.code, end.stderr]).toEqual([2, expect.stringContaining("give --yes")]);
    }
    expect(server.seen.every(({ route }) => route.endsWith(".get"))).toBe(true);
  });

  test("active blocks no enforcement point has confirmed are drift: 7, with the data still printed", async () => {
    const drifted = { ...overview, blocks: { ...overview.blocks, unacknowledged: 1 } };
    const end = await signedIn(["status", "--json=overview.blocks.unacknowledged"], {
      "status.get": () => status,
      "overview.get": () => drifted,
    });
    expect([end.code, JSON.parse(end.stdout)]).toEqual([7, { "overview.blocks.unacknowledged": 1 }]);
  });

  test("a configuration that is not usable is 78", async () => {
    expect((await tyr(["status"], { home, env: { TYR_URL: "nonsense" } })).code).toBe(78);
    expect((await tyr(["status"], { home, env: { TYR_TOKEN_FILE: "/nonexistent" } })).code).toBe(78);
  });
});

describe("the form of the output", () => {
  const handlers: Handlers = { "incident.list": () => list([incident, { ...incident, title: "=cmd()" }]) };

  test("JSON is a list of the contract's own shape, hostile characters escaped", async () => {
    const { stdout, stderr } = await signedIn(["incident", "list", "--json"], handlers);
    expect(JSON.parse(stdout)).toEqual([incident, { ...incident, title: "=cmd()" }]);
    expect([stdout.includes("\u001B"), stderr]).toEqual([false, ""]);
  });

  test("JSON lines, chosen fields and CSV", async () => {
    const lines = (await signedIn(["incident", "list", "-o", "jsonl", "--json=id,risk.score"], handlers)).stdout;
    expect(
      lines
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(Array.from({ length: 2 }, () => ({ id: ids.incident, "risk.score": 75 })));
    const sheet = (await signedIn(["-o", "csv", "incident", "list"], handlers)).stdout.split("\r\n");
    expect([sheet[0], sheet[2]?.endsWith("'=cmd()")]).toEqual([
      "id,severity,risk,state,actor,detections,last event,title",
      true,
    ]);
  });

  test("an unknown field is a usage error listing the fields there are", async () => {
    const end = await signedIn(["incident", "list", "--json=nope"], handlers);
    expect([end.code, end.stdout, end.stderr]).toEqual([2, "", expect.stringContaining("detectionCount")]);
  });

  test("an empty list is success: nothing on stdout, a sentence on stderr, [] as JSON", async () => {
    const empty: Handlers = { "incident.list": () => list([]) };
    expect(await signedIn(["incident", "list"], empty)).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "No incidents.\n",
    });
    expect(await signedIn(["incident", "list", "--json"], empty)).toMatchObject({
      code: 0,
      stdout: "[]\n",
      stderr: "",
    });
    expect(await signedIn(["incident", "list", "-q"], empty)).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });
});

describe("signing in and out", () => {
  const handlers: Handlers = { "session.login": () => session, "incident.list": () => list([incident]) };

  test("keeps the token for the next command, readable by its owner alone, and logout takes it away", async () => {
    Object.assign(server.handlers, handlers);
    const login = await tyr(["login", "--name", "freya", "--password-stdin", "--url", server.url], {
      home,
      stdin: "correct horse battery staple\n",
    });
    expect([login.code, login.stdout]).toEqual([0, expect.stringContaining("as freya (approver)")]);
    expect(login.stdout + login.stderr).not.toContain(server.token);
    expect(JSON.parse(server.seen[0]?.body.toString() ?? "")).toEqual({
      name: "freya",
      password: "correct horse battery staple",
      token: true,
    });
    const file = path.join(home, ".config", "tyr", "config.json");
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    expect((await tyr(["incident", "list"], { home })).code).toBe(0);
    expect((await tyr(["logout"], { home })).code).toBe(0);
    expect(server.seen.at(-1)?.route).toBe("session.logout");
    expect(await readFile(file, "utf8")).not.toContain(server.token);
    expect((await tyr(["incident", "list"], { home })).code).toBe(4);
    expect(await tyr(["logout"], { home })).toMatchObject({ code: 0, stderr: "Nobody is signed in.\n" });
  });

  test("a wrong password is 4, and too many are told to wait", async () => {
    const argv = ["login", "--name", "freya", "--password-stdin", "--url", server.url];
    server.handlers["session.login"] = () => new Refuses("LOGIN_FAILED");
    expect((await tyr(argv, { home, stdin: "wrong\n" })).code).toBe(4);
    server.handlers["session.login"] = () => new Refuses("LOGIN_DELAYED", {}, 30);
    expect(await tyr(argv, { home, stdin: "wrong\n" })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Wait the seconds") as unknown,
    });
  });

  test("a password can come from a file and never from a flag", async () => {
    Object.assign(server.handlers, handlers);
    const file = path.join(home, "password");
    await writeFile(file, "from the file\n");
    expect((await tyr(["login", "--name", "freya", "--password-file", file, "--url", server.url], { home })).code).toBe(
      0,
    );
    expect((await tyr(["login", "--name", "freya", "--password", "x", "--url", server.url], { home })).code).toBe(2);
    expect((await tyr(["login", "--name", "freya", "--url", server.url], { home })).stderr).toContain(
      "--password-stdin or --password-file",
    );
  });

  test("a password does not travel over plain http beyond this machine", async () => {
    const end = await tyr(["login", "--name", "freya", "--password-stdin", "--url", "http://tyr.example"], {
      home,
      stdin: "x\n",
    });
    expect([end.code, end.stderr]).toEqual([2, expect.stringContaining("TYR_CLEARTEXT=allow")]);
  });
});

test("a newer Node is found when an old one starts the command", async () => {
  const end = await tyr(["--version"], { home, node: ["/usr/bin/env", "node"] });
  expect([end.code, end.stdout]).toEqual([0, "0.1.0\n"]);
});

test("doctor on a healthy server ends with 0, on an unhealthy one with 6", async () => {
  const handlers: Handlers = {
    "health.live": () => ({ live: true }),
    "health.ready": () => ({ ready: true }),
    "policy.versions": () => ({ items: [], folder: { digest: null, inForce: true } }),
    "mode.get": () => ({
      mode: "normal",
      environment: "production",
      change: null,
      modes: [],
      defaultMode: "normal",
      held: null,
      automatic: null,
      waiting: [],
      history: [],
    }),
    "audit.head": () => new Refuses("NOT_PERMITTED"),
    "sensor.list": () => ({ items: [] }),
    "enforcer.list": () => ({ items: [] }),
  };
  const healthy = await signedIn(["doctor"], {
    ...handlers,
    "status.get": () => ({ ...status, now: new Date().toISOString() }),
  });
  expect([healthy.code, healthy.stdout]).toEqual([0, expect.stringMatching(/✓ durability[\s\S]*! audit/)]);
  const broken = await signedIn(["doctor", "--json"], {
    "status.get": () => ({
      ...status,
      now: new Date().toISOString(),
      database: { ...status.database, durable: false },
    }),
  });
  expect([broken.code, JSON.parse(broken.stdout)]).toMatchObject([6, { ok: false }]);
});

test("following the audit log prints each entry once, until interrupted", async () => {
  let newest = 1;
  server.handlers["audit.list"] = () => ({
    items: Array.from({ length: newest }, (_, at) => auditEntry(newest - at)),
    next: null,
  });
  const { startTyr, ended } = await import("./tyr.ts");
  const child = startTyr(["audit", "tail", "--follow", "--json=index"], {
    home,
    env: { TYR_URL: server.url, TYR_TOKEN: server.token },
  });
  const end = ended(child);
  const printed: string[] = [];
  for await (const part of child.stdout) {
    printed.push(...String(part).trim().split("\n"));
    newest = 3;
    if (printed.length >= 3) child.kill("SIGINT");
  }
  expect([printed, (await end).code]).toEqual([['{"index":1}', '{"index":2}', '{"index":3}'], 0]);
});
