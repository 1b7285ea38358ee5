import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findSchedule } from "@colaml/producer/submit/schedule-control";
import { championOf, promote } from "@colaml/shared/mlflow/champion";
import {
  clientFor,
  publishVersions,
  testServer,
  uniqueName,
} from "../../../shared/test/mlflow/example-publication";
import { fillPages, openPages, type PagesUnderTest, SCRIPT, TOKENS, WITH_TOKENS } from "./pages-under-test";

const OWN = { "sec-fetch-site": "same-origin" };
const FORM = "application/x-www-form-urlencoded";
const model = uniqueName("paged");
const client = clientFor(testServer());
const SECTIONS = ["/", "/ui/jobs", "/ui/models", "/ui/alerts", "/ui/queues", "/ui/try"];

let open: PagesUnderTest;
let guarded: PagesUnderTest;
beforeAll(async () => {
  open = await openPages("pages-open", { COLAML_MODEL: model });
  guarded = await openPages("pages-guarded", { ...WITH_TOKENS, COLAML_MODEL: model });
  await publishVersions(client, model, 2);
  await promote(client, model, "1", `the first ${SCRIPT}`);
  await fillPages(open, model);
  await fillPages(guarded, model);
});
afterAll(async () => {
  await open.close();
  await guarded.close();
});

const get = (pages: PagesUnderTest, url: string, headers: Record<string, string> = {}) =>
  pages.server.inject({ method: "GET", url, headers: { host: "127.0.0.1", ...headers } });
const post = (
  pages: PagesUnderTest,
  url: string,
  form: Record<string, string> = {},
  headers: Record<string, string> = OWN,
) =>
  pages.server.inject({
    method: "POST",
    url,
    headers: { host: "127.0.0.1", "content-type": FORM, ...headers },
    payload: new URLSearchParams(form).toString(),
  });

/** The `Cookie` header of somebody who logs in with a token. */
async function logIn(token: string): Promise<string> {
  const answer = await post(guarded, "/login", { token, next: "/ui/jobs" });
  expect([answer.statusCode, answer.headers["location"]]).toEqual([303, "/ui/jobs"]);
  return String(answer.headers["set-cookie"]).split(";")[0]!;
}

const sessions = new Map<string, Promise<string>>();
/** The same of a session that lasts: only so many logins per second are let in. */
function session(token: string): Promise<string> {
  const cookie = sessions.get(token) ?? logIn(token);
  sessions.set(token, cookie);
  return cookie;
}

it("the overview shows the newest model with a champion if the model of the settings has none", async () => {
  const pages = await openPages("pages-other-model", { COLAML_MODEL: uniqueName("never-trained") });
  const { body } = await get(pages, "/");
  expect(body).not.toContain("no champion yet");
  expect(body).toContain("No jobs yet");
  expect(body).not.toContain("Train a first model");
  await pages.close();
});

