export { startTelnetLogin, type Decoy, type DecoyEvent, type TelnetLoginOptions } from "./telnet-login.ts";
