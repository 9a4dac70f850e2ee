import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { MISP_EVENT, NAVIGATOR_LAYER, STIX_BUNDLE } from "./testing/published-formats.ts";
import { SAMPLE_EXPORTS } from "./testing/sample-exports.ts";

const ajv = new Ajv2020({ strict: true });
const validates = {
  layer: ajv.compile(NAVIGATOR_LAYER),
  bundle: ajv.compile(STIX_BUNDLE),
  event: ajv.compile(MISP_EVENT),
};

/** What goes over the wire, read again: a lone surrogate or an undefined member would show. */
function problems(format: keyof typeof validates, value: unknown): unknown {
  const validate = validates[format];
  return validate(JSON.parse(JSON.stringify(value))) ? [] : validate.errors;
}

describe.each(Object.entries(SAMPLE_EXPORTS))("an export of %s", (_name, { layers, bundle, event }) => {
  test("is a Navigator layer 4.5, for each score and domain", () => {
    expect(layers.length).toBe(10);
    for (const layer of layers) {
      expect(problems("layer", layer)).toEqual([]);
      expect(layer.gradient.maxValue).toBeGreaterThan(layer.gradient.minValue);
    }
  });

  test("is a STIX 2.1 bundle", () => {
    expect(problems("bundle", bundle)).toEqual([]);
    expect(new Set(bundle.objects.map(({ id }) => id)).size).toBe(bundle.objects.length);
  });

  test("is a MISP event", () => {
    expect(problems("event", event)).toEqual([]);
  });
});

describe("what is no such export", () => {
  const { layers, bundle, event } = SAMPLE_EXPORTS.everything;
  const [layer] = layers;

  test.each([
    ["layer", { ...layer, versions: { ...layer?.versions, layer: "4.4" } }],
    ["layer", { ...layer, techniques: [{ techniqueID: "1110" }] }],
    ["layer", { ...layer, unheardOf: true }],
    ["bundle", { ...bundle, objects: [] }],
    ["bundle", { ...bundle, objects: [{ ...bundle.objects[0], spec_version: "2.0" }] }],
    ["bundle", { ...bundle, objects: [{ ...bundle.objects[0], id: "identity--1" }] }],
    ["event", { Event: { ...event.Event, timestamp: 1 } }],
    ["event", { Event: { ...event.Event, Tag: [{ name: "x" }] } }],
  ] as const)("is refused: %s", (format, broken) => {
    expect(problems(format, broken)).not.toEqual([]);
  });
});
