import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type ApiUnderTest, apiFolders, openApi } from "../api-under-test";
import { rawRequest } from "./raw-request";

const folders = apiFolders("files");
const { folder, dataDir } = folders;
const inner = { ...folders, stateDir: join(dataDir, "own-state") };
let api: ApiUnderTest;

beforeAll(async () => {
  mkdirSync(join(dataDir, "sub"));
  mkdirSync(join(dataDir, "own-state"));
  mkdirSync(join(dataDir, ".hidden"));
  mkdirSync(join(folder, "elsewhere"));
  writeFileSync(join(folder, "secret.csv"), "secret");
  writeFileSync(join(folder, "elsewhere", "secret.csv"), "secret");
  writeFileSync(join(dataDir, ".env"), "SECRET=secret\n");
  writeFileSync(join(dataDir, ".hidden", "in.csv"), "secret");
  writeFileSync(join(dataDir, "own-state", "up.json"), "secret");
  writeFileSync(join(dataDir, "in.csv"), "0123456789");
  writeFileSync(join(dataDir, "empty.csv"), "");
  writeFileSync(join(dataDir, "sub", "Ñandú 100.csv"), "text\nhola\n");
  writeFileSync(join(dataDir, "report.html"), "<script>alert(1)</script>");
  symlinkSync(join(folder, "secret.csv"), join(dataDir, "link.csv"));
  symlinkSync(join(folder, "elsewhere"), join(dataDir, "outside"));
  symlinkSync(join(dataDir, ".env"), join(dataDir, "env.csv"));
  symlinkSync(join(dataDir, "own-state"), join(dataDir, "state-link"));
  symlinkSync(join(folder, "not-there"), join(dataDir, "dangling"));
  symlinkSync("/dev/zero", join(dataDir, "device"));
  symlinkSync(join(dataDir, "loop"), join(dataDir, "loop"));
  execFileSync("mkfifo", [join(dataDir, "pipe")]);
  api = await openApi(inner);
});
afterAll(() => api.close());

/** Paths that lead out, into what is hidden or ColaML's own, or would for another parser. */
const HOSTILE = [
  "../secret.csv",
  "sub/../../secret.csv",
  "sub/../in.csv",
  "./in.csv",
  "..",
  "sub/..",
  "/etc/passwd",
  "//etc/passwd",
  "%2e%2e/secret.csv",
  "%2E%2E%2Fsecret.csv",
  "..%2fsecret.csv",
  "%252e%252e%252fsecret.csv",
  "..%5csecret.csv",
  "..\\secret.csv",
  "sub%5c..%5c..%5csecret.csv",
  "..%c0%afsecret.csv",
  "C:%5csecret.csv",
  "C:/secret.csv",
  "in.csv%00",
  "in.csv%00.txt",
  "in%0a.csv",
  "in%0d%0aset-cookie:x.csv",
  "~/secret.csv",
  "%7e/secret.csv",
  ".env",
  "%2eenv",
  "sub/.env",
  ".hidden/in.csv",
  ".colaml-uploads/x.part",
  "own-state/up.json",
  "own%2dstate/up.json",
  "state-link/up.json",
  "link.csv",
  "env.csv",
  "outside/secret.csv",
  "outside/new/secret.csv",
  "dangling/secret.csv",
  "device",
  "pipe",
  "loop",
  "loop/x.csv",
  "sub",
  "sub/",
  "sub//in.csv",
  "in.csv/.",
  "in.csv/x.csv",
  "",
  `${"n".repeat(256)}.csv`,
  `${"a/".repeat(600)}x`,
];

describe("a hostile path", () => {
  it.each(HOSTILE)("is neither read nor written nor listed: %j", async (path) => {
    const before = await everything();
    for (const method of ["GET", "HEAD"]) {
      const read = await rawRequest(api.url, method, `/files/${path}`);
      expect([400, 404]).toContain(read.status);
      expect(read.text).not.toContain("secret\n");
      expect(read.text).not.toMatch(/^secret$|SECRET=/);
    }
    const written = await rawRequest(api.url, "PUT", `/files/${path}`, { body: "mine" });
    expect([400, 404, 409]).toContain(written.status);
    const forced = await rawRequest(api.url, "PUT", `/files/${path}?force=true`, { body: "mine" });
    expect([400, 404]).toContain(forced.status);
    expect(await everything()).toEqual(before);
  });

  it.each([
    "../",
    "sub/../../",
    "%2e%2e/",
    "outside/",
    ".hidden/",
    "own-state/",
    "state-link/",
    "/",
    "//",
    "nothing/",
  ])("is not listed: prefix %j", async (prefix) => {
    const { status, text } = await rawRequest(api.url, "GET", `/files?prefix=${prefix}`);
    expect([400, 404]).toContain(status);
    expect(text).not.toContain('secret.csv"');
  });

  it("is refused in a job, too: hidden files, state", async () => {
    for (const path of [".env", "env.csv", ".hidden/in.csv", "own-state/up.json", "state-link/up.json"]) {
      const answer = await api.call("POST", "/jobs/train", "submit", {
        body: JSON.stringify({ dataset: { path } }),
      });
      expect(await answer.json()).toMatchObject({ error_code: "PATH_NOT_ALLOWED" });
    }
  });
});

/** Every name below the test's folder with size and content of files. */
async function everything(): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const lines = names
    .filter((name) => !name.includes(".colaml-uploads"))
    .map(async (name) => {
      const there = await stat(join(folder, name)).catch(() => undefined);
      return `${name} ${there?.isFile() ? await readFile(join(folder, name), "utf8") : ""}`;
    });
  return (await Promise.all(lines)).sort();
}

