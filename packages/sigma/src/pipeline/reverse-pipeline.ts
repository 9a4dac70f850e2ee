import type { Pipeline, Step } from "./pipeline.ts";
import type { Transformation } from "./transformation.ts";

/** The pipeline turned around, or which of its steps cannot be, for people. */
export type ReverseResult = Readonly<{ ok: true; pipeline: Pipeline }> | Readonly<{ ok: false; message: string }>;

/**
 * Turns a pipeline that gives rules the names of a data model (Sigma → ECS) into the one that gives events of that data
 * model the names of the rules (ECS → Sigma), for use at ingest. Only mappings, prefixes and suffixes can be turned, and only
 * where no condition asks for field names or rules: those would ask about names that are not there any more.
 */
export function reversePipeline(pipeline: Pipeline): ReverseResult {
  const steps: Step[] = [];
  for (const [index, step] of pipeline.steps.entries()) {
    const reversed = reversedStep(step);
    if (typeof reversed === "string")
      return { ok: false, message: `transformation ${index + 1} (${step.type}) ${reversed}` };
    steps.unshift(reversed);
  }
  return { ok: true, pipeline: { ...pipeline, steps } };
}

function reversedStep(step: Step): Step | string {
  const asked = step.checks.types.find((type) => type !== "logsource");
  if (asked !== undefined) return `has the condition ${asked}; only logsource can be turned around`;
  const { transformation } = step;
  if (transformation.kind === "nest") {
    const inner = transformation.steps.map(reversedStep);
    const fault = inner.find((one) => typeof one === "string");
    if (typeof fault === "string") return fault;
    const steps = inner.flatMap((one) => (typeof one === "string" ? [] : [one])).toReversed();
    return { ...step, transformation: { kind: "nest", steps } };
  }
  const reversed = reversedRename(transformation);
  return reversed === undefined ? "has no other way round" : { ...step, transformation: reversed };
}

function reversedRename(transformation: Transformation): Transformation | undefined {
  return transformation.kind === "rename" ? transformation.reversed?.() : undefined;
}
