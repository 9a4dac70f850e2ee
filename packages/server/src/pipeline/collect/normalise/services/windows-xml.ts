const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
const DATA = /<Data Name=["']([\w ]{1,64})["']>([^<]{0,8192})<\/Data>/g;
/** Of events whose parts have no names, only an order; an empty one counts too. */
const UNNAMED = /<Data(?: ?\/>|>([^<]{0,8192})<\/Data>)/g;
const ELEMENT = /<(EventID|Channel|Computer|EventRecordID|Level|Task)(?: [^<>]{0,128})?>([^<]{0,256})<\//g;
const PROVIDER = /<Provider Name=["']([^"'<>]{1,128})["']/;
const TIME = /<TimeCreated SystemTime=["']([^"'<>]{1,40})["']/;

export function looksLikeWindowsXml(line: string): boolean {
  return line.startsWith("<Event ") || line.startsWith("<Event>");
}

function decoded(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_whole, name: string) => ENTITIES[name] ?? "");
}

/** An event of Windows as its own XML, flat under the names rules use (`EventID`, `TargetUserName`). */
export function readWindowsXml(line: string): Readonly<Record<string, unknown>> | undefined {
  const system = [...line.matchAll(ELEMENT)].map(([, name = "", value = ""]) => [name, decoded(value)] as const);
  const data = [...line.matchAll(DATA)].map(([, name = "", value = ""]) => [name, decoded(value)] as const);
  const unnamed = [...line.matchAll(UNNAMED)].map(([, value = ""], at) => [`param${at + 1}`, decoded(value)] as const);
  const known = Object.fromEntries([...unnamed, ...data, ...system]);
  const id = known["EventID"];
  if (id === undefined || !/^\d{1,5}$/.test(id)) return undefined;
  const seconds = TIME.exec(line)?.[1]?.replace(/(\.\d{3})\d*/, "$1");
  return {
    ...known,
    EventID: Number(id),
    Provider_Name: decoded(PROVIDER.exec(line)?.[1] ?? ""),
    ...(seconds === undefined ? {} : { TimeCreated: seconds }),
  };
}