describe("every page", () => {
  it.each([
    ...SECTIONS,
    `/ui/models/${model}`,
    "/ui/jobs/predict/predict-texts",
    "/ui/jobs/monitor/monitor-failed",
  ])(
    "%s is shown without a token on loopback, runs no foreign script and stands in no frame",
    async (path) => {
      const answer = await get(open, path);
      expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
      const policy = String(answer.headers["content-security-policy"]);
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      expect(answer.headers["x-content-type-options"]).toBe("nosniff");
      expect(answer.body).not.toContain(SCRIPT);
      expect(answer.body).not.toContain("secret of a customer");
      expect(answer.body).not.toMatch(
        /<script(?! src="\/ui\/assets\/page\.js" type="module">)|<style| style=| on[a-z]+=/,
      );
    },
  );

  it("shows what jobs, incidents and histories say as text", async () => {
    const escaped = "&lt;script&gt;";
    for (const path of [
      "/ui/jobs",
      "/ui/alerts",
      `/ui/models/${model}`,
      "/ui/jobs/train/train-waiting",
      "/ui/jobs/monitor/monitor-failed",
    ])
      expect((await get(open, path)).body).toContain(escaped);
  });

  it("shows how many texts a job carries, and none of them", async () => {
    const { body } = await get(open, "/ui/jobs/predict/predict-texts");
    expect(body).toContain("1 entry, not shown on pages");
  });

  it("is in Spanish for a browser that wants it, and in the language that a person chose", async () => {
    const spanish = await get(open, "/ui/queues", { "accept-language": "es-MX,es;q=0.9,en;q=0.1" });
    expect(spanish.body).toMatch(/<html lang="es".*<h1>Colas<\/h1>/s);
    const other = await get(open, "/ui/queues", { "accept-language": "ca,de;q=0.8" });
    expect(other.body).toMatch(/<html lang="en".*<h1>Queues<\/h1>/s);
    const choice = await get(open, "/ui/language/es?next=%2Fui%2Fqueues");
    expect([choice.statusCode, choice.headers["location"]]).toEqual([303, "/ui/queues"]);
    const cookie = String(choice.headers["set-cookie"]).split(";")[0]!;
    expect((await get(open, "/ui/queues", { cookie, "accept-language": "en" })).body).toContain(
      "<h1>Colas</h1>",
    );
  });

  it("writes decimals and lengths of time as its language does: beside 10.003 rows a point would be misread", async () => {
    const path = `/ui/models/${model}`;
    const spanish = (await get(open, path, { "accept-language": "es" })).body;
    expect(spanish).toContain(">0,4123<");
    expect(spanish).not.toMatch(/>\d\.\d{4}</);
    expect((await get(open, path, { "accept-language": "en" })).body).toContain(">0.4123<");
    expect((await get(open, "/ui/jobs/monitor/monitor-failed", { "accept-language": "es" })).body).toContain(
      ">1,5 s<",
    );
  });

  it("names the model in the command that checks it", async () => {
    expect((await get(open, "/ui/models/never-checked")).body).toContain(
      "cola monitor FILE --model never-checked",
    );
  });

  it("counts as waiting only what a worker is to take: alerts lie in their queue until somebody fetches them", async () => {
    const waiting = async () => /(\d+) waiting, \d+ failed/.exec((await get(open, "/")).body)?.[1];
    const before = await waiting();
    await open.queues.queue("alerts").add("alert", {}, { jobId: "alert-unfetched" });
    expect(before).toMatch(/^\d+$/);
    expect(await waiting()).toBe(before);
  });

  it("says what to type next while there is nothing", async () => {
    const empty = await openPages("pages-empty", { COLAML_MODEL: uniqueName("none") });
    const commands = {
      // The tests share an MLflow, which has other models with a champion by now.
      "/": "cola predict FILE --output OUT",
      "/ui/jobs": "cola predict FILE --output OUT",
      "/ui/alerts": "cola schedule add monitor",
      "/ui/try": "cola train FILE",
    };
    for (const [path, command] of Object.entries(commands))
      expect((await get(empty, path)).body).toContain(command);
    await empty.close();
  });

  it("is a page also when something is wrong", async () => {
    const missing = await get(open, "/ui/jobs/train/train-none");
    expect([missing.statusCode, missing.headers["content-type"]]).toEqual([404, "text/html; charset=utf-8"]);
    expect(missing.body).toContain("JOB_NOT_FOUND");
    const unknown = await get(open, "/ui/nothing");
    expect([unknown.statusCode, unknown.body.includes("no such page")]).toEqual([404, true]);
    const filter = await get(open, "/ui/jobs?state=broken");
    expect(filter.statusCode).toBe(400);
    expect(filter.body).toContain("allowed is one of waiting");
  });

  it("lists jobs by queue, state and model", async () => {
    const { body } = await get(open, `/ui/jobs?state=waiting&queue=train&model=${model}&since=1h`);
    expect(body).toContain("train-waiting");
    expect(body).not.toContain("predict-texts");
    expect(body).toContain('<option value="train" selected>');
  });
});

describe("a job of another client", () => {
  it("is listed and shown whatever its id and its payload are made of", async () => {
    const id = "nightly 2026/11/25 <b>";
    await open.queues.queue("predict").add("any", ["not", "an", "object"], { jobId: id });
    const list = await get(open, "/ui/jobs?queue=predict");
    const path = "/ui/jobs/predict/nightly%202026%2F11%2F25%20%3Cb%3E";
    expect(list.body).toContain(`<a href="${path}">nightly 2026/11/25 &lt;b&gt;</a>`);
    const page = await get(open, path);
    expect([page.statusCode, page.body.includes("nightly 2026/11/25 &lt;b&gt;</h1>")]).toEqual([200, true]);
    expect(page.body).toContain(`data-events="/jobs/${encodeURIComponent(`predict/${id}`)}/events"`);
  });
});

