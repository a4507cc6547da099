import { memoryStream } from './memory-stream.ts'
import { usageSourceConformance } from './usage-source.ts'

usageSourceConformance('A stream in memory', () => Promise.resolve(memoryStream()))
