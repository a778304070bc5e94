/**
 * Tracing by OpenTelemetry, sent to a collector by OTLP over HTTP. Its packages are loaded when it is switched on and not
 * before. Spans that cannot be delivered are dropped; nothing ever waits for the collector but the end of the process.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, Span as OtelSpan, SpanContext } from '@opentelemetry/api';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { TracingConfig } from '../config';
import { untraced, type Span, type SpanAttributes, type Tracing } from './tracing';

export interface TracingOptions {
  /** Which kind of process this is. */
  readonly process: string;
  /** Called when spans cannot be delivered, and again only after some could. */
  readonly onLoss: (error: Error | undefined) => void;
}

/** How long spans wait to be sent together, how long the collector may take, retries included, and the end of the process. */
const BATCH_MS = 1_000;
const EXPORT_TIMEOUT_MS = 2_000;
const CLOSE_TIMEOUT_MS = 3_000;
const TRACE_PARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** {@link untraced} where the configuration has no tracing. */
export const openTracing = async (config: TracingConfig | null, options: TracingOptions): Promise<Tracing> => {
  if (config === null) return untraced;
  const [api, sdk, { resourceFromAttributes }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const exporter = new OTLPTraceExporter({
    url: `${config.endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({
      'service.name': config.serviceName,
      'service.instance.id': `${options.process}-${process.pid}`,
      'tierwarden.process': options.process,
    }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(config.sampleRatio) }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: tellingOfLoss(exporter, options.onLoss),
        scheduledDelayMillis: BATCH_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('tierwarden');
  const here = new AsyncLocalStorage<Context>();
  const kinds = {
    server: api.SpanKind.SERVER,
    client: api.SpanKind.CLIENT,
    consumer: api.SpanKind.CONSUMER,
    internal: api.SpanKind.INTERNAL,
  };
  const around = (): OtelSpan | undefined => {
    const context = here.getStore();
    return context === undefined ? undefined : api.trace.getSpan(context);
  };
  const asSpan = (span: OtelSpan): Span => ({
    rename: (name) => void span.updateName(name),
    set: (attributes) => void span.setAttributes(mutable(attributes)),
    fail: (reason) => void span.setStatus({ code: api.SpanStatusCode.ERROR, message: reason }),
  });
  /** The context of a span that was opened elsewhere. */
  const contextOf = (traceParent: string | null | undefined): Context | null => {
    const [, traceId = '', spanId = '', flags = ''] = TRACE_PARENT.exec(traceParent ?? '') ?? [];
    const found: SpanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
    return api.isSpanContextValid(found) ? api.trace.setSpanContext(api.ROOT_CONTEXT, found) : null;
  };

  return {
    span: async (name, { kind = 'internal', attributes = {}, parent }, work) => {
      const outer = contextOf(parent) ?? here.getStore() ?? api.ROOT_CONTEXT;
      const span = tracer.startSpan(name, { kind: kinds[kind], attributes: mutable(attributes) }, outer);
      try {
        return await here.run(api.trace.setSpan(outer, span), () => work(asSpan(span)));
      } catch (error) {
        asSpan(span).fail(nameOf(error));
        throw error;
      } finally {
        span.end();
      }
    },
    current: () => {
      const span = around();
      return span === undefined ? null : asSpan(span);
    },
    traceParent: () => {
      const context = around()?.spanContext();
      if (context === undefined) return null;
      return `00-${context.traceId}-${context.spanId}-${context.traceFlags.toString(16).padStart(2, '0')}`;
    },
    close: async () => {
      const given = new AbortController();
      await Promise.race([
        provider.shutdown().catch(() => undefined),
        sleep(CLOSE_TIMEOUT_MS, undefined, { signal: given.signal, ref: false }).catch(() => undefined),
      ]);
      given.abort();
    },
  };
};

const mutable = (attributes: SpanAttributes): Record<string, string | number | boolean | string[]> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, typeof value === 'object' ? [...value] : value]),
  );

const nameOf = (error: unknown): string => {
  const { name = 'Error', code } = error as { name?: string; code?: unknown };
  return typeof code === 'string' ? `${name} ${code}` : name;
};

const tellingOfLoss = (exporter: SpanExporter, tell: TracingOptions['onLoss']): SpanExporter => {
  let losing = false;
  return {
    export: (spans, done) => {
      exporter.export(spans, (result) => {
        // 0 is success.
        if (Number(result.code) !== 0 && !losing) tell(result.error);
        losing = Number(result.code) !== 0;
        done(result);
      });
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
};
