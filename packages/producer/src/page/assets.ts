import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { PAGES } from "./layout";

/** Beside `dist`, in the package: served as they are written. */
const FOLDER = join(__dirname, "..", "..", "page-assets");
const ASSETS = {
  "page.css": "text/css; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "icon.svg": "image/svg+xml",
} as const;

/** Style sheet, script and icon of the pages. They hold nothing of anybody: the login page needs them. */
export function addAssets(server: FastifyInstance): void {
  for (const [name, type] of Object.entries(ASSETS)) {
    const content = readFileSync(join(FOLDER, name));
    server.get(`${PAGES}/assets/${name}`, { config: { role: "none" } }, (_request, reply) =>
      reply.header("cache-control", "no-cache").type(type).send(content),
    );
  }
}
