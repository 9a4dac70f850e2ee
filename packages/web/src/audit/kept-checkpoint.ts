/** The checkpoint this browser verified last, by key: what makes it a witness for whoever sits before it. */
const place = (vkey: string): string => `tyr.audit.checkpoint ${vkey}`;

export function readKept(vkey: string): string | undefined {
  try {
    return localStorage.getItem(place(vkey)) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Storage may be switched off or full: then the next verification has nothing to compare with, and says so. */
export function keepCheckpoint(vkey: string, checkpoint: string): void {
  try {
    localStorage.setItem(place(vkey), checkpoint);
  } catch {
    return;
  }
}
