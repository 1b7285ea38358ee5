import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const root = join(__dirname, "..");

/** Runs `npm run audit -- node` against a registry that gives this answer to what is asked in bulk. */
async function audit(status: number, advisories: unknown) {
  const server = createServer((request, response) => {
    request.resume().once("end", () => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(advisories));
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const args = ["scripts/audit.mjs", "node", "--registry", registry];
  // The pnpm that installed the packages is in npm's cache.
  const env = { ...process.env, npm_config_prefer_offline: "true" };
  const ended = await new Promise<{ code: unknown; stderr: string }>((done) => {
    execFile(process.execPath, args, { cwd: root, env }, (error, _stdout, stderr) =>
      done({ code: error?.code ?? 0, stderr }),
    );
  });
  server.closeAllConnections();
  server.close();
  return ended;
}

const hole = (severity: string) => ({
  axios: [
    {
      id: 1,
      url: "https://example.com",
      title: "a hole",
      severity,
      vulnerable_versions: "<99.0.0",
      cwe: [],
      cvss: { score: 8, vectorString: null },
    },
  ],
});

describe("security point 17: npm run audit", () => {
  it.each([
    ["passes if the registry knows of no hole", 200, {}, 0, "PASS, no known hole"],
    ["fails at a hole of severity high", 200, hole("high"), 1, "FAIL, see above"],
    ["does not pass if the registry takes no such question", 405, {}, 1, "NOT AUDITED"],
  ])("%s", async (_what, status, advisories, code, said) => {
    const ended = await audit(status, advisories);
    expect(ended.stderr).toContain(said);
    expect(ended.code).toBe(code);
  });
});
