import ipaddr from "ipaddr.js";

/** Whether an address is none of the public Internet: private use, loopback, link-local, documentation … */
export function isPrivateAddress(address: string): boolean {
  return !ipaddr.isValid(address) || ipaddr.process(address).range() !== "unicast";
}
