import type { Clock } from '../../../src/ports/clock.ts'
import type { Random } from '../../../src/ports/random.ts'
import type { Transport } from '../../../src/ports/transport.ts'

/** The one version of the API the twin speaks: the one the SDK pins. */
export const apiVersion = '2026-10-28.endive'

/** Requests a second before 429, for the account and for each endpoint. */
export type Limits = {
  readonly accountPerSecond: number
  readonly endpointPerSecond: number
  /** 1000 unless said otherwise; apart from the account's limit. */
  readonly meterEventsPerSecond?: number
  /** 20 unless said otherwise. */
  readonly searchesPerSecond?: number
}

export const liveLimits: Limits = { accountPerSecond: 100, endpointPerSecond: 25 }

/** The limits of a test account. */
export const sandboxLimits: Limits = { accountPerSecond: 25, endpointPerSecond: 25 }

export type WebhookSettings = {
  readonly url: string
  readonly secrets: readonly string[]
  /** Types to send; `*`, or nothing said, is all of them. */
  readonly enabledEvents?: readonly string[]
}

/** A place where the seller collects tax, and the rate there. `state` null is the whole country. */
export type TaxRegistration = {
  readonly country: string
  readonly state: string | null
  /** Percent, such as `8.875`. */
  readonly percentage: string
}

export type TaxSettings = {
  readonly headOfficeCountry: string
  readonly registrations: readonly TaxRegistration[]
  /** Used for prices that leave it open; without it automatic tax refuses them. */
  readonly defaultBehavior: 'exclusive' | 'inclusive' | null
}

/**
 * How the twin misbehaves, changeable while it runs. Shares go from 0 to 1. Where a fact about Stripe has no source, the choice
 * is here.
 */
export type Quirks = {
  /** Share of events that come as two Event objects with two ids. */
  doubledEventShare: number
  /** Share of deliveries that are made twice. */
  duplicateDeliveryShare: number
  /** Deliver what is due in any order. */
  shuffleDeliveries: boolean
  /** Searches see a change this much later. */
  searchLagSeconds: number
  /** A meter event counts this much later. */
  meterLagSeconds: number
  /** A tax id is checked this much later. */
  taxIdCheckSeconds: number
  /** Every event comes a second time as a thin one, `v1.` and its type, to the same endpoints. */
  thinTwins: boolean
  /** The version events say they are of. */
  eventVersion: string
  /** 429 answers carry `stripe-should-retry: true`. */
  retryableThrottle: boolean
  /** A stored 500 hides an effect that did happen. */
  storedFailureTakesEffect: boolean
  /** The times of meter events are checked some time later, and what is wrong with them is only reported. */
  meterTimeCheckedLater: boolean
  /** A graduated price makes one line for each tier entered instead of one for all. */
  linePerTier: boolean
  /** The next invoices to be finalized lose automatic tax to a failure of the tax system. */
  taxSystemFails: boolean
}

export const calmQuirks: Quirks = {
  doubledEventShare: 0,
  duplicateDeliveryShare: 0,
  shuffleDeliveries: false,
  searchLagSeconds: 60,
  meterLagSeconds: 30,
  taxIdCheckSeconds: 120,
  thinTwins: false,
  eventVersion: apiVersion,
  retryableThrottle: false,
  storedFailureTakesEffect: false,
  meterTimeCheckedLater: false,
  linePerTier: false,
  taxSystemFails: false,
}

/** What a twin is made of. */
export type StripeFakeOptions = {
  readonly clock: Clock
  readonly random: Random
  readonly webhooks: readonly WebhookSettings[]
  /** Carries webhooks to the hub. */
  readonly deliver: Transport
  readonly limits?: Limits
  /** The one key that opens the API; without it every key that looks like one does. */
  readonly apiKey?: string
  readonly livemode?: boolean
  readonly tax?: Partial<TaxSettings>
  readonly quirks?: Partial<Quirks>
  /** Days from a payment to the day it can be paid out; null pays nothing out by itself. */
  readonly payoutDelayDays?: number | null
}

export type Settings = {
  readonly limits: Limits
  readonly apiKey: string | null
  readonly livemode: boolean
  readonly tax: TaxSettings
  readonly payoutDelayDays: number | null
}

/** Fills in what was left out. */
export function settingsFrom(options: StripeFakeOptions): Settings {
  return {
    limits: options.limits ?? liveLimits,
    apiKey: options.apiKey ?? null,
    livemode: options.livemode ?? false,
    tax: { headOfficeCountry: 'US', registrations: [], defaultBehavior: null, ...options.tax },
    payoutDelayDays: options.payoutDelayDays === undefined ? 2 : options.payoutDelayDays,
  }
}
