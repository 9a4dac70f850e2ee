import { NAVIGATOR_SCORES, routes, urlOf, type CallInput } from "@tyr/contract";
import { Popover } from "radix-ui";
import type { ReactNode } from "react";
import { Icon } from "../kit/icon.tsx";

type Asked = NonNullable<CallInput<"ttp.matrix">["query"]>;
/** Whose techniques; everybody's when absent. */
type Scope = Readonly<{ scope: "attacker" | "identity" | "campaign"; id: string }>;
type DownloadsProps = Readonly<{ asked: Asked; domain: string | undefined; of?: Scope }>;

const SCORE_WORDS: Readonly<Record<(typeof NAVIGATOR_SCORES)[number], string>> = {
  count: "by how often",
  normalised: "by how often, against the most frequent",
  confidence: "by confidence",
  rules: "by how many rules",
  recency: "by how recently",
};

/** The same selection as files other tools read. */
export function Downloads({ asked, domain, of }: DownloadsProps): ReactNode {
  const query = { ...asked, ...(domain === undefined ? {} : { domain }) };
  const url = (kind: "Navigator" | "Stix" | "Misp", more: Readonly<Record<string, string>> = {}): string =>
    of === undefined
      ? urlOf(routes[`ttp.export${kind}`], { query: { ...query, ...more } })
      : urlOf(routes[`ttp.export${kind}Of`], { params: of, query: { ...query, ...more } });
  const file = (kind: string): string => `tyr-${of?.id ?? domain ?? "attack"}-${kind}.json`;
  return (
    <Popover.Root>
      <Popover.Trigger className="button" type="button">
        <Icon name="download" /> Export
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover exports" align="end" sideOffset={6} aria-label="Export">
          <h3>Layer for ATT&amp;CK Navigator</h3>
          <ul className="plain">
            {NAVIGATOR_SCORES.map((score) => (
              <li key={score}>
                <a href={url("Navigator", { score })} download={file(`navigator-${score}`)}>
                  {SCORE_WORDS[score]}
                </a>
              </li>
            ))}
          </ul>
          <h3>Exchange</h3>
          <ul className="plain">
            <li>
              <a href={url("Stix")} download={file("stix")}>
                STIX 2.1 bundle
              </a>
            </li>
            <li>
              <a href={url("Misp")} download={file("misp")}>
                MISP event
              </a>
            </li>
          </ul>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
