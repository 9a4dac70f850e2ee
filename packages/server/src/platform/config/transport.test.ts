import { describe, expect, test } from "vitest";
import { isBehindProxies, readConfig } from "./index.ts";
import { checkedDatabaseUrl, staysHere } from "./transport.ts";

const read = (env: Readonly<Record<string, string>>, argv: readonly string[] = []) =>
  readConfig({ argv, env, root: "/opt/tyr" });
const PROXY = { TYR_HOST: "192.0.2.1", TYR_PUBLIC_URL: "https://tyr.example.org", TYR_TRUST_PROXY: "192.0.2.2" };
const CERTIFICATE = { TYR_TLS_CERT: "/etc/tyr/cert.pem", TYR_TLS_KEY: "/etc/tyr/key.pem" };

describe("whoever can be reached from other machines", () => {
  test.each(["0.0.0.0", "192.0.2.1", "::", "2001:db8::1", "tyr.example.org", "::ffff:127.0.0.1"])(
    "does not answer unencrypted at %s",
    (host) => {
      expect(() => read({ TYR_HOST: host })).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID", setting: "TYR_HOST" }),
      );
      expect(read({ TYR_HOST: host, ...CERTIFICATE })).toMatchObject({ tls: { certPath: "/etc/tyr/cert.pem" } });
    },
  );

  test("answers behind a proxy that has the certificate, if both the address and the proxy are named", () => {
    expect(read(PROXY)).toMatchObject({ tls: undefined, cleartext: false });
    expect(() => read({ ...PROXY, TYR_PUBLIC_URL: "http://tyr.example.org" })).toThrow("TYR_HOST");
    // "1" believes whoever connects: beyond this machine that could be anybody, in cleartext.
    for (const trusted of ["0", "1"]) expect(() => read({ ...PROXY, TYR_TRUST_PROXY: trusted })).toThrow("TYR_HOST");
    expect(() => read({ ...PROXY, TYR_TRUST_PROXY: "," })).toThrow("TYR_TRUST_PROXY");
    expect(isBehindProxies(read(PROXY))).toBe(true);
    for (const others of [{}, CERTIFICATE, { TYR_HOST: "0.0.0.0", TYR_CLEARTEXT: "allow" }])
      expect(isBehindProxies(read(others))).toBe(false);
  });

  test("answers unencrypted where somebody says so", () => {
    expect(read({ TYR_HOST: "0.0.0.0", TYR_CLEARTEXT: "allow" })).toMatchObject({ cleartext: true });
    expect(read({ TYR_HOST: "0.0.0.0" }, ["--allow-cleartext"])).toMatchObject({ cleartext: true });
    expect(() => read({ TYR_HOST: "0.0.0.0", TYR_CLEARTEXT: "1" })).toThrow("TYR_CLEARTEXT");
  });

  test("does not start with Node's checks of certificates switched off", () => {
    expect(() => read({ NODE_TLS_REJECT_UNAUTHORIZED: "0" })).toThrow("NODE_EXTRA_CA_CERTS");
    expect(read({ NODE_TLS_REJECT_UNAUTHORIZED: "0", TYR_CLEARTEXT: "allow" })).toMatchObject({ cleartext: true });
    expect(read({ NODE_TLS_REJECT_UNAUTHORIZED: "1" })).toMatchObject({ cleartext: false });
  });

  test("has an https address when it has a certificate", () => {
    expect(read(CERTIFICATE).publicUrl).toBe("https://127.0.0.1:8970");
    expect(() => read({ ...CERTIFICATE, TYR_PUBLIC_URL: "http://tyr.example.org" })).toThrow("TYR_PUBLIC_URL");
  });

  test("needs the certificate and its key", () => {
    expect(() => read({ TYR_TLS_CERT: "/etc/tyr/cert.pem" })).toThrow("TYR_TLS_KEY");
    expect(() => read({ TYR_TLS_KEY: "/etc/tyr/key.pem" })).toThrow("TYR_TLS_CERT");
  });
});

describe("the sample", () => {
  test("is replayed for whoever looks around on their own machine, and nowhere else", () => {
    expect(read({}).sample).toBe(true);
    expect(read({ TYR_ENVIRONMENT: "production" }).sample).toBe(false);
    expect(read({ TYR_HOST: "0.0.0.0", ...CERTIFICATE }).sample).toBe(false);
    expect(read({ TYR_PUBLIC_URL: "https://tyr.example.org", TYR_TRUST_PROXY: "1" }).sample).toBe(false);
  });
});

