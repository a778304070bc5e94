/**
 * The cookbook: recipes run one after another against a real API, and the page that shows them. Ids, cursors and digests of
 * requests differ with every run; each is replaced by one of the same form that depends on its place alone.
 */
import { createHash } from 'node:crypto';
import { publishedOperations, type Loose, type TestApi } from '../support/api';
import { runRecipes, type Recipe } from '../support/recipes';

export interface Example {
  readonly recipe: Recipe;
  /** What the operation says of itself, from the comment above it. */
  readonly purpose: string;
  readonly document: string;
  readonly variables: Loose;
  readonly data: Loose;
  /** Points. */
  readonly cost: number;
}

type Ran = Pick<Example, 'recipe' | 'variables' | 'data' | 'cost'>;

export const runCookbook = async (api: TestApi): Promise<Example[]> => {
  const operations = await publishedOperations();
  const ran = (await runRecipes(api)).map(({ recipe, variables, answer: { data, extensions } }): Ran => ({
    recipe,
    variables,
    data,
    cost: extensions.cost.requested as number,
  }));
  return settle(ran).map((example) => {
    const [, purpose = '', document = ''] =
      /^# (.*)\n([^]*)$/.exec(operations.get(example.recipe.operation) ?? '') ?? [];
    return { ...example, purpose, document: document.trim() };
  });
};

/* What differs from run to run */

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;
const DIGEST = /\b[0-9a-f]{64}\b/g;
const SIGNATURE = /(signature=)[\w-]{43}$/;
const BASE64URL = /^[\w-]{16,}$/;

const settle = (ran: readonly Ran[]): Ran[] => {
  const ids = numbered((n) => `019bc0a0-7a00-7000-8000-${String(n).padStart(12, '0')}`);
  const cursors = numbered((n) => sha256(`cursor ${n}`).slice(0, 12));
  const digests = new Map(digestsOfRequests(ran).map((digest, n) => [digest, sha256(`request ${n}`)]));
  const settleText = (text: string): string => {
    const plain = text.replace(DIGEST, (digest) => digests.get(digest) ?? digest).replace(UUID, ids).replace(SIGNATURE, `$1${sha256('link').slice(0, 43)}`);
    if (plain !== text || !BASE64URL.test(text)) return plain;
    const decoded = Buffer.from(text, 'base64url').toString('utf8');
    const cursor = /^\["([0-9a-f]{12})",/.exec(decoded)?.[1];
    const settled = (cursor === undefined ? decoded : decoded.replace(cursor, cursors(cursor))).replace(UUID, ids);
    return settled === decoded ? text : Buffer.from(settled).toString('base64url');
  };
  const deep = (value: Loose): Loose => {
    if (typeof value === 'string') return settleText(value);
    if (Array.isArray(value)) return value.map(deep);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value as object).map(([key, inner]) => [
        key,
        // Made anew for everybody and every moment.
        key === 'challenge' || key === 'signature' && typeof inner === 'string' ? sha256(key) : deep(inner),
      ]),
    );
  };
  return ran.map((example) => ({ ...example, variables: deep(example.variables), data: deep(example.data) }));
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The same name for the same text, by order of appearance. */
const numbered = (name: (n: number) => string): ((text: string) => string) => {
  const known = new Map<string, string>();
  return (text) => {
    const found = known.get(text) ?? name(known.size + 1);
    known.set(text, found);
    return found;
  };
};

/** They cover ids and moments; other digests are of content alone. */
const digestsOfRequests = (value: Loose): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value as object).flatMap(digestsOfRequests);
  return [...new Set('digest' in value && isRequest(value) ? [value.digest as string, ...inner] : inner)];
};

const isRequest = (value: object): boolean =>
  'routingRow' in value || ('number' in value && /^CR-\d+$/.test(String(value.number)));

/* The page */

const MAX_ITEMS = 3;
const MAX_LINE = 110;

export const cookbookPage = (examples: readonly Example[]): string =>
  [
    INTRODUCTION,
    ...examples.map(({ recipe }, at) => `${at + 1}. [${recipe.title}](#${anchorOf(at, recipe)})`),
    '',
    ...examples.flatMap(section),
  ].join('\n');

