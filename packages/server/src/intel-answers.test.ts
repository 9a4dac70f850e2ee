import { describe, expect, test } from "vitest";
import { abuseIpdb } from "./connectors/intel/abuseipdb.ts";
import type { Fetch } from "./connectors/intel/http.ts";
import { greyNoise } from "./connectors/intel/greynoise.ts";
import { type ListName, parseList } from "./connectors/intel/parse-list.ts";
import { threatFox } from "./connectors/intel/threatfox.ts";
import { asRead, type DerivedEvent, derivedEventId, DERIVED_SENSOR } from "./pipeline/collect/index.ts";
import { createEvaluator } from "./pipeline/detect/evaluate.ts";
import { eventLogsource } from "./pipeline/detect/event-logsource.ts";
import { type IntelProvider, saysSomething } from "./pipeline/detect/intel/answer.ts";
import { verdictEvent } from "./pipeline/detect/intel/derive.ts";
import { indicatorsOf } from "./pipeline/detect/intel/indicator.ts";
import { readRuleLine } from "./pipeline/detect/rule-line.ts";
import { loadRulePack } from "./pipeline/detect/rule-pack.ts";

const pack = loadRulePack(new URL("../../../rules", import.meta.url).pathname);
const ADDRESS = "203.0.113.7";
const HASH = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea";

/** Rule and technique with its confidence, of every tag the running pack makes of a verdict. */
function tagsOf(events: readonly DerivedEvent[]): readonly string[] {
  const evaluator = createEvaluator(pack);
  const found = events.flatMap((derived) => {
    const read = asRead(derived);
    const logsource = eventLogsource({ ...read.fields, ...read.ecs }, read.logsource);
    const event = {
      ...read,
      id: derivedEventId(derived),
      observedAt: read.time,
      sensorId: DERIVED_SENSOR.id,
      logsource,
    };
    return evaluator.evaluate(event);
  });
  return found.flatMap(({ ruleId, tags }) =>
    tags.map(({ technique, subTechnique, confidence }) => {
      const rule = pack.rules.get(ruleId)?.sigma.path.replace(/^intel\/|\.yml$/g, "");
      return `${rule}: ${subTechnique ?? technique} ${confidence.toFixed(2)}`;
    }),
  );
}

/** The very bytes a provider sends, read by its connector. */
async function told(provider: (request: Fetch) => IntelProvider, body: string, status = 200) {
  const bytes: Fetch = async () => await Promise.resolve(new Response(body, { status }));
  const one = provider(bytes);
  const asked = await one.ask(ADDRESS, new AbortController().signal);
  if (!asked.ok) throw new Error(asked.reason);
  const said = { provider: one.name, indicator: { kind: "ip", value: ADDRESS } as const, answer: asked.answer };
  const id = readLine(`Feb  1 10:00:00 gate sshd[9]: Failed password for root from ${ADDRESS} port 5 ssh2`).id;
  return tagsOf(
    saysSomething(asked.answer)
      ? [verdictEvent(said, { id, time: new Date("2026-02-01T10:00:00Z"), src: ADDRESS })]
      : [],
  );
}

function readLine(line: string) {
  const read = readRuleLine(line);
  if (!read.ok) throw new Error(read.reason);
  return read.event;
}

/** What a list as its makers publish it says of what a raw line brings up. */
function listed(list: ListName, text: string, line: string): readonly string[] {
  const event = readLine(line);
  const entries = parseList(list, text)?.entries ?? [];
  const said = indicatorsOf(event).flatMap((indicator) =>
    entries
      .filter(({ kind, value }) => kind === indicator.kind && value === indicator.value)
      .map(({ score, threatTypes, families }) => {
        const answer = { verdict: "malicious", score, threatTypes, malwareFamilies: families } as const;
        return verdictEvent({ provider: list, indicator, answer }, { ...event, src: event.src?.ip ?? null });
      }),
  );
  return tagsOf(said);
}

