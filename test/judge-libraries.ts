/** Days from the day an advisory is known until nothing weak is left, by its severity. */
export const ADVISORY_DAYS = { critical: 3, high: 7, moderate: 30, low: 90, info: 90 } as const;
/** Days in which a release of the same major version is taken up, where nothing is known to be wrong. */
export const RELEASE_DAYS = 180;
/** A library without any release for so long needs a reason to stay. */
export const IDLE_DAYS = 3 * 365;
const DAY_MS = 86_400_000;

export type Advisory = Readonly<{ name: string; severity: keyof typeof ADVISORY_DAYS; title: string }>;
/** `releases`: version → when it came out, as the registry says (with `created` and `modified` among them). */
export type Library = Readonly<{ name: string; version: string; releases: Readonly<Record<string, string>> }>;
/** What somebody wrote down: since when an advisory is known, or why a library stays as it is. */
export type Known = Readonly<{ name: string; what: "advisory" | "behind" | "idle"; since: string; why: string }>;
export type Broken = Readonly<{ name: string; what: Known["what"]; text: string }>;
export type Registry = Readonly<{
  advisories: readonly Advisory[];
  libraries: readonly Library[];
  known: readonly Known[];
  today: string;
}>;

/** Below 1.0 the second number is what breaks (semver.org, item 4; npm's caret). */
function majorOf(version: string): string {
  const [major = "", minor = ""] = version.split(".");
  return major === "0" ? `0.${minor}` : major;
}

function isNewer(a: string, b: string): boolean {
  const [left, right] = [a.split(".").map(Number), b.split(".").map(Number)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at !== -1 && (left[at] ?? 0) > (right[at] ?? 0);
}

const daysSince = (instant: string, today: string): number => (Date.parse(today) - Date.parse(instant)) / DAY_MS;

function judgeLibrary({ name, version, releases }: Library, today: string): readonly Broken[] {
  const all = Object.entries(releases).filter(([one]) => /^\d+\.\d+\.\d+$/.test(one));
  const last = all
    .map(([, at]) => at)
    .toSorted((a, b) => Date.parse(a) - Date.parse(b))
    .at(-1);
  const missed = all
    .filter(([one]) => majorOf(one) === majorOf(version) && isNewer(one, version))
    .filter(([, at]) => daysSince(at, today) > RELEASE_DAYS)
    .map(([one]) => one);
  const broken: Broken[] = [];
  if (last !== undefined && daysSince(last, today) > IDLE_DAYS)
    broken.push({ name, what: "idle", text: `${name}: no release since ${last.slice(0, 10)}` });
  if (missed.length > 0)
    broken.push({
      name,
      what: "behind",
      text: `${name} ${version}: ${missed.at(-1)} is out for over ${RELEASE_DAYS} days`,
    });
  return broken;
}

/** An advisory counts from the day somebody wrote it down; one nobody wrote down is a breach at once: nobody looked. */
function judgeAdvisory({ name, severity, title }: Advisory, { known, today }: Registry): readonly Broken[] {
  const text = `${name}: ${severity}, "${title}"`;
  const noted = known.find((one) => one.what === "advisory" && one.name === name);
  if (noted === undefined) return [{ name, what: "advisory", text: `${text}; nobody has noted it yet` }];
  const over = daysSince(noted.since, today) > ADVISORY_DAYS[severity];
  return over ? [{ name, what: "advisory", text: `${text}, known since ${noted.since}` }] : [];
}

/** What SECURITY.md promises about libraries, held against what the registry says. @returns each broken promise */
export function judgeLibraries(registry: Registry): readonly Broken[] {
  const { advisories, libraries, known, today } = registry;
  const excused = ({ name, what }: Broken): boolean =>
    known.some((one) => one.what === what && one.name === name && one.why !== "");
  return [
    ...advisories.flatMap((one) => judgeAdvisory(one, registry)),
    ...libraries.flatMap((one) => judgeLibrary(one, today)).filter((one) => !excused(one)),
  ];
}