const INTRODUCTION = `# Operations cookbook

Made by \`npm run goldens\`; edits here are overwritten. Every published query and mutation of
[graphql/operations](../../graphql/operations/customers.graphql) with variables and the answer that it got, in one run on the sample
portfolio. The run is a story: later operations use what earlier ones were answered, and a test runs all of it again and
compares.

To follow it, start the program with \`npm start\`, open http://127.0.0.1:4000/graphql, paste a document and its variables, and
put the token of the person named above it into the headers: \`{ "Authorization": "Bearer …" }\`. The tokens stand in
\`.tierwarden/sign-ins.sh\`. Ids, cursors and digests of requests are your installation's own: take them from the answer before.
From a shell:

\`\`\`sh
. .tierwarden/sign-ins.sh
ask() { # ask TOKEN OPERATION [VARIABLES]
  ENDPOINT=$ENDPOINT node -e '
    const [token, operation, variables = "{}"] = process.argv.slice(1)
    const query = fs.readFileSync("graphql/operations/" + operation + ".graphql", "utf8")
    fetch(process.env.ENDPOINT, {
      method: "POST",
      headers: { authorization: "Bearer " + token, "content-type": "application/json" },
      body: JSON.stringify({ query, variables: JSON.parse(variables) }),
    }).then(async (response) => console.log(JSON.stringify(await response.json(), null, 2)))
  ' "$@"
}
ask "$MAKER" customer '{ "number": "C0007" }'
\`\`\`

All codes that can stand in \`userErrors\` and \`errors\` are in [codes of the API](errors.md); types, fields and arguments in
the reference, at http://127.0.0.1:4000/docs.
`;

const anchorOf = (at: number, { title }: Recipe): string =>
  `${at + 1} ${title}`
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const section = ({ recipe, purpose, document, variables, data, cost }: Example, at: number): string[] => {
  const { shown, left } = shortened(data);
  return [
    `## ${at + 1}. ${recipe.title}`,
    '',
    `${purpose} [${recipe.operation}.graphql](../../graphql/operations/${recipe.operation}.graphql), asked by \`$${recipe.as.toUpperCase()}\`, costs ${cost} points.`,
    ...(recipe.note === undefined ? [] : [recipe.note]),
    '',
    ...block('graphql', document),
    ...(Object.keys(variables as object).length === 0 ? [] : ['Variables:', '', ...block('json', json(variables))]),
    left === '' ? 'Answer:' : `Answer, without ${left}:`,
    '',
    ...block('json', json({ data: shown })),
  ];
};

const block = (language: string, text: string): string[] => [`\`\`\`${language}`, text, '```', ''];

/** JSON with what fits into a line on one line. */
const json = (value: Loose, indent = ''): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const parts = (inner: string): string[] =>
    Array.isArray(value)
      ? value.map((item: Loose) => json(item, inner))
      : Object.entries(value as object).map(([key, item]) => `${JSON.stringify(key)}: ${json(item, inner)}`);
  if (parts('').length === 0) return open + close;
  const blank = Array.isArray(value) ? '' : ' ';
  const line = open + blank + parts('').join(', ') + blank + close;
  if (!line.includes('\n') && indent.length + line.length <= MAX_LINE) return line;
  const inner = `${indent}  `;
  return `${open}\n${parts(inner)
    .map((part) => inner + part)
    .join(',\n')}\n${indent}${close}`;
};

/** Long lists are cut; `left` says by how much, in words. */
export const shortened = (data: Loose): { shown: Loose; left: string } => {
  const cuts: string[] = [];
  const cut = (value: Loose, name: string): Loose => {
    if (Array.isArray(value)) {
      if (value.length > MAX_ITEMS) cuts.push(`${value.length - MAX_ITEMS} more \`${name}\``);
      return value.slice(0, MAX_ITEMS).map((item: Loose) => cut(item, name));
    }
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, cut(inner, key)]));
  };
  const shown = cut(data, '');
  return { shown, left: [...new Set(cuts)].join(', ').replace(/, ([^,]*)$/, ' and $1') };
};