describe("without a server behind it", () => {
  it("a page shows what it can, and says within a second what it cannot", async () => {
    const lame = await openPages("pages-lame", { MLFLOW_TRACKING_URI: "http://127.0.0.1:9" });
    expect((await get(lame, "/")).body).toContain("cola train FILE");
    for (const path of SECTIONS) expect((await get(lame, path)).statusCode).toBe(200);
    expect((await get(lame, "/")).body).toContain("MLflow cannot be used now");
    expect((await get(lame, "/ui/models")).body).toContain("MLflow cannot be reached");
    await lame.close();
  });
});

describe("the door", () => {
  it("is where a page sends whoever is not known, and the API answers 401 as before", async () => {
    for (const path of SECTIONS) {
      const answer = await get(guarded, path);
      expect([answer.statusCode, answer.headers["location"]]).toEqual([
        303,
        `/login?next=${encodeURIComponent(path)}`,
      ]);
    }
    expect((await get(guarded, "/jobs")).statusCode).toBe(401);
    expect((await get(guarded, "/login")).statusCode).toBe(200);
    expect((await get(open, "/login")).headers["location"]).toBe("/");
  });

  it("lets in with a token of any role, names the role, and lets out", async () => {
    for (const [role, words] of [
      ["read", "may read"],
      ["submit", "may submit"],
      ["admin", "administrator"],
    ] as const) {
      const cookie = await logIn(TOKENS[role]);
      const page = await get(guarded, "/", { cookie });
      expect([page.statusCode, page.body.includes(words), page.body.includes("Log out")]).toEqual([
        200,
        true,
        true,
      ]);
      expect((await get(guarded, "/jobs", { cookie })).statusCode).toBe(200);
      const out = await post(guarded, "/logout", {}, { ...OWN, cookie });
      expect(out.headers["location"]).toBe("/login");
      expect((await get(guarded, "/", { cookie })).statusCode).toBe(303);
    }
  });

  it("refuses a wrong token without saying more, and another site's form", async () => {
    const wrong = await post(guarded, "/login", { token: "token" });
    expect([wrong.statusCode, wrong.headers["set-cookie"]]).toEqual([401, undefined]);
    expect(wrong.body).toContain("not a token of this server");
    const foreign = await post(
      guarded,
      "/login",
      { token: TOKENS.admin },
      { "sec-fetch-site": "cross-site" },
    );
    expect([foreign.statusCode, foreign.headers["set-cookie"]]).toEqual([403, undefined]);
  });

  it.each([
    "//evil.example",
    "https://evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "/ui/jobs\r\nx: y",
  ])("sends nobody to %j", async (next) => {
    const answer = await post(guarded, "/login", { token: TOKENS.read, next });
    expect([answer.statusCode, answer.headers["location"]]).toEqual([303, "/"]);
  });

  it("asks a browser that came by another site's link once more, since its cookie was not sent with that", async () => {
    const answer = await get(guarded, "/ui/alerts", { "sec-fetch-site": "cross-site" });
    expect([answer.statusCode, answer.body.includes('http-equiv="refresh"')]).toEqual([200, true]);
    const again = await get(guarded, "/ui/alerts", { "sec-fetch-site": "same-origin" });
    expect(again.headers["location"]).toBe("/login?next=%2Fui%2Falerts");
  });
});

describe("what a role may do", () => {
  const ACTIONS: [string, string, Record<string, string>, "submit" | "admin"][] = [
    ["acknowledge", "/ui/alerts/quality-1/acknowledge", { by: "ana" }, "submit"],
    ["cancel", "/ui/jobs/train/train-waiting/cancel", {}, "submit"],
    ["retry", "/ui/jobs/monitor/monitor-failed/retry", {}, "submit"],
    ["try a text", "/ui/try", { text: "hello" }, "submit"],
    ["pause", "/ui/queues/train/pause", {}, "admin"],
    ["resume", "/ui/queues/train/resume", {}, "admin"],
    ["drain", "/ui/queues/train/drain", {}, "admin"],
    ["promote", `/ui/models/${model}/promote`, { version: "2", reason: "why" }, "admin"],
    ["roll back", `/ui/models/${model}/rollback`, { reason: "why" }, "admin"],
  ];
  it.each(ACTIONS)("to %s is not for a role below", async (_what, path, form, needed) => {
    const lower = needed === "admin" ? (["read", "submit"] as const) : (["read"] as const);
    for (const role of lower) {
      const answer = await post(guarded, path, form, { ...OWN, cookie: await session(TOKENS[role]) });
      expect([role, answer.statusCode]).toEqual([role, 403]);
    }
    const stranger = await post(guarded, path, form);
    expect([stranger.statusCode, stranger.headers["location"]]).toEqual([303, "/login?next=%2F"]);
  });

  it.each(ACTIONS)(
    "to %s is not for a form of another site, with a session or on loopback",
    async (_what, path, form) => {
      const foreign = { "sec-fetch-site": "cross-site" };
      const cookie = await session(TOKENS.admin);
      expect((await post(guarded, path, form, { ...foreign, cookie })).statusCode).toBe(403);
      expect((await post(open, path, form, foreign)).statusCode).toBe(403);
    },
  );

  it("is what its pages offer: a reader sees no button that changes anything", async () => {
    const buttons = /method="post" action="(?!\/logout)/;
    const reader = await session(TOKENS.read);
    const admin = await session(TOKENS.admin);
    for (const path of [
      "/ui/alerts",
      "/ui/queues",
      `/ui/models/${model}`,
      "/ui/jobs/monitor/monitor-failed",
    ]) {
      expect([path, buttons.test((await get(guarded, path, { cookie: reader })).body)]).toEqual([
        path,
        false,
      ]);
      expect([path, buttons.test((await get(guarded, path, { cookie: admin })).body)]).toEqual([path, true]);
    }
  });
});

