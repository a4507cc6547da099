import { expect, test } from 'vitest'
import { GrowingBytes } from '../../src/domain/growing-bytes.ts'

test('words, texts of two bytes a letter, bytes and parts of others follow one another, however little room was expected', () => {
  const bytes = new GrowingBytes(1)
  bytes.word('ab')
  bytes.byte(9)
  bytes.text('ü€')
  bytes.part(Buffer.from('012345'), 2, 4)
  expect(Buffer.from(bytes.written).toString()).toBe('ab\tü€23')
})

test('what was cleared is written over', () => {
  const bytes = new GrowingBytes(8)
  bytes.word('abc')
  bytes.clear()
  bytes.word('d')
  expect(Buffer.from(bytes.written).toString()).toBe('d')
})
