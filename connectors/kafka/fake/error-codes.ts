/** The error codes of the protocol that the twin answers with (Kafka protocol, "Error Codes"). */
export const errorCodes = {
  none: 0,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  illegalGeneration: 22,
  inconsistentGroupProtocol: 23,
  unknownMemberId: 25,
  rebalanceInProgress: 27,
  unsupportedVersion: 35,
  topicAlreadyExists: 36,
  memberIdRequired: 79,
  unknownTopicId: 100,
} as const