/** As docs.abuseipdb.com shows an answer of `check` with `verbose`. */
const abuse = (score: number, ...categories: readonly number[]): string =>
  `{"data":{"ipAddress":"${ADDRESS}","isPublic":true,"ipVersion":4,"isWhitelisted":false,"abuseConfidenceScore":${score},"countryCode":"CN","countryName":"China","usageType":"Data Center\\/Web Hosting\\/Transit","isp":"Example","domain":"example.com","hostnames":[],"isTor":false,"totalReports":1,"numDistinctUsers":1,"lastReportedAt":"2026-01-31T20:55:14+00:00","reports":[{"reportedAt":"2026-01-31T20:55:14+00:00","comment":"sshd[13937]: Invalid user oracle","categories":[${categories.join(",")}],"reporterId":1,"reporterCountryCode":"US","reporterCountryName":"United States"}]}}`;
const askAbuse = (request: Fetch) => abuseIpdb("https://provider.invalid", "k", request);

describe("AbuseIPDB's own answer becomes the tags of its categories", () => {
  test.each([
    ["bad robot", [19], ["abuseipdb-bad-robot: T1595 0.70"]],
    ["brute force, FTP, SSH", [18, 5, 22], ["abuseipdb-brute-force: T1110 0.70"]],
    ["hacking", [15], ["abuseipdb-exploit: T1190 0.70"]],
    ["SQL injection", [16], ["abuseipdb-exploit: T1190 0.70"]],
    ["web application attack", [21], ["abuseipdb-exploit: T1190 0.70"]],
    ["attack on a device", [23], ["abuseipdb-exploit: T1190 0.70"]],
    ["phishing", [7], ["abuseipdb-phishing: T1566 0.70"]],
    ["spoofing", [17], ["abuseipdb-phishing: T1566 0.70"]],
    ["open proxy", [9], ["abuseipdb-proxy: T1090 0.60"]],
    ["address of a VPN", [13], ["abuseipdb-proxy: T1090 0.60"]],
    ["port scan", [14], ["abuseipdb-scanner: T1046 0.70", "abuseipdb-scanner: T1595 0.70"]],
    ["mail spam", [11], ["abuseipdb-spam-phishing: T1566 0.70", "abuseipdb-spam: T1496 0.60"]],
    ["taken over", [20], ["abuseipdb-taken-over: T1078 0.60"]],
  ] as const)("%s", async (_what, categories, expected) => {
    expect(new Set(await told(askAbuse, abuse(100, ...categories)))).toEqual(new Set(expected));
  });

  test("as sure as the score: a low one writes none, and spam is phishing only from 80 on", async () => {
    expect(await told(askAbuse, abuse(90, 22))).toEqual(["abuseipdb-brute-force: T1110 0.63"]);
    expect(await told(askAbuse, abuse(30, 22))).toEqual([]);
    expect(await told(askAbuse, abuse(79, 11))).toEqual(["abuseipdb-spam: T1496 0.47"]);
  });

  test("categories nobody maps, and an address nobody reported, become none", async () => {
    expect(await told(askAbuse, abuse(100, 1, 2, 3, 4, 6, 8, 10, 12))).toEqual([]);
    expect(await told(askAbuse, abuse(0))).toEqual([]);
  });
});

/** As docs.greynoise.io shows an answer of the Community API. */
const noise = (seen: boolean, classification: string, riot = false): string =>
  `{"ip":"${ADDRESS}","noise":${seen},"riot":${riot},"classification":"${classification}","name":"unknown","link":"https://viz.greynoise.io/ip/${ADDRESS}","last_seen":"2026-01-31","message":"Success"}`;
const askGrey = (request: Fetch) => greyNoise("https://provider.invalid", undefined, request);

