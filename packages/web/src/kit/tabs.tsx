import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

type Tab<K extends string> = Readonly<{ id: K; title: string; count?: number | undefined; body: ReactNode }>;
type TabsProps<K extends string> = Readonly<{
  label: string;
  value: K;
  onChange: (value: K) => void;
  tabs: readonly Tab<K>[];
}>;

/** Tabs whose choice lives in the address; only the open one is drawn. */
export function Tabs<K extends string>({ label, value, onChange, tabs }: TabsProps<K>): ReactNode {
  return (
    <Radix.Root className="tabs" value={value} onValueChange={(next) => onChange(next as K)} activationMode="manual">
      <Radix.List className="tab-list" aria-label={label}>
        {tabs.map((tab) => (
          <Radix.Trigger key={tab.id} value={tab.id} className="tab">
            {tab.title}
            {tab.count === undefined ? null : <span className="count">{tab.count}</span>}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.id} value={tab.id} className="tab-body">
          {tab.id === value ? tab.body : null}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
