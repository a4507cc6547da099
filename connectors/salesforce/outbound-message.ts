import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { ok, refused, type Result } from '../../src/domain/result.ts'

/** One notification: which record changed, and the fields the administrator ticked. No object when it was deleted meanwhile. */
export type OutboundNotification = {
  readonly notificationId: string
  readonly objectType: string | null
  readonly fields: Readonly<Record<string, string>>
}

export type OutboundMessage = {
  readonly organizationId: string
  readonly notifications: readonly OutboundNotification[]
}

/** Knows the entities of XML and numbered characters; documents that declare their own are refused before parsing. */
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: true,
  htmlEntities: true,
  isArray: (name) => name === 'Notification',
})

/**
 * Reads a SOAP outbound message (namespace `http://soap.sforce.com/2005/09/outbound`). Refuses what is not well-formed, declares a
 * document type, or lacks the organisation or a notification's id.
 */
export function parseOutboundMessage(xml: string): Result<OutboundMessage, string> {
  if (/<!(DOCTYPE|ENTITY)/i.test(xml)) return refused('The message declares a document type')
  const validity = XMLValidator.validate(xml)
  if (validity !== true) return refused(`The message is not well-formed: ${validity.err.msg}`)
  const parsed = parsedXml(xml)
  const message = child(child(child(parsed, 'Envelope'), 'Body'), 'notifications')
  const organizationId = text(child(message, 'OrganizationId'))
  const listed = child(message, 'Notification')
  if (organizationId === null || !Array.isArray(listed) || listed.length === 0)
    return refused('The message is not an outbound message with an organisation and a notification')
  const notifications = listed.map(notificationFrom)
  if (notifications.some(({ notificationId }) => !/^[A-Za-z0-9]{15,18}$/.test(notificationId)))
    return refused('A notification has no id')
  return ok({ organizationId, notifications })
}

function parsedXml(xml: string): unknown {
  try {
    return parser.parse(xml)
  } catch {
    return null
  }
}

function notificationFrom(notification: unknown): OutboundNotification {
  const record = child(notification, 'sObject')
  const type = text(child(record, '@type'))
  const fields: Record<string, string> = {}
  if (typeof record === 'object' && record !== null)
    for (const [name, value] of Object.entries(record)) {
      const content = text(value)
      if (!name.startsWith('@') && name !== '#text' && content !== null) fields[name] = content
    }
  return {
    notificationId: text(child(notification, 'Id')) ?? '',
    objectType: type?.replace(/^.*:/, '') ?? null,
    fields,
  }
}

function child(parent: unknown, name: string): unknown {
  return typeof parent === 'object' && parent !== null && Object.hasOwn(parent, name)
    ? (parent as Record<string, unknown>)[name]
    : undefined
}

/** The text of an element, with or without attributes; null when it is empty, `xsi:nil`, or has children instead. */
function text(element: unknown): string | null {
  const content = typeof element === 'string' ? element : child(element, '#text')
  return typeof content === 'string' && content !== '' ? content : null
}
