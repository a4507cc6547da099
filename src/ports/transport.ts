/** How the hub calls out over HTTP: the shape of `fetch`, so that a test or a simulation can stand in between. */
export type Transport = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** The machine's own network. */
export const systemTransport: Transport = (input, init) => globalThis.fetch(input, init)
