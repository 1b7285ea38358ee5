import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { isMountable } from "../../../../../test/mountable";
import { type ApiUnderTest, apiFolders, openApi, TOKENS } from "../api-under-test";
import { rawRequest } from "./raw-request";

const withMounts = isMountable() ? describe : describe.skip;
const { folder, stateDir, dataDir } = apiFolders("full-disk");
let api: ApiUnderTest;

withMounts("a disk that becomes full while a file is sent", () => {
  beforeAll(async () => {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=600k", "tmpfs", dataDir]);
    api = await openApi({ folder, stateDir, dataDir });
  });
  afterEach(() => rm(join(dataDir, "filler"), { force: true }));
  afterAll(async () => {
    execFileSync("umount", [dataDir]);
    await api.close();
  });

  const digest = (bytes: Buffer) => `sha-256=:${createHash("sha256").update(bytes).digest("base64")}:`;
  const unfinished = () => readdir(join(dataDir, ".colaml-uploads"));
  const put = (path: string, body: Buffer | string, headers: Record<string, string> = {}) =>
    rawRequest(api.url, "PUT", `/files/${path}`, { body, headers });

  async function arrived(bytes: number): Promise<void> {
    for (;;) {
      const [name] = await unfinished().catch(() => []);
      if (name && (await stat(join(dataDir, ".colaml-uploads", name))).size >= bytes) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Sends half of a body, fills the disk, sends the other half. @returns the answer */
  async function fillInTheMiddle(path: string, body: Buffer, headers: Record<string, string>) {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    const all = {
      host: hostname,
      authorization: `Bearer ${TOKENS.submit}`,
      "content-length": String(body.length),
      connection: "close",
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`PUT /files/${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
    const half = body.length / 2;
    socket.write(body.subarray(0, half));
    await arrived(half);
    await writeFile(join(dataDir, "filler"), Buffer.alloc(600_000)).catch(() => undefined);
    socket.write(body.subarray(half));
    let answer = "";
    for await (const piece of socket) answer += String(piece);
    return answer;
  }

  it("is answered with 507, keeps nothing of it and what was there, and takes the next file", async () => {
    expect((await put("before.csv", "kept")).status).toBe(201);
    const answer = await fillInTheMiddle("before.csv?force=true", Buffer.alloc(400_000, "x"), {});
    expect(answer).toMatch(/^HTTP\/1.1 507 /);
    expect(answer).toContain(
      '"error_code":"STORAGE_FULL","message":"cannot store \\"before.csv\\": the disk of the data folder is full (ENOSPC)"',
    );
    expect(await readFile(join(dataDir, "before.csv"), "utf8")).toBe("kept");
    expect(await unfinished()).toEqual([]);
    await rm(join(dataDir, "filler"));
    expect((await put("after.csv", Buffer.alloc(300_000))).status).toBe(201);
    await rm(join(dataDir, "after.csv"));
  });

  it("frees the parts that came before, too", async () => {
    const whole = Buffer.alloc(400_000, "y");
    const headers = (first: number, last: number) => ({
      "content-range": `bytes ${first}-${last}/${whole.length}`,
      "repr-digest": digest(whole),
    });
    expect((await put("parts.csv", whole.subarray(0, 100_000), headers(0, 99_999))).status).toBe(202);
    const rest = whole.subarray(100_000, 300_000);
    const answer = await fillInTheMiddle("parts.csv", rest, headers(100_000, 299_999));
    expect(answer).toMatch(/^HTTP\/1.1 507 /);
    expect(await unfinished()).toEqual([]);
    expect(existsSync(join(dataDir, "parts.csv"))).toBe(false);
  });

  it("counts only the parts that are still to come", async () => {
    const whole = Buffer.alloc(400_000, "z");
    for (const [first, last] of [
      [0, 299_999],
      [300_000, 399_999],
    ] as const) {
      const answer = await put("fits.csv", whole.subarray(first, last + 1), {
        "content-range": `bytes ${first}-${last}/${whole.length}`,
        "repr-digest": digest(whole),
      });
      expect(answer.status).toBe(last === 399_999 ? 201 : 202);
    }
  });
});
