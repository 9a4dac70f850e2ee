import { encode } from "uqr";
import type { ReactNode } from "react";

/** Modules of quiet around it (ISO/IEC 18004). */
const QUIET = 4;

/** One path for all dark modules. */
function darkPath(rows: readonly (readonly boolean[])[]): string {
  return rows
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")).filter((step) => step !== ""))
    .join("");
}

/** Text as a QR code, dark on light in either theme: cameras expect it so. What it says stands beside it as text too. */
export function QrCode({ text, label }: Readonly<{ text: string; label: string }>): ReactNode {
  const { data, size } = encode(text, { ecc: "M", border: QUIET });
  return (
    <svg className="qr-code" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={darkPath(data)} fill="#000" />
    </svg>
  );
}
