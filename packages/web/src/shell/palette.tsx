import { isId } from "@tyr/contract";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { useState, type ReactNode } from "react";
import { useCan } from "../api/session.ts";
import { Dialog } from "../kit/dialog.tsx";
import { Icon, type IconName } from "../kit/icon.tsx";
import { setPreferences } from "./preferences.ts";
import { SCREENS } from "./screens.ts";

type Choice = Readonly<{ id: string; title: string; icon: IconName; go: () => unknown }>;

/** What a typed text can mean besides a screen's name: an id to open, an address or words to look for. */
function useLookups(typed: string): readonly Choice[] {
  const navigate = useNavigate();
  const words = typed.trim();
  if (words === "") return [];
  if (isId("incident", words)) {
    return [
      {
        id: "inc",
        title: `Open incident ${words}`,
        icon: "incidents",
        go: () => navigate({ to: "/incidents/$id", params: { id: words } }),
      },
    ];
  }
  if (isId("action", words)) {
    return [
      {
        id: "act",
        title: `Open action ${words}`,
        icon: "approvals",
        go: () => navigate({ to: "/approvals", search: { action: words } }),
      },
    ];
  }
  if (isId("event", words)) {
    return [
      {
        id: "evt",
        title: `Open event ${words}`,
        icon: "events",
        go: () => navigate({ to: "/events", search: { event: words } }),
      },
    ];
  }
  if (isId("observation", words) || isId("identity", words) || isId("campaign", words)) {
    const to = isId("observation", words)
      ? "/attackers/$id"
      : isId("identity", words)
        ? "/identities/$id"
        : "/campaigns/$id";
    return [{ id: "actor", title: `Open ${words}`, icon: "person", go: () => navigate({ to, params: { id: words } }) }];
  }
  if (/^[0-9a-f.:]+$/i.test(words) && /[.:]/.test(words)) {
    return [
      {
        id: "ip-attacker",
        title: `Attacker ${words}`,
        icon: "person",
        go: () => navigate({ to: "/attackers/$id", params: { id: words } }),
      },
      {
        id: "ip-events",
        title: `Events of ${words}`,
        icon: "events",
        go: () => navigate({ to: "/events", search: { ip: words } }),
      },
      {
        id: "ip-incidents",
        title: `Incidents of ${words}`,
        icon: "incidents",
        go: () => navigate({ to: "/incidents", search: { ip: words } }),
      },
    ];
  }
  return [
    {
      id: "text",
      title: `Events containing “${words}”`,
      icon: "search",
      go: () => navigate({ to: "/events", search: { q: words } }),
    },
  ];
}

function useCommands(): readonly Choice[] {
  const navigate = useNavigate();
  return [
    { id: "account", title: "Your account and sessions", icon: "users", go: () => navigate({ to: "/account" }) },
    {
      id: "utc",
      title: "Show times in UTC",
      icon: "clock",
      go: () => navigate({ to: ".", search: (old) => ({ ...old, tz: "utc" as const }) }),
    },
    {
      id: "local",
      title: "Show times in local time",
      icon: "clock",
      go: () => navigate({ to: ".", search: (old) => ({ ...old, tz: "local" as const }) }),
    },
    { id: "dark", title: "Dark theme", icon: "moon", go: () => setPreferences({ theme: "dark" }) },
    { id: "light", title: "Light theme", icon: "sun", go: () => setPreferences({ theme: "light" }) },
    { id: "system", title: "Theme of the system", icon: "system", go: () => setPreferences({ theme: "system" }) },
  ];
}

export function Palette({ onClose }: Readonly<{ onClose: () => void }>): ReactNode {
  const can = useCan();
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const lookups = useLookups(typed);
  const commands = useCommands();
  const run = (choice: Choice): void => {
    onClose();
    void choice.go();
  };
  const screens = SCREENS.filter((screen) => can(screen.needs)).map((screen): Choice => ({
    id: screen.to,
    title: screen.title,
    icon: screen.icon,
    go: () => navigate({ to: screen.to }),
  }));
  return (
    <Dialog title="Go to or search" onClose={onClose}>
      <Command label="Go to or search" loop className="palette">
        <Command.Input
          value={typed}
          onValueChange={setTyped}
          placeholder="A screen, an address, an id, or words in events"
        />
        <Command.List>
          <Command.Empty>Nothing here has that name.</Command.Empty>
          <Choices heading="Open" choices={lookups.filter((choice) => choice.id !== "text")} run={run} typed={typed} />
          <Choices heading="Screens" choices={screens} run={run} />
          <Choices heading="Settings" choices={commands} run={run} />
          <Choices
            heading="Look for"
            choices={lookups.filter((choice) => choice.id === "text")}
            run={run}
            typed={typed}
          />
        </Command.List>
      </Command>
    </Dialog>
  );
}

type ChoicesProps = Readonly<{
  heading: string;
  choices: readonly Choice[];
  run: (choice: Choice) => void;
  typed?: string;
}>;

function Choices({ heading, choices, run, typed }: ChoicesProps): ReactNode {
  if (choices.length === 0) return null;
  return (
    <Command.Group heading={heading}>
      {choices.map((choice) => (
        // A lookup always fits what was typed, so the typed text is one of its keywords.
        <Command.Item
          key={choice.id}
          value={choice.title}
          keywords={typed === undefined ? [] : [typed]}
          onSelect={() => run(choice)}
        >
          <Icon name={choice.icon} />
          <span>{choice.title}</span>
        </Command.Item>
      ))}
    </Command.Group>
  );
}
