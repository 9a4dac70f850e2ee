import { textsOf, type Entry } from "./entries.ts";

/** What the log says of accounts: which may sign in, and with which roles. */
export type People = Readonly<{
  read(entry: Entry): void;
  isClosed(person: string): boolean;
  /** Of the roles somebody signed with, those they hold by the log now; all where the log does not say whom it is about. */
  held(person: string, signed: readonly string[]): readonly string[];
}>;

const KINDS: ReadonlySet<string> = new Set(["setup.completed", "user.created", "user.changed"]);
const STATE = /^active(?:: (?<roles>.*))?$/;

export function openPeople(): People {
  const closed = new Set<string>();
  const roles = new Map<string, readonly string[]>();
  return {
    read({ type, object, after, details }) {
      if (!KINDS.has(type)) return;
      const state = STATE.exec(after);
      if (state === null) {
        closed.add(object);
        return;
      }
      closed.delete(object);
      const listed = state.groups?.["roles"]?.split(", ");
      if (listed !== undefined || Array.isArray(details["roles"]))
        roles.set(object, listed ?? textsOf(details["roles"]));
    },
    isClosed: (person) => closed.has(person),
    held(person, signed) {
      const known = roles.get(person);
      return known === undefined ? signed : signed.filter((role) => known.includes(role));
    },
  };
}
