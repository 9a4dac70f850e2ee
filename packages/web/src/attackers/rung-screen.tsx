import type { CampaignId, IdentityId } from "@tyr/contract";
import { useState, type ComponentProps, type ReactNode } from "react";
import { useCan } from "../api/session.ts";
import { Downloads } from "../attack/downloads.tsx";
import { Tabs } from "../kit/tabs.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { MergedInto } from "./ladder-head.tsx";
import { Merge, type Rung } from "./merge.tsx";

type RungProps<K extends string> = Readonly<{
  rung: Rung;
  title: string;
  about: string;
  mergedInto: IdentityId | CampaignId | null;
  figures: readonly (readonly [name: string, value: ReactNode])[];
  tabs: Omit<ComponentProps<typeof Tabs<K>>, "label">;
}>;

/** An identity or a campaign: what it is, its figures, and why it is taken for one. */
export function RungScreen<K extends string>(props: RungProps<K>): ReactNode {
  const { rung, title, about, mergedInto, figures, tabs } = props;
  const can = useCan();
  const [merging, setMerging] = useState(false);
  return (
    <>
      <PageHead title={title} about={about}>
        <Downloads asked={{}} domain={undefined} of={{ scope: rung.noun, id: rung.id }} />
        {can("actor:write") && mergedInto === null ? (
          <button type="button" className="button" onClick={() => setMerging(true)}>
            Merge with…
          </button>
        ) : null}
      </PageHead>
      {mergedInto === null ? null : <MergedInto rung={rung} into={mergedInto} />}
      <dl className="ladder-figures card">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div className="incident-main">
        <Tabs label={rung.noun === "identity" ? "Identity" : "Campaign"} {...tabs} />
      </div>
      {merging ? <Merge rung={rung} onClose={() => setMerging(false)} /> : null}
    </>
  );
}
