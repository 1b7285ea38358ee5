import { MistakeExamples, maskedExample } from "@colaml/monitor-worker/rows/masked-example";

describe("examples", () => {
  it.each([
    ["@AppleSupport my phone", "[handle] my phone"],
    ["see https://t.co/aB1?x=@me now", "see [link] now"],
    ["mail josé.pérez+x@correo.example.es!", "mail [e-mail]!"],
    ["call +34 600-123-456 or (555) 123 4567.", "call [number] or ([number]."],
    ["order 12345 stays, 123456 does not", "order 12345 stays, [number] does not"],
    ["@ana.garcia, @ana-g. and @ana wrote", "[handle], [handle]. and [handle] wrote"],
    ["ES9121000418450200051332 and AB123456C", "ES[number] and AB[number]C"],
    ["parcel 9400 1000 0000 0000 0000 00 came", "parcel [number] came"],
    ["اتصل ٠١٠١٢٣٤٥٦٧٨ or ０９０１２３４５６７", "اتصل [number] or [number]"],
    ["two\r\nlines\u001b[31m", "two lines [31m"],
  ])("mask %j", (text, masked) => {
    expect(maskedExample(text)).toBe(masked);
  });

  it("are cut, and read in time that does not grow with a hostile text", () => {
    expect([...maskedExample("a".repeat(1_000_000))].length).toBe(201);
    expect(maskedExample(`${"1 ".repeat(100_000)}`)).not.toMatch(/1 1 1 1 1 1/);
  });

  it("keep only the surest mistakes", () => {
    const examples = new MistakeExamples();
    for (let i = 0; i < 100; i++) examples.add(`text ${i}`, "True", "False", i / 100);
    expect(examples.list.map(({ probability }) => probability)).toEqual([
      0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.93, 0.92,
    ]);
  });
});
