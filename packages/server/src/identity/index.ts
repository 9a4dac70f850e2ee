export { anonymous, serviceCaller, type Caller, type KeyCheck } from "./caller.ts";
