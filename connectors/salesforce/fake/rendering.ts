/** An ISO instant as the API writes it: `2026-11-18T09:26:40.000+0000`. */
export function instantText(iso: string): string {
  return iso.replace(/Z$/, '+0000')
}

/**
 * A number as the API writes a double: `50000.0`, and from ten million on in scientific notation, `1.25E7`. Kept as raw JSON, because
 * `JSON.stringify` knows neither.
 */
export function doubleJson(value: number): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(doubleText(value))
}

function doubleText(value: number): string {
  const size = Math.abs(value)
  if (value === 0 || (size >= 1e-3 && size < 1e7)) return withPoint(String(value))
  const [mantissa = '', exponent] = value.toExponential().split('e')
  return `${withPoint(mantissa)}E${Number(exponent)}`
}

function withPoint(digits: string): string {
  return digits.includes('.') ? digits : `${digits}.0`
}
