import { performance } from 'node:perf_hooks'
import { systemClock } from '../ports/clock.ts'

/** Progress for people: on stderr, with the time since the start, so that stdout carries only results. */
export type Progress = { say(line: string): void; end(): void }

/** Progress that can be silent while a person is asked something; the next line ends the silence. */
export type CommandProgress = Progress & { pause(): void }

/** Starts telling; with `quiet` only what a person must know is said, without decoration. */
export function publishProgress(quiet: boolean): Progress {
  const began = performance.now()
  const write = (line: string) => process.stderr.write(`${line}\n`)
  return {
    say: (line) => write(quiet ? line : `${secondsSince(began)}  ${line}`),
    end: () => write(quiet ? `Done in ${secondsSince(began).trim()}` : `${secondsSince(began)}  Done.`),
  }
}

const patienceMilliseconds = 2_000
const repeatMilliseconds = 10_000
const lookMilliseconds = 250

/**
 * Progress of a command: silent for two seconds, because most are done by then. After that one line that changes in place on a terminal,
 * and elsewhere a line at most every ten seconds.
 */
export function patientProgress(): CommandProgress {
  const began = performance.now()
  const isTerminal = process.stderr.isTTY
  let current = 'Working'
  let saidAt = -Infinity
  let isOver = false
  let isPaused = false
  const look = () => {
    const now = performance.now()
    if (isPaused || now - began < patienceMilliseconds || (!isTerminal && now - saidAt < repeatMilliseconds))
      return
    saidAt = now
    const line = `${secondsSince(began)}  ${current} …`
    process.stderr.write(isTerminal ? `\r\u001b[K${line}` : `${line}\n`)
  }
  const keepLooking = async () => {
    for (;;) {
      await systemClock.sleep(lookMilliseconds)
      if (isOver) return
      look()
    }
  }
  void keepLooking()
  return {
    say: (line) => {
      current = line
      isPaused = false
    },
    pause: () => {
      isPaused = true
      if (isTerminal && saidAt > 0) process.stderr.write('\r\u001b[K')
    },
    end: () => {
      isOver = true
      if (isTerminal && saidAt > 0) process.stderr.write('\r\u001b[K')
    },
  }
}

function secondsSince(began: number): string {
  return `${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s`
}
