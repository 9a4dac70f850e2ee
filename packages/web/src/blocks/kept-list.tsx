import { useState, type ComponentType, type ReactNode } from "react";
import { Icon } from "../kit/icon.tsx";
import { Loaded } from "../kit/notice.tsx";

type KeptListProps<T> = Readonly<{
  query: Readonly<{ data: Readonly<{ items: readonly T[] }> | undefined; error: unknown; refetch: () => unknown }>;
  /** The button's word, for those who may add. */
  add: string | undefined;
  form: ComponentType<Readonly<{ onClose: () => void }>>;
  empty: ReactNode;
  children: (items: readonly T[]) => ReactNode;
}>;

/** A list people keep by hand: a button that adds, and the rows or what they are for. */
export function KeptList<T>({ query, add, form: Form, empty, children }: KeptListProps<T>): ReactNode {
  const [adding, setAdding] = useState(false);
  return (
    <>
      {add === undefined ? null : (
        <div className="filter-bar">
          <button type="button" className="button primary" onClick={() => setAdding(true)}>
            <Icon name="plus" /> {add}
          </button>
        </div>
      )}
      <Loaded query={query}>{({ items }) => (items.length === 0 ? empty : children(items))}</Loaded>
      {adding ? <Form onClose={() => setAdding(false)} /> : null}
    </>
  );
}
