/**
 * A 53-bit digest of a text (cyrb53, public domain), for telling definitions apart and shortening oversized values. Not
 * cryptographic: an attacker who works for a collision gains two of his own values being counted as one.
 */
export function digest(text: string): string {
  let left = 0xdeadbeef;
  let right = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    left = Math.imul(left ^ unit, 2654435761);
    right = Math.imul(right ^ unit, 1597334677);
  }
  left = Math.imul(left ^ (left >>> 16), 2246822507) ^ Math.imul(right ^ (right >>> 13), 3266489909);
  right = Math.imul(right ^ (right >>> 16), 2246822507) ^ Math.imul(left ^ (left >>> 13), 3266489909);
  return (4294967296 * (2097151 & right) + (left >>> 0)).toString(36);
}

/** Characters of one value kept as it is; a hostile 64 KB user name must not fill the state. */
const valueCharsMax = 256;

/** The value itself, or its beginning and a digest of the whole. */
export function bounded(text: string): string {
  return text.length <= valueCharsMax ? text : `${text.slice(0, valueCharsMax)}…${text.length}:${digest(text)}`;
}
