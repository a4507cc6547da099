/** The package brings no types: these are the parts in use, as version 1.0.9 and the got 11 below it have them. */
declare module 'netsuite-rest' {
  export type CallOptions = {
    url: string
    method: string
    retry?: number
    timeout?: number
    throwHttpErrors?: boolean
    followRedirect?: boolean
    hooks?: { beforeRequest: ((options: { headers: Record<string, string | undefined> }) => void)[] }
  }

  export type CallAnswer = {
    statusCode: number
    headers: Record<string, string | string[] | undefined>
    body: string
  }

  export default class NetsuiteRest {
    constructor(options: {
      consumer_key: string
      consumer_secret_key: string
      token: string
      token_secret: string
      realm: string
      base_url: string
    })
    /** Signs a request. It is called with the very object that goes to got afterwards. */
    getAuthorizationHeader(options: CallOptions): { Authorization: string }
    request(options: {
      path: string
      method: string
      body?: string
      heads?: Record<string, string>
    }): Promise<CallAnswer>
  }
}
