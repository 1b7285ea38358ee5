// A client of its own process: reads {url, connections, seconds, bodies} from standard input, prints what it measured.
import { text } from "node:stream/consumers";
import autocannon from "autocannon";

const { url, connections, seconds, bodies } = JSON.parse(await text(process.stdin));
const times = [];
let failed = 0;

const instance = autocannon(
  {
    url,
    connections,
    duration: seconds,
    // one request at a time per connection, as clients that wait for their answer send them
    pipelining: 1,
    requests: bodies.map((body) => ({
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    })),
  },
  (error, { errors, timeouts, requests }) => {
    if (error) throw error;
    times.sort((a, b) => a - b);
    const quantile = (q) => times[Math.min(times.length - 1, Math.floor(q * times.length))];
    process.stdout.write(
      JSON.stringify({
        perSecond: requests.average,
        p50: quantile(0.5),
        p99: quantile(0.99),
        failed: failed + errors + timeouts,
      }),
    );
  },
);
// autocannon's own histogram holds whole milliseconds
instance.on("response", (_client, status, _bytes, milliseconds) => {
  times.push(milliseconds);
  if (status !== 200) failed++;
});
