import type { Attacker } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { middle } from "../kit/copy.tsx";
import { Icon } from "../kit/icon.tsx";
import { Empty, Loaded } from "../kit/notice.tsx";
import { counted } from "../text/counted.ts";
import { ADDRESSES } from "./address-list.tsx";
import { Edges } from "./edges.tsx";

/** From the address to the hands behind it and to those they act with, and the links that hold this one. */
export function AttackerLadder({ attacker }: Readonly<{ attacker: Attacker }>): ReactNode {
  const { identityId } = attacker;
  const query = useQuery({
    ...ask("identity.get", { params: { id: identityId ?? "idn_none" } }),
    enabled: identityId !== null,
  });
  if (identityId === null)
    return (
      <Empty icon="person" title="Nothing tells its hands">
        It left no fingerprint, moved no file and typed nothing that could be compared with others.
      </Empty>
    );
  return (
    <Loaded query={query}>
      {(identity) => (
        <>
          <ol className="ladder" aria-label="Who is behind it">
            <li className="rung">
              <span className="muted small">Address</span>
              <strong className="mono">{attacker.address}</strong>
            </li>
            <Icon name="chevron" />
            <li className="rung">
              <span className="muted small">Identity: the same hands</span>
              <Link to="/identities/$id" params={{ id: identity.id }} className="mono">
                {middle(identity.id)}
              </Link>
              <span className="small">
                {counted(identity.addressCount, ADDRESSES)}, confidence {identity.confidence.toFixed(2)}
              </span>
            </li>
            <Icon name="chevron" />
            <li className="rung">
              <span className="muted small">Campaign: who acts together</span>
              {identity.campaignId === null ? (
                <span className="muted">none</span>
              ) : (
                <Link to="/campaigns/$id" params={{ id: identity.campaignId }} className="mono">
                  {middle(identity.campaignId)}
                </Link>
              )}
            </li>
          </ol>
          <Edges
            title="Why this address counts to it"
            edges={identity.edges.filter((edge) =>
              [edge.aAddress, edge.bAddress].some((address) => address === attacker.address),
            )}
            none={
              identity.addressCount === 1
                ? "It is the only address of this identity."
                : "No link of its own is among the strongest; the identity’s page has them all."
            }
          />
        </>
      )}
    </Loaded>
  );
}
