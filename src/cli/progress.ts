import { performance } from 'node:perf_hooks'

/** Progress for people: on stderr, with the time since the start, so that stdout carries only results. */
export type Progress = { say(line: string): void; end(): void }

/** Starts telling; with `quiet` only what a person must know is said, without decoration. */
export function publishProgress(quiet: boolean): Progress {
  const began = performance.now()
  const write = (line: string) => process.stderr.write(`${line}\n`)
  return {
    say: (line) => write(quiet ? line : `${secondsSince(began)}  ${line}`),
    end: () => write(quiet ? `Done in ${secondsSince(began).trim()}` : `${secondsSince(began)}  Done.`),
  }
}

function secondsSince(began: number): string {
  return `${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s`
}
