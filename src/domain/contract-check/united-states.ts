/**
 * The states and territories of the United States (USPS Publication 28, appendix B) with the ranges of the first three
 * digits of their ZIP codes. A prefix two states share stands with both.
 */
const places: readonly (readonly [string, string, string])[] = [
  ['AL', 'Alabama', '350-369'],
  ['AK', 'Alaska', '995-999'],
  ['AZ', 'Arizona', '850-865'],
  ['AR', 'Arkansas', '716-729'],
  ['CA', 'California', '900-961'],
  ['CO', 'Colorado', '800-816'],
  ['CT', 'Connecticut', '060-069'],
  ['DE', 'Delaware', '197-199'],
  ['DC', 'District of Columbia', '200-205 569'],
  ['FL', 'Florida', '320-339 341-342 344-344 346-347 349'],
  ['GA', 'Georgia', '300-319 398-399'],
  ['HI', 'Hawaii', '967-968'],
  ['ID', 'Idaho', '832-838'],
  ['IL', 'Illinois', '600-629'],
  ['IN', 'Indiana', '460-479'],
  ['IA', 'Iowa', '500-528'],
  ['KS', 'Kansas', '660-679'],
  ['KY', 'Kentucky', '400-427'],
  ['LA', 'Louisiana', '700-714'],
  ['ME', 'Maine', '039-049'],
  ['MD', 'Maryland', '206-219'],
  ['MA', 'Massachusetts', '010-027 055'],
  ['MI', 'Michigan', '480-499'],
  ['MN', 'Minnesota', '550-567'],
  ['MS', 'Mississippi', '386-397'],
  ['MO', 'Missouri', '630-658'],
  ['MT', 'Montana', '590-599'],
  ['NE', 'Nebraska', '680-693'],
  ['NV', 'Nevada', '889-898'],
  ['NH', 'New Hampshire', '030-038'],
  ['NJ', 'New Jersey', '070-089'],
  ['NM', 'New Mexico', '870-884'],
  ['NY', 'New York', '005 063 100-149'],
  ['NC', 'North Carolina', '270-289'],
  ['ND', 'North Dakota', '580-588'],
  ['OH', 'Ohio', '430-459'],
  ['OK', 'Oklahoma', '730-749'],
  ['OR', 'Oregon', '970-979'],
  ['PA', 'Pennsylvania', '150-196'],
  ['RI', 'Rhode Island', '028-029'],
  ['SC', 'South Carolina', '290-299'],
  ['SD', 'South Dakota', '570-577'],
  ['TN', 'Tennessee', '370-385 422'],
  ['TX', 'Texas', '733 750-799 885'],
  ['UT', 'Utah', '840-847'],
  ['VT', 'Vermont', '050-059'],
  ['VA', 'Virginia', '201 220-246'],
  ['WA', 'Washington', '980-994'],
  ['WV', 'West Virginia', '247-268'],
  ['WI', 'Wisconsin', '530-549'],
  ['WY', 'Wyoming', '820-831 834'],
  ['AS', 'American Samoa', '967-967'],
  ['GU', 'Guam', '969'],
  ['MP', 'Northern Mariana Islands', '969'],
  ['FM', 'Federated States of Micronesia', '969'],
  ['MH', 'Marshall Islands', '969'],
  ['PW', 'Palau', '969'],
  ['PR', 'Puerto Rico', '006-007 009'],
  ['VI', 'Virgin Islands', '008'],
  ['AA', 'Armed Forces Americas', '340'],
  ['AE', 'Armed Forces Europe', '090-098'],
  ['AP', 'Armed Forces Pacific', '962-966'],
]

const codeByName = new Map(
  places.flatMap(([code, name]) => [
    [code.toLowerCase(), code],
    [name.toLowerCase(), code],
  ]),
)

const rangesByCode = new Map(
  places.map(([code, , ranges]) => [code, ranges.split(' ').map((range) => range.split('-'))]),
)

/** The two-letter code of a state or territory written as a code or by name; null when there is none. */
export function stateCodeOf(text: string): string | null {
  return codeByName.get(text.trim().toLowerCase()) ?? null
}

/** Why a ZIP code and a state cannot both be right, or null. */
export function zipFault(zip: string, state: string): string | null {
  if (!/^\d{5}(-\d{4})?$/.test(zip)) return `the ZIP code '${zip}' does not have five digits`
  const code = stateCodeOf(state)
  if (code === null) return `'${state}' is not a state of the United States`
  const prefix = zip.slice(0, 3)
  const fits = (rangesByCode.get(code) ?? []).some(
    ([first = '', last = first]) => prefix >= first && prefix <= last,
  )
  return fits ? null : `the ZIP code ${zip} does not lie in ${code}`
}
