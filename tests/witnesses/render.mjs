// Draws messages as Slack would: reads [{title, messages: [{blocks}]}] from standard
// input, writes one static page to standard output. npm parts are looked for in the
// folder named by the first argument.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const require = createRequire(join(resolve(process.argv[2] ?? ".testbed"), "index.js"));
const { createElement: h } = require("react");
const { renderToStaticMarkup } = require("react-dom/server");
const { Message } = require("slack-blocks-to-jsx");
const style = readFileSync(
  join(dirname(require.resolve("slack-blocks-to-jsx")), "style.css"),
  "utf8",
);

const read = [];
for await (const chunk of process.stdin) read.push(chunk);
const conversations = JSON.parse(Buffer.concat(read).toString("utf8"));
const logo =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="6" fill="#4a154b"/><text x="18" y="25" font-size="20" text-anchor="middle" fill="#fff">d</text></svg>',
  );
const escape = (words) =>
  words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const body = conversations
  .map(({ title, messages }) => {
    const drawn = messages.map(({ blocks }) =>
      renderToStaticMarkup(
        h(Message, { blocks, logo, name: "debug", time: new Date(0), unstyled: false }),
      ),
    );
    return `<section><h2>${escape(title)}</h2>${drawn.join("")}</section>`;
  })
  .join("");

process.stdout.write(`<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<style>${style}</style>
<style>body{margin:0;padding:8px 16px;font-family:Lato,"Noto Sans","DejaVu Sans",sans-serif}
section{overflow-wrap:anywhere}
section *{min-width:0}
table{display:block;overflow-x:auto}
h2{font:12px monospace;color:#888;border-top:1px solid #ddd;padding-top:8px}</style>
</head><body>${body}</body></html>`);
