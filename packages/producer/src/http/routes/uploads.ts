import { ColaError } from "@colaml/shared/errors/cola-error";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { uploadPartOf } from "../files/byte-range";
import { sentDigest } from "../files/sent-digest";
import type { UploadOutcome, UploadRequest } from "../files/uploads";
import { Uploads } from "../files/uploads";
import { answer, type Operation, refused } from "../openapi/operation";
import { closedPlaces } from "../request-paths";
import type { Service } from "../service";
import { isTrue, pathParameter } from "./files";

/** A sender that was refused is listened to for so long: it reads the answer only after what it sends by then. */
const LINGER_MS = 5_000;

const text = { type: "string" };
const stored = answer("it is stored", {
  type: "object",
  required: ["path", "bytes", "sha256"],
  properties: { path: text, bytes: { type: "integer" }, sha256: text },
});
const PUT: Operation = {
  operationId: "putFile",
  summary: "Store a file in the data folder, as a whole or in parts",
  parameters: [
    pathParameter,
    { name: "force", in: "query", schema: { type: "boolean" } },
    ...["If-Match", "Content-Range", "Content-Digest", "Repr-Digest"].map((name) => ({
      name,
      in: "header",
      schema: text,
    })),
  ],
  requestBody: {
    content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
  },
  responses: {
    "200": { ...stored, description: "it replaced a file, or is there already" },
    "201": { ...stored, headers: { Location: { schema: text }, ETag: { schema: text } } },
    "202": {
      ...answer("the part is stored; the next one begins at `offset`", {
        type: "object",
        required: ["path", "offset", "total"],
        properties: { path: text, offset: { type: "integer" }, total: { type: "integer" } },
      }),
      headers: { "Upload-Offset": { schema: { type: "integer" } } },
    },
    ...refused,
  },
  also: [412, 416, 507],
};

type PutRequest = FastifyRequest<{ Params: { "*": string }; Querystring: { force?: string } }>;

/** `PUT /files/<path>`: a body of any kind and size is written to the disk as it comes. */
export async function addUploadRoute(server: FastifyInstance, service: Service): Promise<void> {
  const { config, dataDir, uploadPace, log } = service;
  const uploads = new Uploads(
    { root: dataDir, closed: closedPlaces(config) },
    { maxBytes: config.http.maxUploadBytes, ...(uploadPace && { pace: uploadPace }) },
  );
  await server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // not read here: the handler does, piece by piece
    scope.addContentTypeParser("*", (_request, _body, done) => done(null));
    scope.put(
      "/files/*",
      { config: { role: "submit", operation: PUT, streamsBody: true } },
      async (request: PutRequest, reply) => {
        try {
          const outcome = await uploads.receive(requestOf(request));
          const path = request.params["*"];
          if (outcome.state === "stored") log.info("file stored", { path, bytes: outcome.bytes });
          return reply.code(statusOf(outcome)).headers(headersOf(outcome, path)).send(bodyOf(outcome, path));
        } catch (error) {
          const known = broken(request, error);
          if (known instanceof ColaError && typeof known.details["offset"] === "number")
            reply.header("upload-offset", known.details["offset"]);
          if (known instanceof ColaError && known.code === "REQUEST_TIMEOUT")
            reply.header("connection", "close");
          throw known;
        } finally {
          letGo(request);
        }
      },
    );
  });
}

/** @throws ColaError USAGE, JOB_INVALID, RANGE_INVALID */
function requestOf({ params, query, headers, raw }: PutRequest): UploadRequest {
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity")
    throw new ColaError("JOB_INVALID", "Content-Encoding: send the bytes as they are to lie on the disk");
  const length = headers["content-length"];
  return {
    path: params["*"],
    force: isTrue(query, "force"),
    ifMatch: headers["if-match"],
    body: raw.iterator({ destroyOnReturn: false }),
    length: length === undefined ? undefined : Number(length),
    part: uploadPartOf(headers["content-range"]),
    wholeDigest: sentDigest("Repr-Digest", one(headers["repr-digest"])),
    bodyDigest: sentDigest("Content-Digest", one(headers["content-digest"])),
  };
}

const one = (header: string | string[] | undefined) => (Array.isArray(header) ? header.join(",") : header);

const statusOf = (outcome: UploadOutcome) =>
  outcome.state === "unfinished" ? 202 : outcome.created ? 201 : 200;

function headersOf(outcome: UploadOutcome, path: string): Record<string, string> {
  if (outcome.state === "unfinished") return { "upload-offset": String(outcome.offset) };
  return { etag: outcome.etag, location: `/files/${path.split("/").map(encodeURIComponent).join("/")}` };
}

const bodyOf = (outcome: UploadOutcome, path: string) =>
  outcome.state === "unfinished"
    ? { path, offset: outcome.offset, total: outcome.total }
    : { path, bytes: outcome.bytes, sha256: outcome.sha256 };

/** A connection that broke off is the sender's, no fault of ours. */
function broken({ raw }: PutRequest, error: unknown): unknown {
  if (error instanceof ColaError || !raw.destroyed || raw.complete) return error;
  return new ColaError("INPUT_CHANGED", "the connection ended before the body did", { cause: error });
}

function letGo({ raw }: PutRequest): void {
  if (raw.complete || raw.destroyed) return;
  raw.resume();
  const late = setTimeout(() => raw.destroy(), LINGER_MS);
  for (const event of ["end", "close"]) raw.once(event, () => clearTimeout(late));
}
