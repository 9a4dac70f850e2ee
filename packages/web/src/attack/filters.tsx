import type { AttackMatrix } from "@tyr/contract";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Chips, type Chip } from "../kit/chips.tsx";
import { FilterSelect } from "../kit/filter-select.tsx";
import { formText } from "../kit/field.tsx";
import { Form } from "../kit/form.tsx";
import { Icon } from "../kit/icon.tsx";
import { formatInstant } from "../time/format.ts";
import { TimeRange } from "../time/time-range.tsx";
import { useZone } from "../time/use-zone.ts";
import { LayerSign } from "./cell.tsx";
import { LAYERS, type Layer } from "./model.ts";

const route = getRouteApi("/app/attack");
const FLOORS = ["0.3", "0.8", "0.9"] as const;
const LAYER_WORDS: Readonly<Record<Layer, string>> = { cover: "Rules cover", seen: "Seen", tested: "Tested" };
const DOMAIN_WORDS: Readonly<Record<string, string>> = {
  "enterprise-attack": "Enterprise",
  "ics-attack": "Industrial control",
  "mobile-attack": "Mobile",
};

export function MatrixFilters({ matrix }: Readonly<{ matrix: AttackMatrix | undefined }>): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const domains = matrix?.domains ?? [];
  return (
    <>
      <Form
        className="filter-bar"
        label="Filter the matrix"
        search
        onData={(data) => void navigate({ search: (old) => ({ ...old, q: formText(data, "q") || undefined }) })}
      >
        <span className="filter-line">
          <Icon name="search" />
          <input
            key={search.q ?? ""}
            name="q"
            type="search"
            aria-label="Find a technique"
            placeholder="A technique by name or id"
            defaultValue={search.q}
            maxLength={80}
            autoComplete="off"
            spellCheck={false}
          />
        </span>
        {domains.length < 2 ? null : (
          <select
            aria-label="Domain"
            value={matrix?.domain}
            onChange={(event) => {
              const domain = event.target.value;
              void navigate({ search: (old) => ({ ...old, domain, cell: undefined }) });
            }}
          >
            {domains.map((one) => (
              <option key={one} value={one}>
                {DOMAIN_WORDS[one] ?? one}
              </option>
            ))}
          </select>
        )}
        <FilterSelect
          label="Confidence"
          any="Confidence 0.6 or more"
          options={FLOORS}
          value={search.confidence}
          words={(floor) => `Confidence ${floor} or more`}
          onChange={(confidence) => void navigate({ search: (old) => ({ ...old, confidence }) })}
        />
        <TimeRange
          from={search.from}
          to={search.to}
          onChange={(range) => void navigate({ search: (old) => ({ ...old, ...range }) })}
        />
      </Form>
      <LayerBar />
      <MatrixChips />
    </>
  );
}

/** The legend is the switch: what a sign means, and whether it is drawn. */
function LayerBar(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { parts, show } = search;
  return (
    <div className="layer-bar">
      <div role="group" aria-label="Layers" className="layer-group">
        {LAYERS.map((layer) => (
          <button
            key={layer}
            type="button"
            className="toggle"
            aria-pressed={search[layer] === undefined}
            onClick={() =>
              void navigate({
                search: (old) => ({ ...old, [layer]: old[layer] === undefined ? "off" : undefined }),
                replace: true,
              })
            }
          >
            <LayerSign layer={layer} /> {LAYER_WORDS[layer]}
          </button>
        ))}
      </div>
      <div role="group" aria-label="Cells" className="layer-group">
        <button
          type="button"
          className="toggle"
          aria-pressed={show === "found"}
          onClick={() =>
            void navigate({
              search: (old) => ({ ...old, show: old.show === undefined ? "found" : undefined }),
              replace: true,
            })
          }
        >
          Covered or seen only
        </button>
        <button
          type="button"
          className="toggle"
          aria-pressed={parts === "all"}
          onClick={() =>
            void navigate({
              search: (old) => ({ ...old, parts: old.parts === undefined ? "all" : undefined }),
              replace: true,
            })
          }
        >
          Sub-techniques
        </button>
      </div>
      <p className="muted small layer-keys">
        Arrow keys move, <kbd>Enter</kbd> opens, <kbd>+</kbd> and <kbd>−</kbd> show and hide sub-techniques.
      </p>
    </div>
  );
}

function MatrixChips(): ReactNode {
  const { q, confidence, from, to } = route.useSearch();
  const navigate = route.useNavigate();
  const zone = useZone();
  const shown = {
    technique: ["q", q],
    confidence: ["confidence", confidence === undefined ? undefined : `${confidence} or more`],
    from: ["from", from === undefined ? undefined : formatInstant(from, zone)],
    before: ["to", to === undefined ? undefined : formatInstant(to, zone)],
  } as const;
  const chips = Object.entries(shown).flatMap(([label, [key, value]]): Chip[] =>
    value === undefined
      ? []
      : [{ key, label, value, remove: () => void navigate({ search: (old) => ({ ...old, [key]: undefined }) }) }],
  );
  const clear = (): void => void navigate({ search: ({ tz, domain }) => ({ tz, domain }) });
  return <Chips chips={chips} clear={clear} />;
}
