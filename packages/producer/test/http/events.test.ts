import { connect } from "node:net";
import { EventStream } from "@colaml/producer/http/events/event-stream";
import { type JobNews, JobWatches } from "@colaml/producer/http/events/job-watches";
import type { JobView } from "@colaml/producer/submit/job-view";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { Worker } from "bullmq";
import { type ApiUnderTest, apiFolders, openApi, TOKENS } from "./api-under-test";

interface Heard {
  id: string;
  event: string;
  data: Record<string, unknown>;
}

/** The events of a stream as they come, and how many comments came between them. */
async function* eventsOf(answer: Response): AsyncGenerator<Heard> {
  let text = "";
  for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field("data");
      if (data !== undefined)
        yield { id: field("id")!, event: field("event")!, data: JSON.parse(data) as Record<string, unknown> };
    }
  }
}

describe("the events of a job", () => {
  let api: ApiUnderTest;
  beforeAll(async () => {
    api = await openApi(apiFolders("events"), { COLAML_MAX_EVENT_STREAMS: "3" });
  });
  afterAll(() => api.close());

  const submit = async () => {
    const answer = await api.call("POST", "/jobs/predict", "submit", { body: '{"texts": ["hello"]}' });
    return ((await answer.json()) as { id: string }).id;
  };
  const listen = (id: string, headers: Record<string, string> = {}) =>
    api.call("GET", `/jobs/${id}/events`, "read", { headers });

  /** A worker that runs one job of texts and waits for `release` in the middle. */
  function workOnce(run: (report: (progress: object) => Promise<void>) => Promise<unknown>) {
    return new Worker("predict-texts", (job) => run((progress) => job.updateProgress(progress)), {
      connection: { url: process.env["TEST_REDIS_URL"]! },
      prefix: api.queues.settings.prefix,
    });
  }

  it("begin with the present state, follow each change, and end with the result, its long parts named", async () => {
    const id = await submit();
    const answer = await listen(id);
    expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = eventsOf(answer);
    const next = async () => (await events.next()).value as Heard;
    expect(await next()).toMatchObject({
      event: "state",
      data: { id, status: "waiting", href: `/jobs/${id}` },
    });
    let release = () => {};
    const worker = workOnce(async (report) => {
      await report({ stage: "scoring", done: 1, total: 2 });
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return { rows: 1, predictions: [{ label: "x".repeat(3_000) }] };
    });
    let heard = await next();
    while (heard.data["progress"] === undefined) heard = await next();
    expect(heard).toMatchObject({ event: "state", data: { status: "active", progress: { done: 1 } } });
    release();
    expect(await next()).toMatchObject({
      event: "end",
      data: { id, status: "completed", result: { rows: 1 }, omitted: ["predictions"] },
    });
    expect((await events.next()).done).toBe(true);
    await worker.close();
  });

  it("of one that failed end with the reason; a browser that comes back is sent away", async () => {
    const id = await submit();
    const worker = workOnce(async () => {
      throw Object.assign(new Error("MODEL_NOT_FOUND: no model"), { name: "UnrecoverableError" });
    });
    const heard: Heard[] = [];
    for await (const event of eventsOf(await listen(id))) heard.push(event);
    await worker.close();
    const last = heard.at(-1)!;
    expect(last).toMatchObject({
      event: "end",
      data: { status: "failed", error: { error_code: "MODEL_NOT_FOUND", message: "no model" } },
    });
    expect((await listen(id, { "last-event-id": last.id })).status).toBe(204);
    const late = await listen(id, { "last-event-id": "older" });
    expect(await late.text()).toContain("event: end");
  });

  it("are not there for a job that is not: 404 before the stream", async () => {
    const answer = await listen("predict-0000000000");
    expect([answer.status, await answer.json()]).toMatchObject([404, { error_code: "JOB_NOT_FOUND" }]);
    expect((await api.call("GET", "/jobs/predict-0000000000/events")).status).toBe(401);
  });

  it("of one that is removed end, too", async () => {
    const id = await submit();
    const events = eventsOf(await listen(id));
    await events.next();
    await api.call("DELETE", `/jobs/${id}`, "submit");
    expect((await events.next()).value).toMatchObject({
      event: "end",
      data: { status: "unknown", error: { error_code: "JOB_NOT_FOUND" } },
    });
  });

  it("are for a bounded number of readers, and one who goes away makes room", async () => {
    const id = await submit();
    const gone = new AbortController();
    const answers = await Promise.all([
      api.call("GET", `/jobs/${id}/events`, "read", { signal: gone.signal }),
      listen(id),
      listen(id),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const fourth = await listen(id);
    expect([fourth.status, fourth.headers.get("retry-after")]).toEqual([429, "1"]);
    gone.abort();
    let again = await listen(id);
    while (again.status === 429) again = await listen(id);
    expect(again.status).toBe(200);
    for (const answer of [...answers.slice(1), again]) await answer.body!.cancel();
    await api.call("DELETE", `/jobs/${id}`, "submit");
  });

  it("end when the server stops", async () => {
    const other = await openApi(apiFolders("events-stop"));
    const added = await other.call("POST", "/jobs/predict", "submit", { body: '{"texts": ["hello"]}' });
    const { id } = (await added.json()) as { id: string };
    const { hostname, port } = new URL(other.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /jobs/${id}/events HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${TOKENS.read}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once("data", resolve));
    const ended = new Promise((resolve) => socket.once("close", resolve));
    socket.resume();
    await other.close();
    await ended;
  });
});

describe("watching", () => {
  const view = (status: JobView["status"]): JobView => ({
    id: "j",
    queue: "predict",
    status,
    attempts: 0,
    createdAt: "2026-01-01T00:00:00.000Z",
  });
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
  };

  it("looks at a job once per round for any number of readers, and at nothing when nobody reads", async () => {
    const looks: string[] = [];
    const watches = new JobWatches(async (reference) => {
      looks.push(reference);
      return view("active");
    }, 1);
    const heard: number[] = Array(50).fill(0);
    const stops = heard.map((_, i) =>
      watches.watch("predict/j", () => {
        heard[i] = heard[i]! + 1;
      }),
    );
    await until(() => looks.length >= 5);
    expect(heard).toEqual(Array(50).fill(1));
    for (const stop of stops) stop();
    expect(watches.size).toBe(0);
    const before = looks.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(looks.length - before).toBeLessThanOrEqual(1);
  });

  it("reports once that Redis is away, and what came of the job when it is back", async () => {
    const away = new ColaError("REDIS_UNREACHABLE", "no answer");
    const answers = [away, away, away, view("completed")];
    const heard: JobNews[] = [];
    const watches = new JobWatches(async () => {
      const answer = answers.shift() ?? view("completed");
      if (answer instanceof ColaError) throw answer;
      return answer;
    }, 1);
    const stop = watches.watch("predict/j", (news) => heard.push(news));
    await until(() => answers.length === 0 && heard.length >= 2);
    stop();
    expect(heard.map(({ kind }) => kind)).toEqual(["unavailable", "job"]);
  });
});

describe("a stream", () => {
  /** A response that takes nothing more until `drain`. */
  function slowResponse() {
    const listeners = new Map<string, () => void>();
    const written: string[] = [];
    return {
      written,
      drain: () => listeners.get("drain")!(),
      close: () => listeners.get("close")!(),
      response: {
        writableEnded: false,
        destroyed: false,
        on: (name: string, listener: () => void) => listeners.set(name, listener),
        once: (name: string, listener: () => void) => listeners.set(name, listener),
        write: (text: string) => {
          written.push(text);
          return !text.startsWith("id: first");
        },
        end: (text: string) => written.push(text),
        destroy: () => written.push("(let go)"),
      },
    };
  }

  it("keeps for a slow reader the present state only", () => {
    const slow = slowResponse();
    const stream = new EventStream(slow.response as never, 60_000);
    for (const id of ["first", "second", "third"]) stream.send({ id, event: "state", data: {} });
    expect(slow.written.slice(1)).toEqual(["id: first\nevent: state\ndata: {}\n\n"]);
    slow.drain();
    expect(slow.written.slice(2)).toEqual(["id: third\nevent: state\ndata: {}\n\n"]);
    slow.close();
  });

  it("lets a reader go that takes nothing for a while", async () => {
    const slow = slowResponse();
    const stream = new EventStream(slow.response as never, 1);
    stream.send({ id: "first", event: "state", data: {} });
    while (!slow.written.includes("(let go)")) await new Promise((resolve) => setTimeout(resolve, 1));
    slow.close();
  });

  it("says now and then that it is still there", async () => {
    const slow = slowResponse();
    new EventStream(slow.response as never, 1);
    while (!slow.written.includes(": still here\n\n")) await new Promise((resolve) => setTimeout(resolve, 1));
    slow.close();
  });
});
