import { type IncomingHttpHeaders, request } from "node:http";
import { TOKENS } from "../api-under-test";

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Tokens that may store files, in turn: each has a limit of requests per second. */
const TURNS = [TOKENS.submit, TOKENS.admin];
let turn = 0;

/** A request whose path goes out as it is spelled: `fetch` would resolve `..` by itself. */
export function rawRequest(
  url: string,
  method: string,
  path: string,
  { body, headers = {} }: { body?: string | Buffer; headers?: Record<string, string> } = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const token = TURNS[turn++ % TURNS.length]!;
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, method, path, headers: { authorization: `Bearer ${token}`, ...headers } },
      async (answer) => {
        const parts: Buffer[] = [];
        for await (const part of answer) parts.push(part as Buffer);
        const text = Buffer.concat(parts).toString();
        resolve({ status: answer.statusCode!, headers: answer.headers, text });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}
