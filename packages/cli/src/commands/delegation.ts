import { DELEGATION_DAYS_MAX, isId, type Delegation, type DelegationId } from "@tyr/contract";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import type { Input } from "../input.ts";
import { showInstant } from "../output/instants.ts";
import { pairs, type Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { passphrasePlace } from "../signing/passphrase.ts";
import { signHandOver } from "../signing/sign-decision.ts";
import { printPages } from "./pages.ts";

const DAY_SECONDS = 86_400;
const SECONDS = { min: 60, max: DELEGATION_DAYS_MAX * DAY_SECONDS };

const COLUMNS: readonly Column<Delegation>[] = [
  { name: "id", value: (row) => row.id },
  { name: "from", value: (row) => row.from.name },
  { name: "to", value: (row) => row.to.name },
  {
    name: "state",
    value: (row) => row.state.replace("_", " "),
    color: ({ state }) => ({ in_force: "green", ended: "dim", void: "yellow" } as const)[state],
  },
  { name: "until", value: (row) => showInstant(row.endedAt ?? row.endsAt) },
  { name: "because", value: (row) => row.reason, cuttable: true },
];

function printOne({ print }: Context, row: Delegation): void {
  print.one(row, () =>
    pairs(
      [
        ["delegation", row.id],
        ["from", row.from.name],
        ["to", row.to.name],
        ["state", row.state.replace("_", " ")],
        ["roles", row.roles.join(", ")],
        ["ends", showInstant(row.endsAt)],
        ["ended", row.endedAt === null ? null : `${showInstant(row.endedAt)} by ${row.endedBy?.name ?? "nobody"}`],
        ["because", row.reason],
      ],
      print.paint,
    ),
  );
}

export function delegationId(text: string): DelegationId {
  if (isId("delegation", text)) return text;
  throw usage(`${visible(text)} is no delegation`, "See tyr delegation list.");
}

export const list: Run = async (context, input) => {
  const api = await context.api();
  const [inForce, mine] = [!input.flag("all"), input.flag("mine")];
  await printPages(context, input, {
    fetchPage: async (page) =>
      await api.call("delegation.list", {
        query: { ...page, ...(inForce ? { inForce } : {}), ...(mine ? { mine } : {}) },
      }),
    columns: COLUMNS,
    none: inForce ? "Nobody approves in another's place." : "Nobody ever handed their approving over.",
  });
  return EXIT.ok;
};

/** How long, as an instant: the server's clock decides, and both should agree to the minute. */
function endOf(context: Context, input: Input): string {
  const seconds = input.seconds("for", SECONDS);
  if (seconds === undefined) throw usage("--for is missing", "Say how long, e.g. --for 7d.");
  return new Date(context.world.now() + seconds * 1_000).toISOString();
}

export const create: Run = async (context, input) => {
  const to = input.value(0, "the account it is handed to");
  const body = { to, endsAt: endOf(context, input), reason: input.required("reason") };
  if (!input.flag("yes")) await context.ask.confirm(`Let ${visible(to)} approve in your place?`, "--yes");
  const api = await context.api();
  const signature = await signHandOver(context, api, { ...body, place: passphrasePlace(input) });
  printOne(context, await api.call("delegation.create", { body: { ...body, signature } }));
  return EXIT.ok;
};

export const end: Run = async (context, input) => {
  const id = delegationId(input.value(0, "the delegation"));
  const reason = input.text("reason");
  const body = reason === undefined ? {} : { reason };
  printOne(context, await (await context.api()).call("delegation.end", { params: { id }, body }));
  return EXIT.ok;
};
