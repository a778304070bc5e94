/**
 * What `tierwarden start` says when everything is up: addresses, sign-ins with tokens that work as they stand, and three
 * things to try that work as they are pasted into a shell. It only reads.
 */
import colors from 'picocolors';
import { toGlobalId } from '../graphql/global-id';
import { asSystem, type App } from '../src/app';
import { SAMPLE_USERS } from '../src/identity';
import type { Actor } from '../src/kernel/actor';
import { gradeOfRank, rankOf, type Grade } from '../src/kernel/grade';
import type { LoadedSample } from './sample/load';

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
    `  Health      ${url}/healthz   ${url}/readyz`,
  ];
  const issue = app.tokens?.issue;
  if (issue !== undefined) {
    lines.push('', colors.bold(`Sample sign-ins, valid for ${TOKEN_VALID_MINUTES / 60} hours`));
    for (const { subject, displayName, roles } of SAMPLE_USERS) {
      lines.push(`# ${displayName}, ${roles.join(', ')}`);
      lines.push(`${variableOf(subject)}=${await issue(subject, TOKEN_VALID_MINUTES)}`);
    }
  }
  if (sample !== null && issue !== undefined) {
    lines.push('', colors.bold('Three things to try, after pasting the sign-ins above into a shell'));
    lines.push(...(await thingsToTry(app, `${url}/graphql`, sample)));
  }
  return [...lines, '', 'Ctrl-C stops everything.'];
};

const variableOf = (subject: string): string => subject.toUpperCase();

const thingsToTry = async (app: App, endpoint: string, sample: LoadedSample): Promise<string[]> => {
  const decline = sample.stories.find((story) => story.kind === 'SLIDE_INTO_DECLINE');
  const lines = [
    `# 1. See the grades and the limit of a company in trouble (${decline?.en.toLowerCase() ?? 'of the sample'})`,
    curl(endpoint, 'analyst', {
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
    `REQUEST=$(${curl(endpoint, 'maker', {
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
    })} | sed 's/.*"id":"\\([^"]*\\)".*/\\1/'); echo $REQUEST`,
    '# 3. Approve that as the second pair of eyes; with $MAKER in place of $APPROVER it is refused',
    curl(endpoint, 'approver', {
      query:
        'mutation($id: ID!) { approveRequest(input: {requestId: $id, expectedVersion: 1}) { request { state customer { grade { model { value } inForce { value } } } } userErrors { code message } } }',
      variables: { id: "'$REQUEST'" },
    }),
  ];
};

const curl = (endpoint: string, subject: string, body: object): string =>
  `curl -s ${endpoint} -H "authorization: Bearer $${variableOf(subject)}" -H 'content-type: application/json' -d '${JSON.stringify(body)}'`;

interface Candidate {
  readonly story: LoadedSample['stories'][number];
  readonly customerId: string;
  readonly grade: Grade;
  readonly version: number;
}

/** A company with a story that the model's grade still rules and on which nothing is pending. */
const overrideCandidate = async (app: App, sample: LoadedSample): Promise<Candidate | null> => {
  const viewer: Actor = asSystem('cli', app.newId()).actor;
  const lawsuitsFirst = [...sample.stories].sort((a, b) => Number(b.kind === 'LAWSUIT') - Number(a.kind === 'LAWSUIT'));
  for (const story of lawsuitsFirst) {
    const customer = await app.customers.queries.byNumber(viewer, story.number);
    if (customer === null) continue;
    const [grade] = await app.ratings.queries.gradesOf(viewer, [customer.id]);
    if (grade === undefined || grade.basis !== 'MODEL' || rankOf(grade.grade) === 1) continue;
    if ((await app.approvals.queries.openOn(viewer, 'Customer', [customer.id])).length > 0) continue;
    return { story, customerId: customer.id, grade: grade.grade, version: grade.version };
  }
  return null;
};
