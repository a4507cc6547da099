import { performance } from 'node:perf_hooks'

/** Does something over and over, so many at once, for a time; answers the milliseconds each took. */
export async function repeatFor(
  milliseconds: number,
  atOnce: number,
  once: () => Promise<void>,
): Promise<number[]> {
  const ends = performance.now() + milliseconds
  const took: number[] = []
  const lane = async () => {
    while (performance.now() < ends) {
      const began = performance.now()
      await once()
      took.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return took
}
