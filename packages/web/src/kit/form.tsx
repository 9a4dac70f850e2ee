import type { ReactNode } from "react";

type FormProps = Readonly<{
  onData: (data: FormData) => void;
  children: ReactNode;
  className?: string;
  label?: string;
  search?: boolean;
}>;

/** A form that stays in the page and keeps what was typed, also when the server refuses it. */
export function Form({ onData, children, className = "form", label, search = false }: FormProps): ReactNode {
  return (
    <form
      className={className}
      aria-label={label}
      role={search ? "search" : undefined}
      onSubmit={(event) => {
        event.preventDefault();
        onData(new FormData(event.currentTarget));
      }}
    >
      {children}
    </form>
  );
}
