/** What a refusal of each status means; the body is always `Error`, whose code says more. */
const MEANINGS = {
  400: "the request is wrong, and stays wrong",
  401: "no valid token",
  403: "the token may not do this; without tokens, the request is not for a loopback name",
  404: "there is no such thing",
  408: "the body did not come in time",
  409: "in conflict with another job or file",
  412: "the file has another entity tag, or another version is champion",
  413: "the body is too large",
  415: "the body is not of a type that is taken here",
  416: "the file has no such bytes",
  429: "too many requests of one caller: `Retry-After` says when to try again",
  500: "a fault of the server: its log says more",
  502: "MLflow refused what it was asked for",
  503: "Redis or MLflow is away, too many requests are in hand, or the server ends",
  504: "not answered in time",
  507: "the disk has no room",
} as const;

/** A status that a refusal can have. */
export type RefusalStatus = keyof typeof MEANINGS;

const HEADERS: Partial<Record<RefusalStatus, object>> = {
  401: { "WWW-Authenticate": { schema: { type: "string" } } },
  429: { "Retry-After": { description: "seconds", schema: { type: "string" } } },
  503: { "Retry-After": { description: "seconds", schema: { type: "string" } } },
};

const nameOf = (status: RefusalStatus) => `Refused${status}`;

/** The document's components for refusals, one per status. */
export const refusalComponents = Object.fromEntries(
  Object.entries(MEANINGS).map(([status, description]) => {
    const headers = HEADERS[Number(status) as RefusalStatus];
    const content = { "application/json": { schema: { $ref: "#/components/schemas/Error" } } };
    return [nameOf(Number(status) as RefusalStatus), { description, ...(headers && { headers }), content }];
  }),
);

/**
 * The statuses that a route can refuse with: they follow from what it takes and who may use it, so that no route has
 * to list them. `also` of the operation adds what only it can answer.
 */
export function refusalStatuses(route: {
  path: string;
  method: string;
  isOpen: boolean;
  operation: { readonly also?: readonly RefusalStatus[] };
}): RefusalStatus[] {
  const { path, method, isOpen, operation } = route;
  return [
    400,
    ...(isOpen ? [] : ([401, 403, 429] as const)),
    ...(path.includes("{") ? ([404] as const) : []),
    // A body is read also if none is wanted.
    ...(method === "get" ? [] : ([408, 409, 413, 415] as const)),
    ...(operation.also ?? []),
    500,
    502,
    503,
  ];
}

/** The answers of an operation with `refused` among them written out: one entry per status. */
export function withRefusals(
  responses: Readonly<Record<string, object>>,
  statuses: readonly RefusalStatus[],
): Record<string, object> {
  const { default: marker, ...own } = responses;
  if (marker === undefined) return own;
  const refusals = statuses.map((status) => [
    String(status),
    { $ref: `#/components/responses/${nameOf(status)}` },
  ]);
  return { ...Object.fromEntries(refusals), ...own };
}