describe("GreyNoise's own answer", () => {
  test("a malicious scanner is both, one of unknown intent a scanner", async () => {
    expect(new Set(await told(askGrey, noise(true, "malicious")))).toEqual(
      new Set(["greynoise-scanner: T1595 0.70", "greynoise-malicious: T1071 0.35"]),
    );
    expect(await told(askGrey, noise(true, "unknown"))).toEqual(["greynoise-scanner: T1595 0.35"]);
  });

  test("a benign scanner, a service everybody uses, and an address it never saw say nothing", async () => {
    expect(await told(askGrey, noise(true, "benign"))).toEqual([]);
    expect(await told(askGrey, noise(false, "benign", true))).toEqual([]);
    const unseen = `{"ip":"${ADDRESS}","noise":false,"riot":false,"message":"IP not observed scanning the internet or contained in RIOT data set."}`;
    expect(await told(askGrey, unseen, 404)).toEqual([]);
  });
});

/** As threatfox.abuse.ch/api shows an answer of `search_ioc`. */
const fox = (threat: string, ioc = `${ADDRESS}:443`, sure = 100): string =>
  `{"query_status":"ok","data":[{"id":"12","ioc":"${ioc}","threat_type":"${threat}","threat_type_desc":"Indicator that identifies a botnet command&control server (C&C)","ioc_type":"ip:port","ioc_type_desc":"ip:port combination that is used for botnet Command&control (C&C)","malware":"win.cobalt_strike","malware_printable":"Cobalt Strike","malware_alias":"Agentemis,BEACON,CobaltStrike","malware_malpedia":"https:\\/\\/malpedia.caad.fkie.fraunhofer.de\\/details\\/win.cobalt_strike","confidence_level":${sure},"first_seen":"2026-01-06 09:10:23 UTC","last_seen":null,"reporter":"abuse_ch","reference":null,"tags":null,"malware_samples":[]}]}`;
const askFox = (request: Fetch) => threatFox("https://provider.invalid", "k", request);
const foxCsv = (kind: string, value: string, threat: string): string =>
  `# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_alias","malware_printable","last_seen_utc","confidence_level","is_compromised","reference","tags","anonymous","reporter"\n"2026-01-06 09:10:23", "12", "${value}", "${kind}", "${threat}", "win.cobalt_strike", "BEACON", "Cobalt Strike", "", "100", "False", "None", "", "0", "abuse_ch"\n`;
const brought = JSON.stringify({
  eventid: "cowrie.session.file_download",
  src_ip: ADDRESS,
  session: "a1",
  sensor: "decoy",
  timestamp: "2026-02-01T10:00:00.000000Z",
  url: "http://198.51.100.9/x",
  outfile: `var/lib/cowrie/downloads/${HASH}`,
  shasum: HASH,
});

describe("ThreatFox's own answer and export", () => {
  test.each([
    ["botnet_cc", ["threatfox-c2: T1071 0.80", "threatfox-c2: T1588.001 0.80"]],
    ["payload_delivery", ["threatfox-delivery: T1105 0.75", "threatfox-delivery: T1588.001 0.80"]],
    ["cc_skimming", ["threatfox-skimming: T1056 0.70"]],
  ] as const)("%s", async (threat, expected) => {
    expect(new Set(await told(askFox, fox(threat)))).toEqual(new Set(expected));
    const login = `Feb  1 10:00:00 gate sshd[9]: Failed password for root from ${ADDRESS} port 5 ssh2`;
    expect(new Set(listed("threatfox", foxCsv("ip:port", `${ADDRESS}:443`, threat), login))).toEqual(new Set(expected));
  });

  test("a file of the export that a decoy was brought", () => {
    expect(listed("threatfox", foxCsv("sha256_hash", HASH, "payload"), brought)).toEqual([
      "threatfox-payload: T1588.001 0.80",
    ]);
    expect(listed("threatfox", foxCsv("sha256_hash", HASH.replace("3", "4"), "payload"), brought)).toEqual([]);
  });

  test("as sure as it is; of another address, of a threat nobody knows, and of nothing found none", async () => {
    expect(await told(askFox, fox("cc_skimming", `${ADDRESS}:443`, 50))).toEqual(["threatfox-skimming: T1056 0.35"]);
    expect(await told(askFox, fox("botnet_cc", `1${ADDRESS}:443`))).toEqual([]);
    expect(await told(askFox, fox("constructor"))).toEqual([]);
    expect(await told(askFox, '{"query_status":"no_result","data":"Your search did not yield any results"}')).toEqual(
      [],
    );
  });
});

