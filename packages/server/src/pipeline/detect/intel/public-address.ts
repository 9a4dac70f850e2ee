import ipaddr from "ipaddr.js";

/** Whether an address can be anybody's on the internet: nobody else is told of those that are not (RFC 6890). */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "unicast";
}
