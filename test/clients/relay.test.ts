/** The Relay compiler takes the schema: fragments that refetch by id, lists that page, mutations, unions, interfaces. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import { CLIENT_PACKAGES, useClients } from '../support/clients';
import { PROJECT } from '../support/processes';

useClients();

const SCHEMA = join(PROJECT, 'graphql/schema.graphql');
const PROJECT_FILES: Readonly<Record<string, string>> = {
  'relay.config.json': JSON.stringify({
    src: './src',
    schema: './schema.graphql',
    language: 'typescript',
    artifactDirectory: './src/__generated__',
    customScalarTypes: {
      DateTime: 'string',
      Date: 'string',
      Decimal: 'string',
      JSON: 'unknown',
      JSONObject: 'unknown',
    },
  }),
  'src/Customer.ts': `
    import { graphql } from 'relay-runtime';
    export const header = graphql\`
      fragment Customer_header on Customer @refetchable(queryName: "CustomerHeaderRefetchQuery") {
        name
        grade { inForce { value rank } effectiveFrom }
        creditLimit { approved { amount currency } }
      }
    \`;
    export const ratings = graphql\`
      fragment Customer_ratings on Customer
      @refetchable(queryName: "CustomerRatingsPaginationQuery")
      @argumentDefinitions(first: { type: "Int", defaultValue: 10 }, after: { type: "String" }) {
        ratings(first: $first, after: $after) @connection(key: "Customer_ratings") {
          edges { node { id score modelGrade { value } } }
        }
      }
    \`;
    export const screen = graphql\`
      query CustomerScreenQuery($id: ID!) {
        node(id: $id) { ...Customer_header @alias ...Customer_ratings @alias }
      }
    \`;`,
  'src/Customers.ts': `
    import { graphql } from 'relay-runtime';
    export const list = graphql\`
      fragment Customers_list on Query
      @refetchable(queryName: "CustomersListPaginationQuery")
      @argumentDefinitions(
        first: { type: "Int", defaultValue: 20 }
        after: { type: "String" }
        where: { type: "CustomerWhere" }
      ) {
        customers(first: $first, after: $after, where: $where) @connection(key: "Customers_customers") {
          edges { node { id number ...Customer_header } }
        }
      }
    \`;
    export const page = graphql\`query CustomersPageQuery($where: CustomerWhere) { ...Customers_list @arguments(where: $where) }\`;`,
  'src/Request.ts': `
    import { graphql } from 'relay-runtime';
    export const request = graphql\`
      fragment Request_request on ChangeRequest @refetchable(queryName: "RequestRefetchQuery") {
        state
        version
        proposal {
          __typename
          ... on GradeOverrideProposal { toGrade { value } }
          ... on CreditLimitProposal { to { amount } }
        }
        viewerActions { verb allowed reasonCode }
      }
    \`;
    export const approve = graphql\`
      mutation RequestApproveMutation($input: ApproveRequestInput!) {
        approveRequest(input: $input) {
          request { ...Request_request customer { ...Customer_header } }
          userErrors { code field message }
        }
      }
    \`;`,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tierwarden-relay-'));
  await mkdir(join(folder, 'src/__generated__'), { recursive: true });
  await copyFile(SCHEMA, join(folder, 'schema.graphql'));
  for (const [path, text] of Object.entries(PROJECT_FILES)) await writeFile(join(folder, path), text);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const compile = (): Promise<{ code: number; said: string }> =>
  new Promise((resolve) => {
    const compiler = join(CLIENT_PACKAGES, 'relay-compiler/cli.js');
    execFile(process.execPath, [compiler, 'relay.config.json'], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), said: stdout + stderr });
    });
  });

test('everything is compiled, with the queries that refetch and page', async () => {
  const { code, said } = await compile();
  expect(code === 0 ? '' : said).toBe('');
  const artifacts = await readdir(join(folder, 'src/__generated__'));
  const made = [
    'CustomerHeaderRefetchQuery', 'CustomerRatingsPaginationQuery', 'CustomerScreenQuery', 'Customer_header',
    'Customer_ratings', 'CustomersListPaginationQuery', 'CustomersPageQuery', 'Customers_list', 'RequestApproveMutation',
    'RequestRefetchQuery', 'Request_request',
  ]; // prettier-ignore
  expect(artifacts.sort()).toEqual(made.map((name) => `${name}.graphql.ts`).sort());

  const schema = buildSchema(await readFile(SCHEMA, 'utf8'));
  const documents = await Promise.all(
    made
      .filter((name) => /Query$|Mutation$/.test(name))
      .map(async (name) => {
        const text = await readFile(join(folder, 'src/__generated__', `${name}.graphql.ts`), 'utf8');
        return [name, JSON.parse(/"text": ("(?:[^"\\]|\\.)*")/.exec(text)?.[1] ?? '""') as string] as const;
      }),
  );
  // What the compiler will send is what the server takes.
  for (const [name, document] of documents)
    expect({ name, problems: validate(schema, parse(document)) }).toEqual({ name, problems: [] });
  const sent = new Map(documents);
  expect(sent.get('CustomerHeaderRefetchQuery')).toContain('node(id: $id)');
  expect(sent.get('CustomerRatingsPaginationQuery')).toMatch(/node\(id: \$id\)[^]*endCursor[^]*hasNextPage/);
  expect(sent.get('CustomersListPaginationQuery')).toMatch(
    /customers\(first: \$first, after: \$after, where: \$where\)/,
  );
});

test('what the schema does not have is not compiled', async () => {
  await writeFile(
    join(folder, 'src/Wrong.ts'),
    "import { graphql } from 'relay-runtime'; export const wrong = graphql`query WrongQuery { viewer { shoeSize } }`;",
  );
  const { code, said } = await compile();
  expect(code).not.toBe(0);
  expect(said).toContain('shoeSize');
});