const JA3 = "e7eca2baf4458d095b7f45da28c16c34";
const JA4 = "t13d190900_9dc949149365_97f8aa674fd9";
const JARM = "2ad2ad0002ad2ad00042d42d000000ad9bf51cc3f5a1e29eecb81d0c7b06eb";
const HASSH = "b12d2871a1189eff20364cf5333619ee";
const JA4H = "po11nn09enus_9ed7f9a1b1c2_000000000000_000000000000";
const FINGERPRINTS = `# kind,value,tool\nja3,${JA3},Sliver\nja4,${JA4},Sliver\njarm,${JARM},Cobalt Strike\nhassh,${HASSH},Sliver\nja4h,${JA4H},Sliver\n`;
const eve = (type: string, part: object): string =>
  JSON.stringify({
    timestamp: "2026-02-01T10:00:00.000000+0000",
    flow_id: 1,
    event_type: type,
    src_ip: ADDRESS,
    src_port: 40_000,
    dest_ip: "192.0.2.1",
    dest_port: 443,
    proto: "TCP",
    [type]: part,
  });
const zeek = (part: object): string =>
  JSON.stringify({
    ts: 1_769_940_000.5,
    uid: "CXoIzM",
    "id.orig_h": ADDRESS,
    "id.orig_p": 40_000,
    "id.resp_h": "192.0.2.1",
    "id.resp_p": 443,
    ...part,
  });

describe("fingerprints in the lines of sensors", () => {
  test.each([
    [
      "Suricata's TLS, JA3",
      eve("tls", { sni: "a.example", version: "TLS 1.2", ja3: { hash: JA3, string: "771,49195" } }),
    ],
    ["Suricata's TLS, JA4", eve("tls", { sni: "a.example", version: "TLS 1.3", ja4: JA4 })],
    ["Suricata's QUIC", eve("quic", { version: "1", ja3: { hash: JA3, string: "771" } })],
    [
      "Suricata's SSH",
      eve("ssh", { client: { proto_version: "2.0", software_version: "Go", hassh: { hash: HASSH } } }),
    ],
    ["Suricata's HTTP, JA4H", eve("http", { hostname: "a.example", url: "/", http_method: "POST", ja4h: JA4H })],
    ["Zeek's ssl.log, JA3", zeek({ version: "TLSv12", ja3: JA3 })],
    ["Zeek's ssl.log, JA4", zeek({ version: "TLSv13", ja4: JA4 })],
    ["Zeek's ssl.log, JARM", zeek({ version: "TLSv12", jarm: JARM })],
    ["Zeek's ssh.log", zeek({ version: 2, client: "SSH-2.0-Go", hassh: HASSH })],
  ])("%s: a control framework", (_what, line) => {
    expect(listed("fingerprints", FINGERPRINTS, line)).toEqual([
      "c2-fingerprint: T1071 0.85",
      "c2-fingerprint: T1071.001 0.90",
    ]);
  });

  test("one that is not listed, one under the name of another, and one in a name say nothing", () => {
    const other = eve("tls", { ja3: { hash: JA3.replace("e", "f"), string: "771" } });
    expect(listed("fingerprints", FINGERPRINTS, other)).toEqual([]);
    expect(listed("fingerprints", FINGERPRINTS, eve("tls", { ja3: { hash: HASSH, string: "771" } }))).toEqual([]);
    expect(listed("fingerprints", FINGERPRINTS, eve("tls", { sni: JA3, subject: `CN=${JA3}` }))).toEqual([]);
  });
});
