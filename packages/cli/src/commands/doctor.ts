import path from "node:path";
import process from "node:process";
import type { Api } from "../api.ts";
import type { Configuration } from "../configuration.ts";
import type { Context, Run } from "../context.ts";
import { findingLines, type Finding } from "../doctor/finding.ts";
import { checkDataDirectory, checkIpv6, checkNft, checkNode } from "../doctor/machine-checks.ts";
import {
  checkAudit,
  checkClock,
  checkKeys,
  checkMode,
  checkPolicyFolder,
  checkReachable,
  checkSinglePerson,
  checkStatus,
  type KeyHolder,
} from "../doctor/server-checks.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import type { Input } from "../input.ts";

function checkConfiguration({ url, token }: Configuration): Finding[] {
  const group = "configuration";
  return [
    { group, name: "server", state: "ok", detail: `${url.value} (from ${url.origin})` },
    token === undefined
      ? { group, name: "token", state: "warning", detail: "none", fix: "Sign in: tyr login" }
      : { group, name: "token", state: "ok", detail: `from ${token.origin}` },
  ];
}

/** Runs one look; what the server refuses or does not answer is itself a finding. */
async function asked(name: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    const isPermission = error.parts.exit === EXIT.notPermitted;
    const fix = error.parts.fix ?? "See the server's log.";
    return [{ group: "server", name, state: isPermission ? "warning" : "problem", detail: error.message, fix }];
  }
}

async function checkServer(context: Context, api: Api, url: string): Promise<Finding[]> {
  const { world } = context;
  const reachable = await checkReachable(api, new URL(url));
  if (reachable.state !== "ok") return [reachable];
  const looks = await Promise.all([
    asked("status", async () => {
      const before = world.now();
      const status = await api.call("status.get", {});
      return [checkClock(status.now, (before + world.now()) / 2), ...checkStatus(status)];
    }),
    asked("policy", async () => {
      const mode = await api.call("mode.get", {});
      return [checkMode(mode), ...checkSinglePerson(mode)];
    }),
    asked("policies", async () => [...checkPolicyFolder(await api.call("policy.versions", {}))]),
    asked("keys", async () => {
      const lists = await Promise.all([api.call("sensor.list", {}), api.call("enforcer.list", {})]);
      return [
        checkKeys(
          lists.flatMap(({ items }): readonly KeyHolder[] => items),
          world.now(),
        ),
      ];
    }),
    asked("audit", async () => [await checkAudit(await api.call("audit.head", {}), world.now())]),
  ]);
  return [reachable, ...looks.flat()];
}

function serverAddress(configuration: Configuration, input: Input): Configuration {
  const port = input.whole("port", { min: 1, max: 65_535 });
  if (port === undefined) return configuration;
  const url = new URL(configuration.url.value);
  url.port = String(port);
  return { ...configuration, url: { value: url.href.replace(/\/+$/, ""), origin: "--port" }, token: undefined };
}

export const doctor: Run = async (context, input) => {
  const { print, world } = context;
  const configuration = serverAddress(await context.configuration(), input);
  const { openApi } = await import("../api.ts");
  const api = openApi(configuration, world, { timeoutMs: 5000, warn: (text) => print.warn(text) });
  const dataDirectory = path.resolve(input.text("data-dir") ?? world.env["TYR_DATA_DIR"] ?? ".tyr");
  const findings = [
    ...checkConfiguration(configuration),
    checkNode(process.versions.node),
    ...(await checkDataDirectory(dataDirectory)),
    await checkNft(world),
    checkIpv6(),
    ...(await checkServer(context, api, configuration.url.value)),
  ];
  const isFine = findings.every(({ state }) => state !== "problem");
  print.one({ ok: isFine, findings }, () => findingLines(findings, print.paint));
  return isFine ? EXIT.ok : EXIT.checkFailed;
};
