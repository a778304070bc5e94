/**
 * `npm run schema:diff`: holds graphql/schema.graphql of the working tree against that of the last tag, and fails on changes
 * that break clients. What was deprecated with a removal date may go once that day is over. Without git, a tag or a schema
 * under it there is nothing to compare with, and it says so. Runs in the folder that it is called in.
 */
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const { buildSchema, findBreakingChanges, findDangerousChanges, parse, print, visit } = require('graphql');

const FILE = 'graphql/schema.graphql';
const REMOVAL = /\bRemoved after (\d{4}-\d{2}-\d{2})\b/;

const [code, lines] = compare();
lines.forEach((line) => console.log(line));
process.exitCode = code;

function compare() {
  const tag = git('describe', '--tags', '--abbrev=0');
  if (tag === null) return [0, ['no git tag to compare the schema with']];
  const released = git('show', `${tag}:./${FILE}`);
  if (released === null) return [0, [`${tag} has no ${FILE} to compare with`]];
  const today = new Date().toISOString().slice(0, 10);
  const present = buildSchema(fs.readFileSync(FILE, 'utf8'));
  const breaking = findBreakingChanges(buildSchema(withoutExpired(released, today)), present);
  const dangerous = findDangerousChanges(buildSchema(released), present);
  return [
    breaking.length > 0 ? 1 : 0,
    [
      `the schema since ${tag}: ${breaking.length} breaking changes, ${dangerous.length} that clients may notice`,
      ...breaking.map(({ type, description }) => `breaking    ${type}  ${description}`),
      ...dangerous.map(({ type, description }) => `noticeable  ${type}  ${description}`),
    ],
  ];
}

/** What git says, or null where it has nothing to say: not installed, no repository, no such thing. */
function git(...args) {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

/** The schema as clients could rely on it today: fields, arguments and values whose removal date is over are left out. */
function withoutExpired(sdl, today) {
  const expired = (node) => {
    const reason = node.directives
      ?.find(({ name }) => name.value === 'deprecated')
      ?.arguments.find(({ name }) => name.value === 'reason')?.value.value;
    const day = REMOVAL.exec(reason ?? '')?.[1];
    return day !== undefined && day < today ? null : undefined;
  };
  return print(
    visit(parse(sdl), { FieldDefinition: expired, InputValueDefinition: expired, EnumValueDefinition: expired }),
  );
}
