import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { readdir, readFile, stat, utimes } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { UnfinishedUploads } from "@colaml/producer/http/files/unfinished-uploads";
import { type ApiUnderTest, apiFolders, openApi, TOKENS } from "../api-under-test";
import { rawRequest } from "./raw-request";

const folders = apiFolders("uploads");
const { folder, dataDir } = folders;
const MOST = 3_000_000;
let api: ApiUnderTest;

beforeAll(async () => {
  api = await openApi(
    folders,
    { COLAML_MAX_UPLOAD_BYTES: String(MOST) },
    { uploadPace: { windowMs: 400, leastBytes: 100 } },
  );
});
afterAll(() => api.close());

const sha = (bytes: string | Buffer) => createHash("sha256").update(bytes);
const digest = (bytes: string | Buffer) => `sha-256=:${sha(bytes).digest("base64")}:`;
const put = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  rawRequest(api.url, "PUT", `/files/${path}`, { body, headers });
const onDisk = (path: string) => readFile(join(dataDir, path), "utf8");
const unfinished = () => readdir(join(dataDir, ".colaml-uploads"));
const json = (text: string) => JSON.parse(text) as Record<string, unknown>;

/** Sends the head of a request and the beginning of its body, and gives the socket. */
function begin(path: string, body: string, headers: Record<string, string>) {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  const all = { host: hostname, authorization: `Bearer ${TOKENS.submit}`, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`PUT /files/${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
  return socket;
}

async function until(condition: () => Promise<boolean>) {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

describe("a file that is sent", () => {
  it("lies in the data folder, in folders that are made, and jobs take its path", async () => {
    const body = "tweet_id,inbound,text\n1,True,hello\n";
    const answer = await put("2026/11/new%20rows.csv", body, { "content-digest": digest(body) });
    expect([answer.status, json(answer.text)]).toEqual([
      201,
      { path: "2026/11/new rows.csv", bytes: body.length, sha256: sha(body).digest("hex") },
    ]);
    expect(answer.headers["location"]).toBe("/files/2026/11/new%20rows.csv");
    expect(await onDisk("2026/11/new rows.csv")).toBe(body);
    expect((await stat(join(dataDir, "2026/11/new rows.csv"))).mode & 0o777).toBe(0o640);
    const read = await api.call("GET", answer.headers["location"]!, "read");
    expect([await read.text(), read.headers.get("etag")]).toEqual([body, answer.headers["etag"]]);
    const job = await api.call("POST", "/jobs/train", "submit", {
      body: JSON.stringify({ dataset: { path: "2026/11/new rows.csv" } }),
    });
    expect(job.status).toBe(202);
    expect(await unfinished()).toEqual([]);
  });

  it.each([
    ["JSON, which is not read", "application/json", "{ not json"],
    ["a form", "application/x-www-form-urlencoded", "a=b"],
    ["nothing", "text/csv", ""],
  ])("may hold %s", async (_what, type, body) => {
    const path = `kind-${type.replace(/\W/g, "-")}`;
    expect((await put(path, body, { "content-type": type })).status).toBe(201);
    expect(await onDisk(path)).toBe(body);
  });

  it("replaces nothing, unless its entity tag is named or force", async () => {
    const first = await put("taken.csv", "one");
    const second = await put("taken.csv", "two");
    expect([second.status, json(second.text)["error_code"]]).toEqual([409, "OUTPUT_EXISTS"]);
    const wrong = await put("taken.csv", "two", { "if-match": '"other"' });
    expect([wrong.status, json(wrong.text)["error_code"]]).toEqual([412, "PRECONDITION_FAILED"]);
    const matching = await put("taken.csv", "two", { "if-match": first.headers["etag"] as string });
    expect([matching.status, await onDisk("taken.csv")]).toEqual([200, "two"]);
    expect(matching.headers["etag"]).not.toBe(first.headers["etag"]);
    expect((await put("taken.csv?force=true", "three")).status).toBe(200);
    expect(await onDisk("taken.csv")).toBe("three");
    expect((await put("absent.csv", "x", { "if-match": "*" })).status).toBe(412);
  });

  it("is there already if the same bytes come again, as after a lost answer", async () => {
    const headers = { "content-digest": digest("same") };
    expect((await put("same.csv", "same", headers)).status).toBe(201);
    expect((await put("same.csv", "same", headers)).status).toBe(200);
    expect((await put("same.csv", "diff", { "content-digest": digest("diff") })).status).toBe(409);
  });

  it("is refused, and not kept, if it differs from its digest, is too large or encoded", async () => {
    const table: [Record<string, string>, string | Buffer, number, string][] = [
      [{ "content-digest": digest("other") }, "body", 400, "INPUT_CHANGED"],
      [{ "repr-digest": digest("other") }, "body", 400, "INPUT_CHANGED"],
      [{ "content-digest": "md5=:AAAA:" }, "body", 400, "USAGE"],
      [{ "content-encoding": "gzip" }, "body", 400, "JOB_INVALID"],
      [{}, Buffer.alloc(MOST + 1), 413, "INPUT_TOO_LARGE"],
      [{ "transfer-encoding": "chunked" }, Buffer.alloc(MOST + 1), 413, "INPUT_TOO_LARGE"],
    ];
    for (const [headers, body, status, code] of table) {
      const answer = await put("refused.csv", body, headers);
      expect([answer.status, json(answer.text)["error_code"]]).toEqual([status, code]);
    }
    expect(existsSync(join(dataDir, "refused.csv"))).toBe(false);
    expect(await unfinished()).toEqual([]);
  });

  it("leaves nothing behind if its sender goes away in the middle", async () => {
    const socket = begin("broken.csv", "0123456789", { "content-length": "1000" });
    await until(async () => (await unfinished()).length === 1);
    socket.destroy();
    await until(async () => (await unfinished()).length === 0);
    expect(existsSync(join(dataDir, "broken.csv"))).toBe(false);
  });

  it("is ended with 408 if it comes too slowly", async () => {
    const socket = begin("slow.csv", "0123456789", { "content-length": "1000" });
    let answer = "";
    for await (const part of socket) answer += String(part);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain("REQUEST_TIMEOUT");
    expect(await unfinished()).toEqual([]);
  });

  it("is refused with 507 and its path before a byte is taken if the disk has no room", async () => {
    const roomy = apiFolders("roomy");
    const other = await openApi(roomy, { COLAML_MAX_UPLOAD_BYTES: String(2 ** 52) });
    const { hostname, port } = new URL(other.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `PUT /files/huge.csv HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${TOKENS.submit}\r\ncontent-length: ${2 ** 51}\r\n\r\n`,
    );
    const [answer] = (await new Promise((resolve) => socket.once("data", (data) => resolve([data])))) as [
      Buffer,
    ];
    socket.destroy();
    expect(String(answer)).toMatch(/^HTTP\/1.1 507 /);
    expect(String(answer)).toContain('cannot store \\"huge.csv\\": the disk of the data folder is full');
    await other.close();
  });
});

describe("a file that is sent in parts", () => {
  const whole = "0123456789".repeat(10);
  const part = (path: string, first: number, last: number, more: Record<string, string> = {}) =>
    put(path, whole.slice(first, last + 1), {
      "content-range": `bytes ${first}-${last}/${whole.length}`,
      "repr-digest": digest(whole),
      ...more,
    });
  const ask = (path: string) =>
    put(path, "", { "content-range": `bytes */${whole.length}`, "repr-digest": digest(whole) });

  it("is put together, and stored when the last part is there", async () => {
    const first = await part("parts.csv", 0, 39);
    expect([first.status, first.headers["upload-offset"], json(first.text)]).toEqual([
      202,
      "40",
      { path: "parts.csv", offset: 40, total: 100 },
    ]);
    expect(existsSync(join(dataDir, "parts.csv"))).toBe(false);
    expect((await ask("parts.csv")).headers["upload-offset"]).toBe("40");
    const wrong = await part("parts.csv", 50, 99);
    expect([wrong.status, wrong.headers["upload-offset"]]).toEqual([416, "40"]);
    expect((await part("parts.csv", 40, 99)).status).toBe(201);
    expect(await onDisk("parts.csv")).toBe(whole);
    expect((await ask("parts.csv")).status).toBe(200);
    expect(await unfinished()).toEqual([]);
  });

  it("resumes with what came before the connection broke off", async () => {
    const socket = begin("resumed.csv", whole.slice(0, 30), {
      "content-length": "100",
      "content-range": "bytes 0-99/100",
      "repr-digest": digest(whole),
    });
    await until(async () => {
      const [name] = await unfinished();
      return name !== undefined && (await stat(join(dataDir, ".colaml-uploads", name))).size === 30;
    });
    socket.destroy();
    let held: string | undefined;
    await until(async () => {
      const answer = await ask("resumed.csv");
      held = answer.headers["upload-offset"] as string | undefined;
      return answer.status === 202;
    });
    expect(held).toBe("30");
    expect((await part("resumed.csv", 30, 99)).status).toBe(201);
    expect(await onDisk("resumed.csv")).toBe(whole);
  });

  it("takes a part that differs from its digest back, and drops parts that are not the announced whole", async () => {
    expect((await part("mended.csv", 0, 9, { "content-digest": digest("other") })).status).toBe(400);
    expect((await ask("mended.csv")).headers["upload-offset"]).toBe("0");
    const lied = { "content-range": "bytes 0-99/100", "repr-digest": digest("something else") };
    const answer = await put("mended.csv", whole, lied);
    expect([answer.status, json(answer.text)["error_code"]]).toEqual([400, "INPUT_CHANGED"]);
    expect((await part("mended.csv", 0, 99)).status).toBe(201);
    expect(await unfinished()).toEqual([]);
  });

  it("needs the digest of the whole, and cannot be larger than a whole may", async () => {
    const without = await put("parts-2.csv", "x", { "content-range": "bytes 0-0/10" });
    expect(json(without.text)["error_code"]).toBe("USAGE");
    const large = { "content-range": `bytes 0-0/${MOST + 1}`, "repr-digest": digest("x") };
    expect((await put("parts-2.csv", "x", large)).status).toBe(413);
  });
});

describe("uploads at the same time", () => {
  it("to one free name: one gets it, complete, and the others are refused", async () => {
    const bodies = Array.from({ length: 8 }, (_, i) => String(i).repeat(200_000));
    const answers = await Promise.all(bodies.map((body) => put("raced.csv", body)));
    const won = answers.flatMap(({ status }, i) => (status === 201 ? [i] : []));
    expect(won).toHaveLength(1);
    expect(answers.map(({ status }) => status).filter((status) => status === 409)).toHaveLength(7);
    expect(await onDisk("raced.csv")).toBe(bodies[won[0]!]);
    expect(await unfinished()).toEqual([]);
  });

  it("with one entity tag: one replaces, the others are refused", async () => {
    const { headers } = await put("versioned.csv", "first");
    const tag = { "if-match": headers["etag"] as string };
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => put("versioned.csv", `v${i}`, tag)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412, 412]);
  });
});

it("a folder that becomes a link at any moment leads nothing out of the data folder, nor in", async () => {
  const [inside, away, outside] = ["swapped", "swapped-away", "outside"].map((name) =>
    join(name === "outside" ? folder : dataDir, name),
  ) as [string, string, string];
  mkdirSync(inside);
  mkdirSync(outside);
  writeFileSync(join(inside, "in.csv"), "public");
  writeFileSync(join(outside, "in.csv"), "secret");
  /** An upload may make the folder in the moment in which it is not there. */
  const putInstead = (put: () => void) => {
    for (;;) {
      rmSync(inside, { recursive: true, force: true });
      try {
        return put();
      } catch (error) {
        if (!["EEXIST", "ENOTEMPTY"].includes((error as { code: string }).code)) throw error;
      }
    }
  };
  let swapping = true;
  const swap = (async () => {
    while (swapping) {
      renameSync(inside, away);
      putInstead(() => symlinkSync(outside, inside));
      await new Promise((resolve) => setImmediate(resolve));
      putInstead(() => renameSync(away, inside));
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const seen = new Map<string, number>();
  for (let i = 0; i < 60; i++) {
    const [read, written] = await Promise.all([
      rawRequest(api.url, "GET", "/files/swapped/in.csv"),
      put(`swapped/out-${i}.csv`, "mine"),
    ]);
    for (const { status, text } of [read, written]) {
      expect(text).not.toBe("secret");
      seen.set(`${status}`, (seen.get(`${status}`) ?? 0) + 1);
    }
  }
  swapping = false;
  await swap;
  expect(await readdir(outside)).toEqual(["in.csv"]);
  expect(seen.get("500") ?? 0).toBe(0);
});

describe("unfinished uploads", () => {
  it("that nobody continues are removed: parts after a day, others after ten minutes", async () => {
    const root = join(folder, "sweep");
    mkdirSync(root);
    let now = Date.now();
    const uploads = new UnfinishedUploads(root, () => now);
    const paths = [await uploads.newWhole(), await uploads.ofParts("a.csv", 10, "digest")];
    const strange = join(root, ".colaml-uploads", "strange");
    for (const path of [...paths, strange]) {
      writeFileSync(path, "x");
      await utimes(path, now / 1000, now / 1000);
    }
    expect(await uploads.sweep()).toBe(0);
    now += 11 * 60_000;
    expect(await uploads.sweep()).toBe(1);
    now += 24 * 3_600_000;
    expect(await uploads.sweep()).toBe(1);
    expect(existsSync(strange)).toBe(true);
  });

  it("are never written through a link in place of their folder", async () => {
    const root = join(folder, "linked");
    mkdirSync(root);
    symlinkSync(folder, join(root, ".colaml-uploads"));
    await expect(new UnfinishedUploads(root, Date.now).newWhole()).rejects.toThrow("is a link: remove it");
  });
});
