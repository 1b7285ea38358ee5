import { ColaError } from "@colaml/shared/errors/cola-error";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { checkedPayload } from "../../submit/payloads";
import { rangeOf } from "../files/byte-range";
import { contentHeaders } from "../files/content-headers";
import { type DataFolder, type OpenFile, openDataFile } from "../files/data-folder";
import { entityTag, namesTag } from "../files/entity-tag";
import { listFiles } from "../files/listing";
import { answer, type Operation, refused } from "../openapi/operation";
import { closedPlaces } from "../request-paths";
import type { Service } from "../service";

/** Entries of a page of a listing. */
const MAX_LISTED = 1_000;
const LISTED = 200;
/** Bytes that are read at a time. */
const STEP = 256 * 1024;

const listQuerySchema = z.strictObject({
  prefix: z.string().max(1_024).default(""),
  after: z.string().max(255).default(""),
  limit: z.coerce.number().int().min(1).max(MAX_LISTED).default(LISTED),
});

const text = { type: "string" };
const inQuery = (name: string, schema: object) => ({ name, in: "query", schema });
const inHeader = (name: string) => ({ name, in: "header", schema: text });
export const pathParameter = { name: "path", in: "path", required: true, schema: text };

const LIST: Operation = {
  operationId: "listFiles",
  summary: "Files and folders in one folder of the data folder, by name",
  parameters: [
    inQuery("prefix", text),
    inQuery("after", text),
    inQuery("limit", { type: "integer", minimum: 1, maximum: MAX_LISTED }),
  ],
  responses: {
    "200": answer("a page of the folder", {
      type: "object",
      required: ["files", "leftOut"],
      properties: {
        files: {
          type: "array",
          items: {
            type: "object",
            required: ["path", "kind"],
            properties: {
              path: text,
              kind: { enum: ["file", "folder"] },
              bytes: { type: "integer" },
              modifiedAt: { type: "string", format: "date-time" },
              etag: text,
            },
          },
        },
        leftOut: { type: "integer" },
        next: text,
      },
    }),
    ...refused,
  },
  also: [404],
};

const contents = { schema: { type: "string", format: "binary" } };
// Of the type that the name of the file says; generators of clients want one that they know.
const bytes = { content: { "application/octet-stream": contents, "*/*": contents } };
const READ: Operation = {
  operationId: "getFile",
  summary: "A file of the data folder, or a range of its bytes",
  parameters: [
    pathParameter,
    inQuery("inline", { type: "boolean" }),
    ...["Range", "If-Range", "If-None-Match", "If-Match"].map(inHeader),
  ],
  responses: {
    "200": { description: "the file", ...bytes },
    "206": { description: "the range", ...bytes },
    "304": { description: "it has the entity tag of If-None-Match" },
    ...refused,
  },
  also: [412, 416],
};

type FileRequest = FastifyRequest<{ Params: { "*": string }; Querystring: { inline?: string } }>;

/** `GET /files?prefix=`, `GET|HEAD /files/<path>`: what lies in the data folder. */
export function addFileRoutes(server: FastifyInstance, { config, dataDir }: Service): void {
  const folder: DataFolder = { root: dataDir, closed: closedPlaces(config) };
  server.get("/files", { config: { role: "read", operation: LIST } }, ({ query }) =>
    listFiles(folder, checkedPayload(listQuerySchema, query)),
  );
  const read = async (request: FileRequest, reply: FastifyReply) => {
    const path = request.params["*"];
    const open = await openDataFile(folder, path);
    let isSent = false;
    try {
      isSent = send(open, request, reply, contentHeaders(path, isTrue(request.query, "inline")));
    } finally {
      if (!isSent) await open.file.close();
    }
    return reply;
  };
  // fastify's own HEAD would read the file to its end
  for (const method of ["HEAD", "GET"] as const)
    server.route({ method, url: "/files/*", config: { role: "read", operation: READ }, handler: read });
}

/** @returns whether the file is being sent, which closes it */
function send(
  { file, stat }: OpenFile,
  request: FileRequest,
  reply: FastifyReply,
  headers: Record<string, string>,
): boolean {
  const [size, tag] = [Number(stat.size), entityTag(stat)];
  const { "if-none-match": ifNoneMatch, "if-match": ifMatch, "if-range": ifRange, range } = request.headers;
  reply.headers({ etag: tag, "accept-ranges": "bytes", "last-modified": stat.mtime.toUTCString() });
  if (ifMatch !== undefined && !namesTag(ifMatch, tag))
    throw new ColaError("PRECONDITION_FAILED", `the file's entity tag is ${tag} now`);
  if (ifNoneMatch !== undefined && namesTag(ifNoneMatch, tag)) {
    reply.code(304).send();
    return false;
  }
  const wanted = ifRange === undefined || ifRange === tag ? range : undefined;
  const part = partOf(wanted, size, reply);
  const { first, last } = part ?? { first: 0, last: size - 1 };
  reply.headers(headers).header("content-length", last - first + 1);
  if (part) reply.code(206).header("content-range", `bytes ${first}-${last}/${size}`);
  if (request.method === "HEAD" || size === 0) {
    reply.send();
    return false;
  }
  const stream = file.createReadStream({ start: first, end: last, highWaterMark: STEP });
  // a file that became shorter must not look complete
  stream.once("end", () => {
    if (stream.bytesRead <= last - first) reply.raw.destroy();
  });
  reply.send(stream);
  return true;
}

function partOf(range: string | undefined, size: number, reply: FastifyReply) {
  try {
    return rangeOf(range, size);
  } catch (error) {
    reply.header("content-range", `bytes */${size}`);
    throw error;
  }
}

/** @throws ColaError USAGE */
export function isTrue<Name extends string>(query: { [name in Name]?: string }, name: Name): boolean {
  const value = query[name];
  if (value === undefined || value === "false") return false;
  if (value === "true" || value === "") return true;
  throw new ColaError(
    "USAGE",
    `${name}=${JSON.stringify(String(value).slice(0, 40))}: allowed are true and false`,
  );
}
