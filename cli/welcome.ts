/**
 * What `tierwarden start` says when everything is up: addresses, sign-ins, and three things to try that work as they are
 * pasted into a shell. Tokens go into a file of the home that only its owner may read, never onto the screen.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import colors from 'picocolors';
import { toGlobalId } from '../graphql/global-id';
import { asSystem, type App } from '../src/app';
import { SAMPLE_USERS } from '../src/identity';
import type { Actor } from '../src/kernel/actor';
import { gradeOfRank, rankOf, type Grade } from '../src/kernel/grade';
import type { LoadedSample } from './sample/load';
import type { StoryKind } from './sample/stories';

const TOKEN_VALID_MINUTES = 12 * 60;
const OVERRIDE_VALID_DAYS = 30;
const DAY_MS = 86_400_000;

/** Lines for the terminal. Without a local issuer there are no sign-ins, without the sample nothing to try. */
export const welcome = async (app: App, url: string, sample: LoadedSample | null): Promise<string[]> => {
  const lines = [
    '',
    colors.bold(`Tierwarden is ready at ${url}`),
    `  GraphiQL    ${url}/graphql   (in a browser)`,
    `  GraphQL     ${url}/graphql   (POST, with a token)`,
    `  Reference   ${url}/docs`,
    `  Health      ${url}/healthz   ${url}/readyz`,
  ];
  const issue = app.tokens?.issue;
  if (issue !== undefined) {
    const file = join(app.config.home, 'sign-ins.sh');
    await writeSignIns(file, `${url}/graphql`, issue);
    lines.push('', colors.bold(`Sample sign-ins: one token for each, valid for ${TOKEN_VALID_MINUTES / 60} hours`));
    for (const { subject, displayName, roles } of SAMPLE_USERS) {
      lines.push(`  ${`$${variableOf(subject)}`.padEnd(11)} ${displayName}, ${roles.join(', ')}`);
    }
    lines.push('', colors.bold('Take them into a shell with'), `. ${quoted(file)}`);
    if (sample !== null) lines.push('', colors.bold('and try three things'), ...(await thingsToTry(app, sample)));
  }
  return [...lines, '', 'Ctrl-C stops everything.'];
};

const writeSignIns = async (file: string, endpoint: string, issue: Issue): Promise<void> => {
  const lines = ['# Sample sign-ins; every start writes them anew.', `ENDPOINT=${endpoint}`];
  for (const { subject, displayName, roles } of SAMPLE_USERS) {
    lines.push(`# ${displayName}, ${roles.join(', ')}`);
    lines.push(`${variableOf(subject)}=${await issue(subject, TOKEN_VALID_MINUTES)}`);
  }
  // A file that is there keeps its mode, whoever may read it.
  await rm(file, { force: true });
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
};

type Issue = NonNullable<NonNullable<App['tokens']>['issue']>;

/** As one word of a shell, whatever the path holds. */
const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

const variableOf = (subject: string): string => subject.toUpperCase();

const thingsToTry = async (app: App, sample: LoadedSample): Promise<string[]> => {
  const decline = sample.stories.find((story) => story.kind === 'SLIDE_INTO_DECLINE');
  const lines = [
    `# 1. See the grades and the limit of a company in trouble (${decline?.en.toLowerCase() ?? 'of the sample'})`,
    curl('analyst', {
      query:
        'query($number: String) { customer(number: $number) { name grade { model { value } inForce { value } } creditLimit { approved { amount currency } } } }',
      variables: { number: decline?.number },
    }),
  ];
  const candidate = await overrideCandidate(app, sample);
  if (candidate === null) return lines;
  const { story, customerId, grade, version } = candidate;
  const worse = gradeOfRank(rankOf(grade) - 1);
  return [
    ...lines,
    `# 2. As the maker, propose ${worse} in place of ${grade} for another (${story.en.toLowerCase()})`,
    `ANSWER=$(${curl('maker', {
      query:
        'mutation($input: SubmitGradeOverrideInput!) { submitGradeOverride(input: $input) { request { id } userErrors { code message } } }',
      variables: {
        input: {
          customerId: toGlobalId('Customer', customerId),
          toGrade: worse,
          reasonCode: 'MATERIAL_EVENT',
          justification: 'Seen in the sample portfolio.',
          validUntil: new Date(app.clock().getTime() + OVERRIDE_VALID_DAYS * DAY_MS).toISOString(),
          expectedVersion: version,
        },
      },
    })})`,
    // A refusal has no id: then the answer itself is what there is to see.
    `REQUEST=$(printf %s "$ANSWER" | sed -n 's/.*"request":{"id":"\\([^"]*\\)".*/\\1/p'); echo "\${REQUEST:-$ANSWER}"`,
    '# 3. Approve that as the second pair of eyes; with $MAKER in place of $APPROVER it is refused',
    curl('approver', {
      query:
        'mutation($id: ID!) { approveRequest(input: {requestId: $id, expectedVersion: 1}) { request { state customer { grade { model { value } inForce { value } } } } userErrors { code message } } }',
      variables: { id: REQUEST },
    }).replace(REQUEST, () => `'"$REQUEST"'`),
  ];
};

/** Stands for a value that only the shell will know. */
const REQUEST = '<REQUEST>';

const curl = (subject: string, body: object): string =>
  `curl -s "$ENDPOINT" -H "authorization: Bearer $${variableOf(subject)}" -H 'content-type: application/json' -d '${JSON.stringify(body)}'`;

interface Candidate {
  readonly story: LoadedSample['stories'][number];
  readonly customerId: string;
  readonly grade: Grade;
  readonly version: number;
}

/** Companies of other things to try: the first of those on the screen, and the one of docs/guides/first-session.md. */
const SPOKEN_FOR: readonly StoryKind[] = ['SLIDE_INTO_DECLINE', 'LAWSUIT'];

/** A company with a story that the model's grade still rules and on which nothing is pending. */
const overrideCandidate = async (app: App, sample: LoadedSample): Promise<Candidate | null> => {
  const viewer: Actor = asSystem('cli', app.newId()).actor;
  const weakeningFirst = sample.stories
    .filter(({ kind }) => !SPOKEN_FOR.includes(kind))
    .sort((a, b) => Number(b.kind === 'WEAKENING_PARENT') - Number(a.kind === 'WEAKENING_PARENT'));
  for (const story of weakeningFirst) {
    const customer = await app.customers.queries.byNumber(viewer, story.number);
    if (customer === null) continue;
    const [grade] = await app.ratings.queries.gradesOf(viewer, [customer.id]);
    if (grade === undefined || grade.basis !== 'MODEL' || rankOf(grade.grade) === 1) continue;
    if ((await app.approvals.queries.openOn(viewer, 'Customer', [customer.id])).length > 0) continue;
    return { story, customerId: customer.id, grade: grade.grade, version: grade.version };
  }
  return null;
};
