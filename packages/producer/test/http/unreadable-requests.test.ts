import { connect } from "node:net";
import { type ApiUnderTest, apiFolders, openApi } from "./api-under-test";

const folders = apiFolders("unreadable");
let api: ApiUnderTest;
beforeAll(async () => {
  api = await openApi(folders);
});
afterAll(() => api.close());

/** All that the server answers to bytes, until it ends the connection. */
function answerTo(bytes: string): Promise<string> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.setEncoding("utf8").on("data", (text) => {
      answer += text;
    });
    socket.once("error", reject).once("close", () => resolve(answer));
    socket.write(bytes);
  });
}

it.each([
  ["two lengths", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400, "JOB_INVALID"],
  ["a NUL in a header", "X: a\0b\r\n", 400, "JOB_INVALID"],
  ["too many headers", `X: ${"a".repeat(20_000)}\r\n`, 431, "INPUT_TOO_LARGE"],
])(
  "a request with %s is answered once, as every refusal, and its connection ends",
  async (_what, headers, status, code) => {
    const answer = await answerTo(
      `POST /jobs/train HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n0\r\n\r\nGET /jobs HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    expect(answer.match(/^HTTP\/1\.1 \d+/gm)).toEqual([`HTTP/1.1 ${status}`]);
    expect(answer).toMatch(/^Connection: close\r$/m);
    const body = JSON.parse(answer.split("\r\n\r\n")[1]!);
    expect(body).toEqual({ error_code: code, message: expect.any(String) });
  },
);
