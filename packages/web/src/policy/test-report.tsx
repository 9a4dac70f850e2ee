import type { PolicyFile, PolicyTest } from "@tyr/contract";
import type { ReactNode } from "react";
import { Icon } from "../kit/icon.tsx";
import { Hostile } from "../text/hostile.tsx";
import { placeOf, type Place } from "./place-of.ts";

type ReportProps = Readonly<{ report: PolicyTest; files: readonly PolicyFile[]; onGo: (place: Place) => void }>;

const KINDS = {
  load: "does not load",
  format: "format",
  test: "example",
  coverage: "coverage",
  gate: "gate",
  lockout: "lockout",
} as const;

/** What is wrong with the draft, each with the way to its line. */
export function Problems({ report, files, onGo }: ReportProps): ReactNode {
  if (report.problems.length === 0)
    return (
      <p className="inline">
        <Icon name="check" size={14} /> Nothing is wrong with it.
      </p>
    );
  return (
    <ul className="problems">
      {report.problems.map((problem) => {
        const place = placeOf(problem, files);
        return (
          <li key={`${problem.kind} ${problem.where} ${problem.message}`}>
            <span className="badge state-bad">{KINDS[problem.kind]}</span>
            <span className="grow">
              {place === undefined ? (
                <span className="mono small">
                  <Hostile text={problem.where} limit={300} />
                </span>
              ) : (
                <button type="button" className="link-button mono small" onClick={() => onGo(place)}>
                  {place.path}:{place.line}
                </button>
              )}{" "}
              <Hostile text={problem.message} limit={2000} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}

const decisionWords = ({ outcome, by }: PolicyTest["results"][number]["decided"]): string =>
  `${outcome.replaceAll("_", " ")}${by.length === 0 ? "" : ` by ${by.join(", ")}`}`;

/** Every example with what it got. Those that fail come first. */
export function Examples({ report }: Pick<ReportProps, "report">): ReactNode {
  const results = report.results.toSorted((a, b) => Number(a.passed) - Number(b.passed));
  if (results.length === 0) return <p className="muted">No example ran.</p>;
  return (
    <div className="table-wide" tabIndex={0} role="region" aria-label="Examples and what they got">
      <table className="table plain-table">
        <thead>
          <tr>
            <th scope="col">Result</th>
            <th scope="col">Example</th>
            <th scope="col">Decided</th>
          </tr>
        </thead>
        <tbody>
          {results.map((one) => (
            <tr key={`${one.file} ${one.name}`}>
              <td className="nowrap">
                <span className={`badge ${one.passed ? "state-good" : "state-bad"}`}>
                  <Icon name={one.passed ? "check" : "cross"} size={12} /> {one.passed ? "pass" : "fail"}
                </span>
              </td>
              <td>
                <Hostile text={one.name} limit={300} /> <span className="mono muted small">{one.file}</span>
              </td>
              <td>
                {decisionWords(one.decided)}
                {one.passed ? null : (
                  <span className="muted small example-expected">expected {decisionWords(one.expected)}</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** How many examples each policy decides; one that decides none, or all, is not tried. */
export function Coverage({ report }: Pick<ReportProps, "report">): ReactNode {
  if (report.coverage.length === 0) return <p className="muted">Nothing was measured: it does not load.</p>;
  return (
    <div className="table-wide" tabIndex={0} role="region" aria-label="Examples each policy decides">
      <table className="table plain-table">
        <thead>
          <tr>
            <th scope="col">Policy</th>
            <th scope="col">Decides</th>
            <th scope="col">Does not</th>
          </tr>
        </thead>
        <tbody>
          {report.coverage.map(({ policyId, decides, doesNot }) => (
            <tr key={policyId}>
              <td className="mono">{policyId}</td>
              <td className={decides === 0 ? "attention" : undefined}>{decides}</td>
              <td className={doesNot === 0 ? "attention" : undefined}>{doesNot}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
