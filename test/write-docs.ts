// npm run docs: writes what the pages take from the sources. The tests only compare.
import { writeFileSync } from "node:fs";
import { ERRORS_PAGE, errorsPage } from "./errors-page.ts";
import { ARCHITECTURE_PAGE, architecturePage } from "./house.ts";

writeFileSync(ERRORS_PAGE, errorsPage());
writeFileSync(ARCHITECTURE_PAGE, architecturePage());
