import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Readable, Writable } from "node:stream";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/** What keeps it from looking for anything but the page. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
  "--remote-debugging-pipe",
];

/** COLAML_CHROMIUM, else the first Chromium on PATH; undefined if there is none. */
export const chromiumPath = process.env["COLAML_CHROMIUM"] ?? onPath();

function onPath(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** How a reader looks at a page. */
export interface View {
  /** CSS pixels. */
  width: number;
  scheme: "light" | "dark";
  /** What the browser asks for, as in `Accept-Language`; absent: its own. */
  language?: string;
}

export interface Browser {
  /** Shows a page; resolves when it is laid out. */
  open(url: string, view: View): Promise<void>;
  /** Evaluates an expression that leads to another page, such as a click; resolves when that one is laid out. */
  follow(expression: string): Promise<void>;
  /** The value of an expression in the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** PNG of the whole page, one pixel a CSS pixel. */
  screenshot(): Promise<Buffer>;
  /** What the console and the security policy said since the last `open`. */
  complaints(): readonly string[];
  close(): Promise<void>;
}

interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** Starts Chromium and speaks its DevTools protocol over two pipes: no port, nothing to install. */
export async function openChromium(path: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), "chromium-"));
  const child = spawn(path, [...FLAGS, `--user-data-dir=${profile}`], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const [input, output] = [child.stdio[3] as Writable, child.stdio[4] as Readable];
  const answers = new Map<number, (message: Message) => void>();
  const listeners = new Set<(message: Message) => void>();
  let kept = "";
  output.setEncoding("utf8").on("data", (data: string) => {
    const parts = (kept + data).split("\0");
    kept = parts.pop()!;
    for (const part of parts) {
      const message = JSON.parse(part) as Message;
      if (message.id !== undefined) answers.get(message.id)?.(message);
      for (const listener of listeners) listener(message);
    }
  });
  let id = 0;
  let sessionId: string | undefined;
  const send = (method: string, params: object = {}) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const number = ++id;
      answers.set(number, ({ error, result }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result!),
      );
      void ended.then(() => reject(new Error(`Chromium ended during ${method}`)));
      input.write(`${JSON.stringify({ id: number, method, params, sessionId })}\0`);
    });
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  sessionId = (await send("Target.attachToTarget", { targetId, flatten: true }))["sessionId"] as string;
  for (const domain of ["Page", "Log", "Runtime", "Network"]) await send(`${domain}.enable`);
  let complaints: string[] = [];
  listeners.add(({ method, params }) => {
    if (method === "Log.entryAdded" || method === "Runtime.exceptionThrown")
      complaints.push(JSON.stringify(params));
  });
  const loaded = () =>
    new Promise<void>((resolve) => {
      const listener = ({ method }: Message) => {
        if (method !== "Page.loadEventFired") return;
        listeners.delete(listener);
        resolve();
      };
      listeners.add(listener);
    });
  return {
    complaints: () => complaints,
    async open(url, { width, scheme, language }) {
      complaints = [];
      await send("Network.setExtraHTTPHeaders", {
        headers: language === undefined ? {} : { "accept-language": language },
      });
      const size = { width, height: 800, deviceScaleFactor: 1, mobile: width < 600 };
      await send("Emulation.setDeviceMetricsOverride", size);
      await send("Emulation.setEmulatedMedia", {
        features: [{ name: "prefers-color-scheme", value: scheme }],
      });
      const shown = loaded();
      await send("Page.navigate", { url });
      await shown;
    },
    async follow(expression) {
      const shown = loaded();
      await send("Runtime.evaluate", { expression });
      await shown;
    },
    async evaluate<T>(expression: string) {
      const answer = await send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
      if (answer["exceptionDetails"]) throw new Error(JSON.stringify(answer["exceptionDetails"]));
      return (answer["result"] as { value: T }).value;
    },
    async screenshot() {
      const { data } = await send("Page.captureScreenshot", { captureBeyondViewport: true });
      return Buffer.from(data as string, "base64");
    },
    async close() {
      // It answers, or it is gone before it can.
      await send("Browser.close").catch(() => undefined);
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
