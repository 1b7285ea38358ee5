/** What an object must hold, in JSON Schema's words: for readers of a schema whose `refine` it cannot show. */
type MemberRule = { not: object };

/** Exactly one of two members is there. */
export const exactlyOneOf = (one: string, other: string): MemberRule => ({
  not: {
    anyOf: [{ required: [one, other] }, { not: { anyOf: [{ required: [one] }, { required: [other] }] } }],
  },
});

/** A member does not go with any of some others. */
export const notWith = (one: string, others: readonly string[]): MemberRule => ({
  not: { anyOf: others.map((other) => ({ required: [one, other] })) },
});
