/** A spreadsheet takes a cell that begins so for a formula, also after what it leaves out (OWASP, "CSV Injection"). */
const formula = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]/u

/** One line of a CSV file (RFC 4180), its end included. What a spreadsheet would take for a formula is marked as text by an apostrophe. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

function cellOf(text: string): string {
  const tame = formula.test(text) || /^[\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame
}
