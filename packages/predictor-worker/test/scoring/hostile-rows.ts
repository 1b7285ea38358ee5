/** What texts are made of here: words, what separates them, and what is one or the other by a rule of its own. */
export const PIECES = [
  "help",
  "HELP",
  "hel",
  "helpme",
  "the",
  " ",
  " ",
  ",",
  "\n",
  '"',
  "apple",
  "été",
  "ÉTÉ",
  "straße",
  "K",
  "\u212a",
  "\u0130",
  "’",
  "Σ",
  "ΟΔΟΣ",
  "οδοσ",
  "日本",
  "Ⅷ",
  "ñ",
  "Ñandú",
  "🤥",
  "e\u0301",
  "_x",
  "2",
  "２",
  "constructor",
  "__proto__",
  "\0",
  "dm",
  "de",
  "\t",
  "\uFFFD",
  "ⓓⓜ",
  "  ",
  "\r\n",
  "\u00a0",
  "\u3000",
  "\u1680",
  "\u0085",
  "\ufeff",
  "\x1c",
  "\u0345",
  "ﬁ",
  "가",
  "𐐀",
  "i",
];

/** A line of a CSV file, sometimes broken, sometimes with bytes that are not UTF-8. */
function hostileLine(next: () => number): Buffer {
  let text = "";
  for (let i = Math.floor(next() * 12); i > 0; i--) text += PIECES[Math.floor(next() * PIECES.length)];
  const cell = next() < 0.9 ? `"${text.replaceAll('"', '""')}"` : text;
  const id = next() < 0.1 ? '"a ""b"", c"' : String(Math.floor(next() * 1e6));
  const line = Buffer.from(`${id},${cell},${next() < 0.2 ? "x,y" : "z"}${next() < 0.2 ? "\r" : ""}\n`);
  if (next() < 0.1) line[Math.floor(next() * (line.length - 1))] = 0x80 + Math.floor(next() * 127);
  return line;
}

/** Some lines of it. */
export function hostileRange(next: () => number, lines: number): Buffer {
  return Buffer.concat(Array.from({ length: lines }, () => hostileLine(next)));
}
