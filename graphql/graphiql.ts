/** The GraphiQL page, from the bundle of an npm package: nothing is loaded from outside. */
import { createHash } from 'node:crypto';

export interface GraphiqlPage {
  readonly html: string;
  /** Content-Security-Policy that lets exactly this page's own scripts run. */
  readonly policy: string;
}

const INLINE_SCRIPT = /<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g;

let page: Promise<GraphiqlPage> | undefined;

/** Made when it is first asked for: the bundle has 9 MB, and most processes never show it. */
export const graphiqlPage = (): Promise<GraphiqlPage> => (page ??= makePage());

const makePage = async (): Promise<GraphiqlPage> => {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const html = renderGraphiQL({
    title: 'Tierwarden GraphQL',
    defaultQuery: FIRST_QUERY,
    // Without a token behind it the header counts as absent, so the schema loads before anybody has signed in.
    headers: '{ "Authorization": "Bearer " }',
    credentials: 'same-origin',
    // The page asks the address that it came from; an endpoint given here would take the subscriptions too.
    method: 'POST',
    ...{ subscriptionsEndpoint: '/graphql/stream' },
  });
  const hashes = [...html.matchAll(INLINE_SCRIPT)].map(
    (match) =>
      `'sha256-${createHash('sha256')
        .update(match[1] ?? '', 'utf8')
        .digest('base64')}'`,
  );
  return {
    html,
    policy: [
      "default-src 'self'",
      `script-src 'self' 'unsafe-eval' blob: ${hashes.join(' ')}`,
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data:",
      "font-src 'self' data:",
      "worker-src 'self' blob:",
      "frame-ancestors 'none'",
    ].join('; '),
  };
};

const FIRST_QUERY = `# Paste a token behind "Bearer " in the Headers pane
# below, then run this. The reference is at /docs.
query FirstLook {
  viewer {
    displayName
    roles
  }
  customers(first: 5) {
    totalCount {
      count
      precision
    }
    nodes {
      number
      name
      grade {
        inForce {
          value
          band
        }
        model {
          value
        }
      }
      creditLimit {
        approved {
          amount
          currency
        }
      }
    }
  }
}
`;
