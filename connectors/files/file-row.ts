/** The fields of one row by name. Numbers are the text they were written as, so that no digit is lost. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * One row of a file, or why it cannot be read. `line` is where a person finds it: the line of a text file on which the row ends, the number
 * of the row in a Parquet file, both from 1. It grows from row to row.
 */
export type FileRow =
  | { readonly line: number; readonly fields: Fields }
  | { readonly line: number; readonly fault: string }

/** The formats that are read, each with how its files are called. */
export const fileFormats = ['csv', 'ndjson', 'parquet'] as const

export type FileFormat = (typeof fileFormats)[number]

/** Thrown for a file of which not one row can be read: another format, a broken header, a broken end. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError'
}
