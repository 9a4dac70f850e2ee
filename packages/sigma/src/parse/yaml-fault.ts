import {
  type Document,
  isAlias,
  isCollection,
  isScalar,
  type Node,
  type Pair,
  Scalar,
  visit,
  type YAMLMap,
} from "yaml";
import type { RejectionCode } from "./rejection.ts";

/** What is wrong with a document, and at which character of the file. */
type Fault = Readonly<{ code: RejectionCode; message: string; offset: number }>;

/** The first fault of a document: what the library found, else what it takes and would lose or multiply content. */
export function faultOf(document: Document.Parsed, aliasMax: number): Fault | undefined {
  const found = document.errors[0] ?? document.warnings[0];
  if (found === undefined) return new Inspection(document, aliasMax).fault;
  const code = found.code === "TAG_RESOLVE_FAILED" ? "yaml-tag" : "yaml-invalid";
  return { code, message: found.message, offset: found.pos[0] };
}

class Inspection {
  fault: Fault | undefined;
  readonly #aliasMax: number;
  readonly #anchored = new Map<string, Node>();
  #aliases = 0;

  constructor(document: Document.Parsed, aliasMax: number) {
    this.#aliasMax = aliasMax;
    visit(document, {
      Pair: (_, pair) => this.#step(() => this.#pair(pair)),
      Map: (_, map) => this.#step(() => this.#keys(map)),
      Node: (_, node, path) => this.#step(() => this.#node(node, path)),
    });
  }

  #step(look: () => void): symbol | undefined {
    look();
    return this.fault === undefined ? undefined : visit.BREAK;
  }

  #pair({ key }: Pair): void {
    if (isCollection(key)) this.#found(key, "a key must be a single text, not a list or a map");
    else if (isScalar(key) && key.value === "<<" && key.type === Scalar.PLAIN)
      this.#found(key, "merge keys (<<) are no longer part of YAML; write the entries out");
  }

  #keys(map: YAMLMap): void {
    this.#anchor(map);
    const keys = new Set<string>();
    for (const { key } of map.items) {
      if (!isScalar(key)) continue;
      const name = String(key.value);
      if (keys.has(name)) this.#found(key, `the key ${JSON.stringify(name)} stands twice in this map`);
      keys.add(name);
    }
  }

  #node(node: Node, path: readonly unknown[]): void {
    if (!isAlias(node)) {
      this.#anchor(node);
      return;
    }
    const target = this.#anchored.get(node.source);
    this.#aliases += 1;
    if (target === undefined) this.#found(node, `there is no anchor &${node.source} before this alias`);
    else if (path.includes(target)) this.#found(node, `*${node.source} stands inside what it stands for`);
    else if (this.#aliases > this.#aliasMax)
      this.fault = { code: "yaml-limit", message: `more than ${this.#aliasMax} aliases`, offset: offsetOf(node) };
  }

  #anchor(node: Node): void {
    if (!isAlias(node) && node.anchor !== undefined) this.#anchored.set(node.anchor, node);
  }

  #found(node: Node, message: string): void {
    this.fault ??= { code: "yaml-invalid", message, offset: offsetOf(node) };
  }
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
