/** The HTTP endpoint held against the audits of the GraphQL over HTTP specification. */
import { serverAudits } from 'graphql-http';
import { useApi } from '../support/api';

const api = useApi('empty');

/** What Apollo does otherwise by design, and the specification only recommends. */
const KNOWN = ['572B', 'FDE2', '7B9B'];
const audits = serverAudits({ url: () => `${api.url}/graphql`, fetchFn: fetch });

it('there are audits', () => expect(audits.length).toBeGreaterThan(50));

it.each(audits.map((audit) => [`${audit.id} ${audit.name}`, audit] as const))('%s', async (_, audit) => {
  const result = await audit.fn();
  // Notices are of what a server may offer; queries by GET, for one, ask for a header that pages of others cannot send.
  const found = result.status === 'ok' || result.status === 'notice' ? [] : [result.status];
  expect(found).toEqual(KNOWN.includes(audit.id) ? ['warn'] : []);
});
