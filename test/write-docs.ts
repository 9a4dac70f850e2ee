// npm run docs: writes what the pages take from the sources. The tests only compare.
import { writeFileSync } from "node:fs";
import { CRYPTOGRAPHY_PAGE, cryptographyPage } from "./cryptography.ts";
import { ERRORS_PAGE, errorsPage } from "./errors-page.ts";
import { PRECISION_PAGE, precisionPage } from "../packages/server/src/pipeline/detect/testing/precision-page.ts";
import { ARCHITECTURE_PAGE, architecturePage } from "./house.ts";

writeFileSync(CRYPTOGRAPHY_PAGE, cryptographyPage());
writeFileSync(ERRORS_PAGE, errorsPage());
writeFileSync(ARCHITECTURE_PAGE, architecturePage());
writeFileSync(PRECISION_PAGE, precisionPage());
