type Node<Value> = {
  readonly key: string;
  value: Value;
  older: Node<Value> | undefined;
  newer: Node<Value> | undefined;
};

/**
 * A map that knows its least recently set entry in constant time. A plain `Map` keeps order too, but finding its first
 * entry walks over every deleted one before it.
 */
export class RecencyMap<Value> {
  readonly #nodes = new Map<string, Node<Value>>();
  #oldest: Node<Value> | undefined;
  #newest: Node<Value> | undefined;

  get size(): number {
    return this.#nodes.size;
  }

  get(key: string): Value | undefined {
    return this.#nodes.get(key)?.value;
  }

  /** The entry not set for longest. */
  oldest(): Readonly<{ key: string; value: Value }> | undefined {
    return this.#oldest;
  }

  /** Sets an entry and makes it the newest. */
  set(key: string, value: Value): void {
    const known = this.#nodes.get(key);
    if (known !== undefined) this.#unlink(known);
    const node: Node<Value> = known ?? { key, value, older: undefined, newer: undefined };
    node.value = value;
    node.older = this.#newest;
    node.newer = undefined;
    if (this.#newest === undefined) this.#oldest = node;
    else this.#newest.newer = node;
    this.#newest = node;
    if (known === undefined) this.#nodes.set(key, node);
  }

  delete(key: string): void {
    const node = this.#nodes.get(key);
    if (node === undefined) return;
    this.#unlink(node);
    this.#nodes.delete(key);
  }

  #unlink(node: Node<Value>): void {
    if (node.older === undefined) this.#oldest = node.newer;
    else node.older.newer = node.newer;
    if (node.newer === undefined) this.#newest = node.older;
    else node.newer.older = node.older;
  }
}