describe("a file", () => {
  it("is read as a whole, with an entity tag that spares the next reading", async () => {
    const answer = await api.call("GET", "/files/in.csv", "read");
    expect(await answer.text()).toBe("0123456789");
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-length": "10",
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": "attachment; filename*=UTF-8''in.csv",
      "accept-ranges": "bytes",
      "x-content-type-options": "nosniff",
      "cache-control": "private, no-cache",
    });
    const tag = answer.headers.get("etag")!;
    const again = await api.call("GET", "/files/in.csv", "read", { headers: { "if-none-match": tag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    const other = await api.call("GET", "/files/in.csv", "read", { headers: { "if-match": '"other"' } });
    expect([other.status, await other.json()]).toEqual([
      412,
      { error_code: "PRECONDITION_FAILED", message: expect.stringContaining(tag) },
    ]);
  });

  it("is read in ranges: 206 with the bytes, 416 without, the whole for another version", async () => {
    const range = (value: string, more = {}) =>
      api.call("GET", "/files/in.csv", "read", { headers: { range: value, ...more } });
    const part = await range("bytes=2-4");
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([
      206,
      "bytes 2-4/10",
      "234",
    ]);
    const none = await range("bytes=10-");
    expect([none.status, none.headers.get("content-range")]).toEqual([416, "bytes */10"]);
    expect(await none.json()).toMatchObject({ error_code: "RANGE_INVALID" });
    const tag = part.headers.get("etag")!;
    expect((await range("bytes=2-4", { "if-range": tag })).status).toBe(206);
    expect((await range("bytes=2-4", { "if-range": '"older"' })).status).toBe(200);
  });

  it("says by HEAD what GET would send, without opening a stream", async () => {
    const head = await api.call("HEAD", "/files/in.csv", "read");
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "10", ""]);
    const empty = await api.call("GET", "/files/empty.csv", "read");
    expect([empty.status, empty.headers.get("content-length"), await empty.text()]).toEqual([200, "0", ""]);
    expect((await api.call("HEAD", "/files/nothing.csv", "read")).status).toBe(404);
  });

  it("keeps its name in any script", async () => {
    const answer = await api.call("GET", "/files/sub/%C3%91and%C3%BA%20100.csv", "read");
    expect(await answer.text()).toBe("text\nhola\n");
    expect(answer.headers.get("content-disposition")).toBe(
      "attachment; filename*=UTF-8''%C3%91and%C3%BA%20100.csv",
    );
  });

  it("that is a page is saved, or shown in a sandbox in which nothing runs", async () => {
    const saved = await api.call("GET", "/files/report.html", "read");
    expect(saved.headers.get("content-disposition")).toMatch(/^attachment/);
    const shown = await api.call("GET", "/files/report.html?inline=true", "read");
    expect(shown.headers.get("content-disposition")).toMatch(/^inline/);
    expect(shown.headers.get("content-security-policy")).toMatch(/^sandbox; default-src 'none';/);
    const csv = await api.call("GET", "/files/in.csv?inline=true", "read");
    expect(csv.headers.get("content-disposition")).toMatch(/^attachment/);
  });

  it("is for those who may read", async () => {
    expect((await api.call("GET", "/files/in.csv")).status).toBe(401);
    expect((await api.call("PUT", "/files/new.csv", "read", { body: "x" })).status).toBe(403);
  });
});

describe("a listing", () => {
  const list = async (query: string) => {
    const answer = await api.call("GET", `/files${query}`, "read");
    return (await answer.json()) as { files: { path: string }[]; leftOut: number; next?: string };
  };

  it("names what requests can name, and counts what they cannot", async () => {
    const { files, leftOut } = await list("");
    expect(files).toEqual([
      expect.objectContaining({ path: "empty.csv", kind: "file", bytes: 0 }),
      expect.objectContaining({ path: "in.csv", kind: "file", bytes: 10, etag: expect.stringMatching(/^"/) }),
      expect.objectContaining({ path: "report.html" }),
      { path: "sub/", kind: "folder" },
    ]);
    // .env, .hidden, .colaml-uploads if there, own-state, seven links, a pipe
    expect(leftOut).toBeGreaterThanOrEqual(11);
  });

  it("of a folder or of a beginning of names gives paths that can be read", async () => {
    const { files } = await list("?prefix=sub/");
    expect(files.map(({ path }) => path)).toEqual(["sub/Ñandú 100.csv"]);
    expect((await list("?prefix=in")).files.map(({ path }) => path)).toEqual(["in.csv"]);
  });

  it("comes in pages, each file once", async () => {
    mkdirSync(join(dataDir, "many"));
    for (let i = 0; i < 25; i++) writeFileSync(join(dataDir, "many", `f${String(i).padStart(2, "0")}`), "");
    const seen: string[] = [];
    for (let after: string | undefined = ""; after !== undefined; ) {
      const page: Awaited<ReturnType<typeof list>> = await list(`?prefix=many/&limit=4&after=${after}`);
      expect(page.files.length).toBeLessThanOrEqual(4);
      seen.push(...page.files.map(({ path }) => path));
      after = page.next;
    }
    expect(seen).toHaveLength(25);
    expect(seen).toEqual([...seen].sort());
    const wrong = await api.call("GET", "/files?limit=5000", "read");
    expect(wrong.status).toBe(400);
  });
});

it("a hard link of a file is that file", async () => {
  linkSync(join(dataDir, "in.csv"), join(dataDir, "many-names.csv"));
  expect(await (await api.call("GET", "/files/many-names.csv", "read")).text()).toBe("0123456789");
});
