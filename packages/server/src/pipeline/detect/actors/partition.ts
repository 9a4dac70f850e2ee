/** What belongs together: nodes, links strong enough to join them, and what people ruled. Pure. */
export type LadderNode = Readonly<{ id: string; /** Position of its first event: the smallest wins. */ age: number }>;
export type LadderLink = Readonly<{ a: string; b: string; weight: number }>;
export type PairRuling = Readonly<{ a: string; b: string; kind: "together" | "apart" }>;

type Component = {
  winner: LadderNode;
  members: LadderNode[];
  /** Whom a person keeps apart from it. */ apart: Set<string>;
};

/**
 * Connected components, except that no component holds two nodes a person ruled apart. Rulings join first, then links by
 * weight, then by age: the answer depends on nodes, links and rulings, never on their order or on what was joined before.
 *
 * @returns of each node the oldest of its component, itself included
 */
export function partition(
  nodes: readonly LadderNode[],
  links: readonly LadderLink[],
  rulings: readonly PairRuling[],
): ReadonlyMap<string, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const components = new Map(nodes.map((node) => [node.id, alone(node)]));
  for (const { a, b } of rulings.filter(({ kind }) => kind === "apart")) {
    components.get(a)?.apart.add(b);
    components.get(b)?.apart.add(a);
  }
  const together = rulings.filter(({ kind }) => kind === "together").map(({ a, b }) => ({ a, b, weight: Infinity }));
  const ages = (link: LadderLink): [number, number] => {
    const [a, b] = [byId.get(link.a)?.age ?? 0, byId.get(link.b)?.age ?? 0];
    return a < b ? [a, b] : [b, a];
  };
  const inOrder = [...together, ...links]
    .filter(({ a, b }) => byId.has(a) && byId.has(b))
    .map((link) => ({ link, ages: ages(link), name: [link.a, link.b].toSorted().join(" ") }))
    .toSorted(
      (x, y) =>
        compare(y.link.weight, x.link.weight) ||
        compare(x.ages[0], y.ages[0]) ||
        compare(x.ages[1], y.ages[1]) ||
        compare(x.name, y.name),
    );
  for (const { link } of inOrder) join(components, link);
  return new Map([...components].map(([id, { winner }]) => [id, winner.id]));
}

const compare = <T extends number | string>(a: T, b: T): number => (a === b ? 0 : a < b ? -1 : 1);

function alone(node: LadderNode): Component {
  return { winner: node, members: [node], apart: new Set() };
}

/** The smaller one joins the larger one, so that a thousand joins cost a thousand times their logarithm. */
function join(components: Map<string, Component>, { a, b }: LadderLink): void {
  const [first, second] = [components.get(a), components.get(b)];
  if (first === undefined || second === undefined || first === second) return;
  const [large, small] = first.members.length >= second.members.length ? [first, second] : [second, first];
  if (small.members.some(({ id }) => large.apart.has(id))) return;
  large.winner = isOlder(small.winner, large.winner) ? small.winner : large.winner;
  for (const member of small.members) {
    large.members.push(member);
    components.set(member.id, large);
  }
  for (const id of small.apart) large.apart.add(id);
}

function isOlder(a: LadderNode, b: LadderNode): boolean {
  return a.age < b.age || (a.age === b.age && a.id < b.id);
}
