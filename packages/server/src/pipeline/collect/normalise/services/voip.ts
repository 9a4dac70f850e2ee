import { type Form, lines, refused, says, unknownUser, type Service } from "./form.ts";

const asterisk: Service = {
  name: "asterisk",
  type: "voip",
  programs: ["asterisk"],
  shapes: ["[bsd]", "[iso]"],
  protocol: "sip",
};
const freeswitch: Service = { name: "freeswitch", type: "voip", shapes: ["iso"], protocol: "sip" };
const turnedAway = says(["network", "sip.refused", "voip"], { outcome: "failure", severity: "low" });

/** Telephony: registrations refused by SIP servers. */
export const voipForms: readonly Form[] = [
  ...refused(
    asterisk,
    'SECURITY[«n»]: «*»SecurityEvent="ChallengeResponseFailed",«*»AccountID="«user»",SessionID="«*»RemoteAddress="«w»/«w»/«ip»/«port»"',
    'SECURITY[«n»]: «*»SecurityEvent="InvalidPassword",«*»AccountID="«user»",SessionID="«*»RemoteAddress="«w»/«w»/«ip»/«port»"',
    "NOTICE[«n»]: «w» Registration from '«*»' failed for '«ip»' - Wrong password",
  ),
  ...unknownUser(
    asterisk,
    'SECURITY[«n»]: «*»SecurityEvent="InvalidAccountID",«*»AccountID="«user»",SessionID="«*»RemoteAddress="«w»/«w»/«ip»/«port»"',
    "NOTICE[«n»]: «w» Registration from '«*»' failed for '«ip»' - No matching peer found",
  ),
  ...lines(
    asterisk,
    turnedAway,
    'SECURITY[«n»]: «*»SecurityEvent="FailedACL",«*»AccountID="«user»",SessionID="«*»RemoteAddress="«w»/«w»/«ip»/«port»"',
  ),
  ...unknownUser(freeswitch, "«w»% [WARNING] «w» Can't find user [«user»] from «ip»"),
  ...refused(
    freeswitch,
    "«w»% [WARNING] «w» SIP auth failure (REGISTER) on sofia profile '«*»' for [«user»] from ip «ip»",
    "«w»% [WARNING] «w» SIP auth failure (INVITE) on sofia profile '«*»' for [«user»] from ip «ip»",
  ),
  ...lines(freeswitch, turnedAway, "«w»% [WARNING] «w» IP «ip» Rejected by «w» acl"),
];
