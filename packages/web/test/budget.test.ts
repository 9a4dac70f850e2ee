import { expect, test } from "vitest";
import { BUDGETS, externalAddresses, inlineScripts, measure, schemaMakers } from "./budget.ts";

test("the first page stays light: scripts, styles and each later part within their budgets", () => {
  const sizes = measure();
  const heaviest = Math.max(...sizes.lazy.map(([, bytes]) => bytes));
  console.info(
    `initial JS ${sizes.initialJs} B, initial CSS ${sizes.initialCss} B, heaviest of ${sizes.lazy.length} lazy chunks ${heaviest} B (gzip)`,
  );
  expect(sizes.initialJs).toBeGreaterThan(50_000);
  expect(sizes.initialJs).toBeLessThanOrEqual(BUDGETS.initialJs);
  expect(sizes.initialCss).toBeGreaterThan(1000);
  expect(sizes.initialCss).toBeLessThanOrEqual(BUDGETS.initialCss);
  expect(sizes.lazy.length).toBeGreaterThan(5);
  expect(sizes.lazy.filter(([, bytes]) => bytes > BUDGETS.lazyChunk)).toEqual([]);
});

test("the page loads nothing from elsewhere and has no inline script", () => {
  expect(externalAddresses()).toEqual([]);
  expect(inlineScripts()).toEqual([]);
});

test("no page loads what makes schemas: the server checks by them, a page reads them as data", () => {
  expect(schemaMakers()).toEqual([]);
});
