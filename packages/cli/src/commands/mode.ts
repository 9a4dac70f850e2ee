import { MODES, type ModeView } from "@tyr/contract";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import { showInstant } from "../output/instants.ts";
import { pairs } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";

const END_SECONDS = { min: 60, max: 31_536_000 };

function effectsOf({ effects, comesWhen, ...limits }: ModeView["modes"][number]): string[] {
  return [
    `  comes by itself: ${comesWhen ?? "no"}`,
    `  automation proposes from risk ${limits.proposeRisk}`,
    `  more than ${limits.maxFailedLoginsPerMinute} failed log-ins or ${limits.maxScanEventsPerMinute} scan events of one source in a minute are a detection`,
    ...effects.map(({ policyId, text }) => `  ${visible(policyId)}: ${visible(text)}`),
  ];
}

function heldBy({ held, automatic }: ModeView): string {
  const chosen =
    held === null
      ? "nobody"
      : `${held.mode} ${held.until === null ? "until it is changed" : `until ${showInstant(held.until)}`}`;
  if (automatic === null) return chosen;
  return `${chosen}; by itself ${automatic.mode}, down a step at ${showInstant(automatic.earliestDownAt)} at the earliest`;
}

function printMode({ print }: Context, view: ModeView): void {
  const { mode, change, environment, defaultMode, modes, waiting } = view;
  print.one(view, () => [
    ...pairs(
      [
        ["mode", mode],
        ["since", change === null ? "ever" : (showInstant(change.at) ?? "")],
        ["by", change === null ? "" : visible(change.by.name)],
        ["why", change === null ? "" : visible(change.reason)],
        ["incidents", change?.incidents.join(", ") ?? ""],
        ["chosen", heldBy(view)],
        ["default", defaultMode],
        ["environment", environment],
        ["waiting", waiting.join(", ")],
      ],
      print.paint,
    ),
    ...modes.flatMap((one) => ["", `${one.mode}:`, ...effectsOf(one)]),
  ]);
}

export const show: Run = async (context) => {
  printMode(context, await (await context.api()).call("mode.get", {}));
  return EXIT.ok;
};

/** 5 when policy wants another person to see it first: the mode stays, and an action waits. */
export const set: Run = async (context, input) => {
  const wanted = input.value(0, "the mode");
  const mode = MODES.find((one) => one === wanted);
  if (mode === undefined) throw usage(`${visible(wanted)} is no mode`, `Use one of: ${MODES.join(", ")}.`);
  const reason = input.required("reason");
  const seconds = input.seconds("for", END_SECONDS);
  const until = seconds === undefined ? undefined : new Date(context.world.now() + seconds * 1000).toISOString();
  const body = { mode, reason, ...(until === undefined ? {} : { until }) };
  const { asked, ...view } = await (await context.api()).call("mode.set", { body });
  printMode(context, view);
  if (asked === null) return EXIT.ok;
  context.print.say(`The mode is still ${view.mode}: ${asked} waits for another person (tyr approve ${asked}).`);
  return EXIT.refused;
};
