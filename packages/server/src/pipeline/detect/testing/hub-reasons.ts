/** Scenario tests in which we do not flag everybody the hub flags, or flag somebody where it expects nobody, and why. */
export const HUB_REASONS: Readonly<Record<string, string>> = {
  "aws-nwo-login": "The hub takes a login outside working hours for an attack; we have no calendar of anybody's work.",
  "base-upsun-generic-test": "A word that CrowdSec's own self-test sends: no attack.",
  "charon-ipsec-bf":
    "The lines that say a password was wrong have no address; only two others name it, too few to say anything.",
  "charon-ipsec-slow-bf":
    "The lines that say a password was wrong have no address; only two others name it, too few to say anything.",
  "dovecot-slow-bf":
    "Four refused logins to one mailbox in half an hour: a mail program with an old password does the same.",
  "dovecot-spam":
    "Two of three addresses are flagged; the third tried one account twice, told once more by Dovecot's worker, which we do not count.",
  "dovecot-time-based-bf":
    "Four refused logins in an hour and a half: people who look for their password do the same, and the hub does not flag four in the twin of this test.",
  "gitea-bf": "Six of seven addresses are flagged; the times of the seventh jump back an hour in the middle.",
  "http-generic-test": "A word that CrowdSec's own self-test sends: no attack.",
  "joplin-server-bf": "Four refused logins in three minutes and a fifth ten minutes later: people do that.",
  "magento-ccs-by-country":
    "Two refused payments each of eleven addresses of one country: needs a map of addresses, which we do not ship.",
  "postfix-sasl-bf": "Three refused logins: people do that.",
  "pureftpd-logs":
    "The log is that of pureftpd-bf, line for line, where the hub expects the address we flag. Here it runs no scenario at all.",
  "sabnzbd-bf":
    "The hub believes the address a client names as its own (X-Forwarded-For), which anybody can write; we flag the one that connected.",
  "ssh-generic-test": "A word that CrowdSec's own self-test sends: no attack.",
  "sshd-impossible-travel":
    "One account from two far countries within seconds: needs a map of addresses, which we do not ship.",
  "teleport-impossible-travel":
    "One account from two far countries within seconds: needs a map of addresses, which we do not ship.",
};
