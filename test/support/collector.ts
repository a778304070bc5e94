/** A collector of traces, as far as OTLP over HTTP in JSON goes: keeps what it is sent. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  /** As OTLP numbers them: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Reason of a failed span; null for any other. */
  readonly failure: string | null;
  readonly process: unknown;
  readonly service: unknown;
}

export interface Collector {
  readonly url: string;
  readonly spans: CollectedSpan[];
  /** Everything that came, as it came: `METHOD path` and the body. */
  readonly requests: { readonly to: string; readonly body: string }[];
  close(): Promise<void>;
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>> & {
    readonly arrayValue?: { readonly values: Attribute['value'][] };
  };
}
interface Message {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<CollectedSpan, 'attributes'> & {
        readonly attributes: readonly Attribute[];
        readonly status: { readonly code?: number; readonly message?: string };
      })[];
    }[];
  }[];
}

const ERROR = 2;

const plain = ({ arrayValue, ...scalar }: Attribute['value']): unknown =>
  arrayValue === undefined ? Object.values(scalar)[0] : arrayValue.values.map(plain);

const plainAll = (attributes: readonly Attribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));

const spansOf = ({ resourceSpans }: Message): CollectedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const of = plainAll(resource.attributes);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        name: span.name,
        kind: span.kind,
        attributes: plainAll(span.attributes),
        failure: span.status.code === ERROR ? (span.status.message ?? '') : null,
        process: of['tierwarden.process'],
        service: of['service.name'],
      })),
    );
  });

export const startCollector = async (): Promise<Collector> => {
  const spans: CollectedSpan[] = [];
  const requests: { to: string; body: string }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString('utf8');
      requests.push({ to: `${request.method} ${request.url}`, body });
      spans.push(...spansOf(JSON.parse(body) as Message));
      response.setHeader('content-type', 'application/json');
      response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