describe("an administrator", () => {
  it("promotes and rolls back with a reason that the history keeps", async () => {
    const none = await post(open, `/ui/models/${model}/promote`, { version: "2", reason: "  " });
    expect(none.statusCode).toBe(400);
    const done = await post(open, `/ui/models/${model}/promote`, { version: "2", reason: "ticket 812" });
    expect(done.headers["location"]).toBe(`/ui/models/${model}?done=promoted`);
    expect((await championOf(client, model))?.version).toBe("2");
    expect((await get(open, `/ui/models/${model}`)).body).toContain("by hand: ticket 812");
    const back = await post(open, `/ui/models/${model}/rollback`, { reason: "complaints", to: "1" });
    expect(back.headers["location"]).toBe(`/ui/models/${model}?done=rolledback`);
    expect((await championOf(client, model))?.version).toBe("1");
  });

  it("pauses, resumes and drains a queue", async () => {
    await post(open, "/ui/queues/labels/pause");
    expect(await open.queues.queue("labels").isPaused()).toBe(true);
    await post(open, "/ui/queues/labels/resume");
    expect(await open.queues.queue("labels").isPaused()).toBe(false);
    await open.queues.add("labels", {}, { jobId: "labels-1" });
    expect((await post(open, "/ui/queues/labels/drain")).headers["location"]).toBe("/ui/queues?done=drained");
    expect(await open.queues.find("labels/labels-1")).toBeUndefined();
  });

  it("acknowledges an incident, retries a job that failed and cancels one that waits", async () => {
    await post(open, "/ui/alerts/quality-1/acknowledge", { by: "ana" });
    expect((await get(open, "/ui/alerts")).body).toContain("seen by ana");
    const retried = await post(open, "/ui/jobs/monitor/monitor-failed/retry");
    expect(retried.headers["location"]).toBe("/ui/jobs/monitor/monitor-failed?done=retried");
    expect((await open.queues.view("monitor/monitor-failed")).status).toBe("waiting");
    await post(open, "/ui/jobs/monitor/monitor-failed/cancel");
    expect(await open.queues.find("monitor/monitor-failed")).toBeUndefined();
  });
});

describe("a report", () => {
  const finish = async (id: string, report: string) => {
    const queue = open.queues.queue("monitor");
    await open.queues.add("monitor", {}, { jobId: id });
    await open.queues.redis.lrem(queue.toKey("wait"), 0, id);
    await open.queues.redis.zadd(queue.toKey("completed"), Date.now(), id);
    await open.queues.redis.hset(queue.toKey(id), {
      returnvalue: JSON.stringify({ report }),
      finishedOn: Date.now(),
    });
    return get(open, `/ui/jobs/monitor/${id}/report`);
  };

  it("of the state or data folder is shown without any right to run something", async () => {
    mkdirSync(join(open.stateDir, "reports"), { recursive: true });
    const path = join(open.stateDir, "reports", "a.html");
    writeFileSync(path, "<h1>report</h1>");
    const answer = await finish("monitor-report", path);
    expect([answer.statusCode, answer.body]).toEqual([200, "<h1>report</h1>"]);
    expect(answer.headers["content-security-policy"]).toMatch(/default-src 'none'.*sandbox/);
    expect((await get(open, "/ui/jobs/monitor/monitor-report")).body).toContain(
      "/ui/jobs/monitor/monitor-report/report",
    );
  });

  it("that a result names elsewhere, or that is no page, is not shown", async () => {
    writeFileSync(join(open.stateDir, "secret.html"), "secret");
    writeFileSync(join(open.dataDir, "rows.csv"), "secret");
    symlinkSync(join(open.stateDir, "secret.html"), join(open.dataDir, "link.html"));
    const elsewhere = [
      "/etc/passwd",
      join(open.stateDir, "secret.html"),
      "../state/secret.html",
      "link.html",
      "rows.csv",
      "none.html",
    ];
    for (const [index, path] of elsewhere.entries()) {
      const answer = await finish(`monitor-elsewhere-${index}`, path);
      expect([path, answer.statusCode, answer.body.includes("secret")]).toEqual([path, 400, false]);
    }
  });
});

