/** For tests: follows redirects with cookies and fills in forms, until it would leave for `end`. */
export class Browser {
  readonly #cookies = new Map<string, string>();

  async #ask(url: string, form?: URLSearchParams): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { cookie, ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }) };
    const method = form === undefined ? "GET" : "POST";
    const response = await fetch(url, {
      method,
      headers,
      redirect: "manual",
      ...(form === undefined ? {} : { body: form }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.#cookies.set(name, value);
    }
    return response;
  }

  /** @returns what stands behind the question mark at the end, or the text of the page where it got stuck */
  async visit(start: string, end: string, fields: Readonly<Record<string, string>>): Promise<string> {
    let [url, form]: [string, URLSearchParams | undefined] = [start, undefined];
    for (let step = 0; step < 20; step += 1) {
      if (url.startsWith(`${end}?`)) return url.slice(end.length + 1);
      const response = await this.#ask(url, form);
      const location = response.headers.get("location");
      const page = await response.text();
      const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
      const next = location ?? action;
      if (next === undefined) return page;
      url = new URL(next, url).href;
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? "";
      form = location === null ? new URLSearchParams({ prompt, ...fields }) : undefined;
    }
    throw new Error("too many steps");
  }
}
