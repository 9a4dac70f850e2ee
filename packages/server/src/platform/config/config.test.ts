import { describe, expect, test } from "vitest";
import { ConfigInvalid, readConfig } from "./index.ts";

const read = (argv: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  readConfig({ argv, env, root: "/opt/tyr" });

describe("the configuration", () => {
  test("without any setting Tyr listens on loopback only, with the sample", () => {
    expect(read()).toMatchObject({
      host: "127.0.0.1",
      port: 8970,
      publicUrl: "http://127.0.0.1:8970",
      sample: true,
      databaseUrl: undefined,
      environment: "production",
      rulesDir: "/opt/tyr/rules",
    });
  });

  test("a flag wins over the environment, the environment over the default", () => {
    expect(read(["--port", "1234"], { TYR_PORT: "99", TYR_HOST: "0.0.0.0", TYR_CLEARTEXT: "allow" })).toMatchObject({
      port: 1234,
      host: "0.0.0.0",
    });
  });

  test.each([
    [["--port", "eighty"], {}, "TYR_PORT"],
    [["--port", "70000"], {}, "TYR_PORT"],
    [["--frobnicate"], {}, "command line"],
    [[], { TYR_DATABASE_URL: "mysql://db/tyr" }, "TYR_DATABASE_URL"],
    [[], { TYR_PUBLIC_URL: "tyr.example.org" }, "TYR_PUBLIC_URL"],
    [[], { TYR_OWN_NETWORKS: "10.0.0.0/33" }, "TYR_OWN_NETWORKS"],
    [[], { TYR_OWN_NETWORKS: "intranet" }, "TYR_OWN_NETWORKS"],
    [[], { TYR_FOLLOW: "/var/log/auth.log" }, "TYR_FOLLOW"],
    [[], { TYR_LOG_LEVEL: "loud" }, "TYR_LOG_LEVEL"],
    [[], { TYR_INTAKE_MIB_MAX: "0" }, "TYR_INTAKE_MIB_MAX"],
    [[], { TYR_ENVIRONMENT: "prod" }, "TYR_ENVIRONMENT"],
    [["--port", ""], {}, "command line"],
    [["--data-dir", ""], {}, "command line"],
    [["--own-network", ""], {}, "command line"],
    [["--port", "0x50"], {}, "TYR_PORT"],
    [[], { TYR_OWN_NETWORKS: "fe80::1%eth0" }, "TYR_OWN_NETWORKS"],
    [[], { TYR_OWN_NETWORKS: "fe80::%eth0/64" }, "TYR_OWN_NETWORKS"],
    [[], { TYR_HOST: "999.9.9.9" }, "TYR_HOST"],
    [[], { TYR_HOST: "two words" }, "TYR_HOST"],
    [[], { TYR_TRUST_PROXY: "yes" }, "TYR_TRUST_PROXY"],
    [[], { TYR_TRUST_PROXY: "10.0.0.0/40" }, "TYR_TRUST_PROXY"],
    [[], { TYR_CORS_ORIGINS: "*" }, "TYR_CORS_ORIGINS"],
    [[], { TYR_CORS_ORIGINS: "null" }, "TYR_CORS_ORIGINS"],
    [[], { TYR_CORS_ORIGINS: "https://*.example.org" }, "TYR_CORS_ORIGINS"],
    [[], { TYR_CORS_ORIGINS: "https://soc.example.org/" }, "TYR_CORS_ORIGINS"],
    [[], { TYR_CORS_ORIGINS: "file:///etc" }, "TYR_CORS_ORIGINS"],
  ])("what cannot be used is refused by its name: %j %j", (argv, env, setting) => {
    expect(() => read(argv, env as Record<string, string>)).toThrow(ConfigInvalid);
    expect(() => read(argv, env as Record<string, string>)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", setting }),
    );
  });

  test("a secret in a database address is not repeated in the refusal's setting name", () => {
    expect(() => read([], { TYR_DATABASE_URL: "mysql://u:hunter2@db" })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("hunter2") }),
    );
  });

  test("a variable that is set to nothing counts as unset", () => {
    const names = "HOST PORT PUBLIC_URL DATA_DIR DATABASE_URL RULES_DIR POLICIES_DIR WEB_DIR SAMPLE_DIR LOG_LEVEL";
    const more =
      "OWN_NETWORKS ENVIRONMENT FOLLOW INTAKE_MIB_MAX NO_SAMPLE TRUST_PROXY CORS_ORIGINS RULE_PIPELINES EVENT_PIPELINES";
    const empty = (value: string) =>
      Object.fromEntries(`${names} ${more}`.split(" ").map((name) => [`TYR_${name}`, value]));
    expect(read([], empty(""))).toEqual(read());
    expect(read([], empty("  "))).toEqual(read());
  });

  test("proxies are trusted by their addresses, or all of them, or by default none", () => {
    expect(read().trustProxy).toBe(false);
    expect(read([], { TYR_TRUST_PROXY: "0" }).trustProxy).toBe(false);
    expect(read([], { TYR_TRUST_PROXY: "1" }).trustProxy).toBe(true);
    expect(read([], { TYR_TRUST_PROXY: "10.0.0.0/8, 2001:db8::1" }).trustProxy).toEqual(["10.0.0.0/8", "2001:db8::1"]);
  });

  test("other origins may call only when they are named whole", () => {
    expect(read().corsOrigins).toEqual([]);
    const named = "https://soc.example.org, http://127.0.0.1:3000";
    expect(read([], { TYR_CORS_ORIGINS: named }).corsOrigins).toEqual(named.split(", "));
  });

  test("policies are told the environment that was set", () => {
    expect(read([], { TYR_ENVIRONMENT: "staging" }).environment).toBe("staging");
  });

  test("rules come from the folder unless the database is asked for, and from nothing else", () => {
    const storeOf = (text: string) =>
      readConfig({ argv: [], env: { TYR_RULE_STORE: text }, root: "/opt/tyr" }).ruleStore;
    expect([storeOf(""), storeOf("filesystem"), storeOf("database")]).toEqual(["filesystem", "filesystem", "database"]);
    expect(() => storeOf("s3")).toThrow(/TYR_RULE_STORE: "s3" is not one of filesystem, database/);
  });

  test("pipelines come from environment and flags together, in that order", () => {
    const config = read(["--rule-pipeline", "/etc/c.yml", "--event-pipeline", "/etc/d.yml"], {
      TYR_RULE_PIPELINES: "/etc/a.yml, /etc/b.yml",
    });
    expect(config.rulePipelines).toEqual(["/etc/a.yml", "/etc/b.yml", "/etc/c.yml"]);
    expect(config.eventPipelines).toEqual(["/etc/d.yml"]);
  });

  test("own networks and followed files come from flags and environment together", () => {
    const config = read(["--own-network", "192.0.2.0/24", "--follow", "web=/logs/access.log"], {
      TYR_OWN_NETWORKS: "198.51.100.7, 2001:db8::/32",
    });
    expect(config.ownNetworks).toEqual(["198.51.100.7", "2001:db8::/32", "192.0.2.0/24"]);
    expect(config.follow).toEqual([{ sensor: "web", path: "/logs/access.log" }]);
  });
});