describe("schedules", () => {
  it("are listed on the page of the queues with interval, next run and model", async () => {
    const { body } = await get(open, "/ui/queues");
    expect(body).toMatch(/<strong>hourly<\/strong>[\s\S]*every 1 h[\s\S]*<time datetime=/);
    expect(body).toMatch(
      /<strong>nightly<\/strong>[\s\S]*<code>0 3 \* \* \*<\/code> Europe\/Madrid[\s\S]*>paused</,
    );
    expect(body).toContain(`href="/ui/models/${model}"`);
    expect(body).not.toContain(SCRIPT);
  });

  it("are resumed, paused and removed by an administrator, and by nobody else", async () => {
    const cookie = async (token: string) => ({ cookie: await session(token), ...OWN });
    const act = async (action: string, token: string) =>
      (await post(guarded, `/ui/schedules/nightly/${action}`, {}, await cookie(token))).headers["location"];
    for (const action of ["pause", "resume", "remove"])
      expect(await act(action, TOKENS.submit)).toBeUndefined();
    const { body } = await get(guarded, "/ui/queues", { cookie: await session(TOKENS.submit) });
    expect(body).not.toContain("/ui/schedules/");
    expect(await act("resume", TOKENS.admin)).toBe("/ui/queues?done=scheduleResumed");
    const paused = async () => (await findSchedule(guarded.queues, "nightly")).paused;
    expect(await paused()).toBe(false);
    expect(await act("pause", TOKENS.admin)).toBe("/ui/queues?done=schedulePaused");
    expect(await paused()).toBe(true);
    expect(await act("remove", TOKENS.admin)).toBe("/ui/queues?done=scheduleRemoved");
    await expect(findSchedule(guarded.queues, "nightly")).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
    const again = await post(guarded, "/ui/schedules/nightly/pause", {}, await cookie(TOKENS.admin));
    expect(again.statusCode).toBe(404);
  });
});

it("the page of a model shows the drift of its latest check in numbers, also those of a later release", async () => {
  const { body } = await get(open, `/ui/models/${model}`);
  expect(body).toMatch(
    /Words <code[^>]*>vocabulary<\/code>[\s\S]*alert[\s\S]*0\.4123[\s\S]*0\.0123[\s\S]*0\.0312[\s\S]*0\.2211/,
  );
  expect(body).toContain("weather &lt;script&gt;");
});

describe("what went wrong", () => {
  const inSpanish = { "accept-language": "es" };
  let fresh: PagesUnderTest;
  beforeAll(async () => {
    fresh = await openPages("pages-wrong");
    await fillPages(fresh, model);
  });
  afterAll(() => fresh.close());

  it("is said in Spanish by its code, with the English detail and its language", async () => {
    const { body } = await get(fresh, "/ui/jobs/monitor/monitor-failed", inSpanish);
    expect(body).toMatch(
      /<p>Las etiquetas no son válidas\.<\/p><p class="small dim" lang="en">no label &lt;script/,
    );
    expect((await get(fresh, "/ui/jobs", inSpanish)).body).toContain("Las etiquetas no son válidas.");
    const missing = await get(fresh, "/ui/jobs/train/none", inSpanish);
    expect([missing.statusCode, missing.body]).toEqual([
      404,
      expect.stringMatching(
        /<p>No existe ese trabajo, planificación o alerta\.<\/p><p class="small dim" lang="en">no job /,
      ),
    ]);
  });

  it("is said in English once", async () => {
    const { body } = await get(fresh, "/ui/jobs/monitor/monitor-failed");
    expect(body).toContain("<p>no label &lt;script");
    expect(body).not.toContain('lang="en">no label');
  });
});
