/** Text an attacker wrote, fit to be stored and shown: control and direction characters spelled out, bounded. */
export function visibleText(text: string, charsMax: number): string {
  const visible = text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
  const characters = Array.from(visible.slice(0, charsMax * 2));
  return characters.length > charsMax ? `${characters.slice(0, charsMax - 1).join("")}…` : characters.join("");
}
