/**
 * Programs that name themselves in `X-Mailer` and that nobody uses to write letters, each with where that is to be seen.
 * A library such as PHPMailer, which honest sites use too, is none of them; kits that hide their name cannot be here.
 */
const KITS: readonly (readonly [name: string, inMailer: RegExp])[] = [
  // The constant ServerName of its config/config.go is its X-Mailer.
  ["gophish", /^\s*gophish\b/i],
  // `X-Mailer: swaks v… jetmore.org/john/code/swaks/`
  ["swaks", /\bswaks v\d/i],
  // sendEmail by Brandon Zehm: `X-Mailer: sendEmail-1.56`
  ["sendemail", /^\s*sendemail-\d/i],
];
/** Headers only one program writes, by their names (gophish, models/maillog.go). */
const KIT_HEADERS: readonly (readonly [name: string, header: string])[] = [["gophish", "x-gophish-contact"]];

export function kitOfHeaders(has: (header: string) => boolean): string | undefined {
  return KIT_HEADERS.find(([, header]) => has(header))?.[0];
}

/** The catalogue's own name of a tool, never the header. */
export function kitOf(mailer: string | undefined): string | undefined {
  const text = mailer?.slice(0, 256);
  return text === undefined ? undefined : KITS.find(([, pattern]) => pattern.test(text))?.[0];
}

/** Names that are imitated most (APWG's quarterly reports name the trades) and the domains their owners write from. */
const BRANDS: readonly (readonly [word: string, domains: readonly string[]])[] = [
  ["paypal", ["paypal.com"]],
  ["microsoft", ["microsoft.com", "microsoftonline.com", "office.com", "office365.com", "outlook.com"]],
  ["office 365", ["microsoft.com", "microsoftonline.com", "office.com", "office365.com"]],
  ["apple", ["apple.com", "icloud.com"]],
  ["amazon", ["amazon.com", "amazonaws.com", "amazon.de", "amazon.co.uk", "amazon.fr", "amazonses.com"]],
  ["netflix", ["netflix.com"]],
  ["docusign", ["docusign.com", "docusign.net"]],
  ["dhl", ["dhl.com", "dhl.de"]],
  ["fedex", ["fedex.com"]],
  ["google", ["google.com", "gmail.com", "youtube.com"]],
  ["facebook", ["facebook.com", "facebookmail.com", "meta.com"]],
  ["linkedin", ["linkedin.com"]],
  ["dropbox", ["dropbox.com", "dropboxmail.com"]],
  ["coinbase", ["coinbase.com"]],
];

/** The brand a shown name claims although the address is of another domain. */
export function looksLikeBrand(name: string | undefined, domain: string | undefined): string | undefined {
  if (name === undefined || domain === undefined) return undefined;
  const words = ` ${name.toLowerCase().replace(/[^a-z0-9]+/g, " ")} `;
  const claimed = BRANDS.find(([word]) => words.includes(` ${word} `));
  if (claimed === undefined) return undefined;
  const [word, domains] = claimed;
  return domains.some((own) => domain === own || domain.endsWith(`.${own}`)) ? undefined : word;
}

/** Mail anybody can have without saying who they are; the greatest of them. */
const FREE_MAIL: ReadonlySet<string> = new Set(
  `gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com yahoo.co.uk ymail.com rocketmail.com aol.com
  icloud.com me.com proton.me protonmail.com pm.me tutanota.com tuta.io gmx.com gmx.net gmx.de web.de mail.com mail.ru
  inbox.ru bk.ru list.ru yandex.ru yandex.com zoho.com zohomail.com qq.com 163.com 126.com sina.com fastmail.com`.split(
    /\s+/,
  ),
);

export function isFreeMail(domain: string | undefined): boolean | undefined {
  return domain === undefined ? undefined : FREE_MAIL.has(domain);
}

/**
 * Where anybody puts a page or a form up under somebody else's good name, without paying: services that give each
 * customer a name below theirs (so the Public Suffix List has them in its private part), and forms of large providers.
 */
const FREE_PAGES_BELOW = [
  "web.app",
  "firebaseapp.com",
  "pages.dev",
  "workers.dev",
  "r2.dev",
  "netlify.app",
  "vercel.app",
  "github.io",
  "gitlab.io",
  "glitch.me",
  "weebly.com",
  "weeblysite.com",
  "wixsite.com",
  "webflow.io",
  "blogspot.com",
  "000webhostapp.com",
  "square.site",
  "godaddysites.com",
  "typedream.app",
  "onrender.com",
  "trycloudflare.com",
  "ngrok-free.app",
  "ngrok.io",
];
const FREE_PAGES: ReadonlySet<string> = new Set([
  "forms.gle",
  "docs.google.com",
  "sites.google.com",
  "forms.office.com",
  "ipfs.io",
  "dweb.link",
  "telegra.ph",
  "form.jotform.com",
]);

export function isFreePage(host: string): boolean {
  return FREE_PAGES.has(host) || FREE_PAGES_BELOW.some((service) => host.endsWith(`.${service}`));
}
