import type { Event } from "@tyr/contract";
import type { ReactNode } from "react";
import { Hostile } from "../text/hostile.tsx";
import { sentenceOf } from "./sentence.ts";

export function Sentence({ event, limit = 160 }: Readonly<{ event: Event; limit?: number }>): ReactNode {
  return (
    <span className="sentence">
      {sentenceOf(event).map((phrase, index) => {
        // The phrases of one event never change places.
        const key = `${index}`;
        if ("say" in phrase) return <span key={key}>{phrase.say} </span>;
        return (
          <span key={key} className={phrase.strong === true ? "said strong" : "said"}>
            <Hostile text={phrase.value} limit={limit} />{" "}
          </span>
        );
      })}
    </span>
  );
}
