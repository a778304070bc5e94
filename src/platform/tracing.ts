/**
 * Spans of what the program does, as the rest of it sees them. Unless tracing is switched on, {@link untraced} is what stands
 * behind it, which does nothing.
 */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface SpanOptions {
  /** `internal` unless given. */
  readonly kind?: 'server' | 'client' | 'consumer' | 'internal';
  readonly attributes?: SpanAttributes;
  /**
   * A `traceparent` of W3C Trace Context, from another process or an earlier moment. Without a valid one the span belongs to
   * the one in which it is opened, or begins a trace.
   */
  readonly parent?: string | null | undefined;
}

export interface Span {
  rename(name: string): void;
  set(attributes: SpanAttributes): void;
  /** Marks the span as failed; `reason` is a code or a name, never a message: those may hold personal values. */
  fail(reason: string): void;
}

export interface Tracing {
  /** Runs `work` inside a span, which ends with it; what is thrown passes through. */
  span<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>;
  /** The innermost span around the caller; null outside any. */
  current(): Span | null;
  /** `traceparent` of that span, for what follows from it later or elsewhere; null outside any. */
  traceParent(): string | null;
  /** Hands over what is left, within seconds. */
  close(): Promise<void>;
}

const NO_SPAN: Span = { rename: () => undefined, set: () => undefined, fail: () => undefined };

export const untraced: Tracing = {
  span: (_name, _options, work) => work(NO_SPAN),
  current: () => null,
  traceParent: () => null,
  close: async () => undefined,
};