describe("a database on another machine", () => {
  const asked = (url: string, more: { cleartext?: boolean; env?: Record<string, string> } = {}) =>
    checkedDatabaseUrl(url, { cleartext: false, env: {}, ...more });

  test("is reached over TLS with its certificate checked, where the address says nothing", () => {
    expect(asked("postgres://tyr:pw@db.example.org/tyr")).toBe(
      "postgres://tyr:pw@db.example.org/tyr?sslmode=verify-full",
    );
    expect(asked("postgres://db/tyr?sslmode=verify-full&sslrootcert=/ca.pem")).toBe(
      "postgres://db/tyr?sslmode=verify-full&sslrootcert=/ca.pem",
    );
    expect(asked("postgres:///tyr", { env: { PGHOST: "db.example.org" } })).toContain("verify-full");
    expect(asked("postgres://localhost/tyr?host=192.0.2.1")).toContain("verify-full");
  });

  test.each(["disable", "allow", "prefer", "require", "no-verify", "verify-ca", "VERIFY-FULL", ""])(
    "is refused with sslmode=%s, and the message holds no password",
    (mode) => {
      const attempt = () => asked(`postgres://tyr:geheim@db.example.org/tyr?sslmode=${mode}`);
      expect(attempt).toThrow(expect.objectContaining({ setting: "TYR_DATABASE_URL" }));
      expect(attempt).toThrow(expect.not.objectContaining({ message: expect.stringContaining("geheim") as string }));
    },
  );

  test.each(["sslmode=verify-full&sslmode=disable", "host=127.0.0.1&host=db.example.org"])(
    "is refused when something is said twice, as the last one would count: %s",
    (query) => {
      expect(() => asked(`postgres://localhost/tyr?${query}`)).toThrow("twice");
    },
  );

  test("is refused with ssl=0 beside sslmode, since the last one would count", () => {
    expect(() => asked("postgres://db/tyr?sslmode=verify-full&ssl=0")).toThrow("ssl=");
    expect(() => asked("postgres://db/tyr?ssl=true")).toThrow("ssl=");
  });

  test("is as it says where somebody allowed it, and on this machine", () => {
    expect(asked("postgres://db/tyr?sslmode=disable", { cleartext: true })).toContain("disable");
    for (const here of ["127.0.0.1", "[::1]", "localhost", "127.9.9.9"]) {
      expect(asked(`postgres://${here}/tyr`)).toBe(`postgres://${here}/tyr`);
    }
    expect(asked("postgres:///tyr?host=/run/postgresql")).toBe("postgres:///tyr?host=/run/postgresql");
  });
});

test.each([
  ["127.0.0.1", true],
  ["127.255.0.9", true],
  ["::1", true],
  ["0:0:0:0:0:0:0:1", true],
  ["[::1]", true],
  ["LOCALHOST", true],
  ["/run/postgresql", true],
  ["127.0.0.1.example.org", false],
  ["0.0.0.0", false],
  ["::", false],
  ["128.0.0.1", false],
  ["localhost.example.org", false],
  ["::ffff:127.0.0.1", false],
] as const)("what is sent to %s stays on this machine: %s", (host, stays) => {
  expect(staysHere(host)).toBe(stays);
});

describe("the collector of spans", () => {
  const collector = (url: string, more: Readonly<Record<string, string>> = {}) =>
    read({ TYR_TRACES_URL: url, ...more }).tracesUrl;

  test("is reached encrypted beyond this machine, at the path collectors have unless another is named", () => {
    expect(read({}).tracesUrl).toBeUndefined();
    expect(collector("https://collector.example.org:4318")).toBe("https://collector.example.org:4318/v1/traces");
    expect(collector("https://collector.example.org/otlp/v1/traces")).toBe(
      "https://collector.example.org/otlp/v1/traces",
    );
    for (const here of ["127.0.0.1", "[::1]", "localhost"])
      expect(collector(`http://${here}:4318`)).toBe(`http://${here}:4318/v1/traces`);
    expect(() => collector("http://collector.example.org:4318")).toThrow("unencrypted");
    expect(collector("http://collector.example.org", { TYR_CLEARTEXT: "allow" })).toMatch(/^http:/);
  });

  test.each([
    "collector:4318",
    "ftp://collector.example.org",
    "https://me:hunter2@collector.example.org",
    "https://c.example/?key=hunter2",
  ])("is refused by the setting's name, without repeating it: %s", (url) => {
    expect(() => collector(url)).toThrow(expect.objectContaining({ setting: "TYR_TRACES_URL" }));
    expect(() => collector(url)).not.toThrow("hunter2");
  });
});
