/**
 * Every connection that stays open, by whatever transport, and who stands behind it. It admits connections and
 * subscriptions up to what one caller may have, and ends those whose token has run out or whose user is gone.
 */
import type { App } from '../../src/app';
import type { Telemetry } from '../../src/platform/telemetry';
import { fault } from '../faults';
import { demandSignIn } from '../sign-in';
import type { ChangeFeeds } from './change-feeds';
import type { ConnectionLimits } from './limits';
import { createSession, type Session } from './session';

/** Why the server ends a connection. */
export type EndCause = 'TOKEN_EXPIRED' | 'SIGNED_OUT' | 'GOING_AWAY';

export interface Connection {
  /** Tells the client why and closes; a second call does nothing. */
  end(cause: EndCause): void;
  /** Called about once a second: gives or asks for a sign of life, gives up on a client that takes nothing. */
  tend(): void;
}

export interface Admission {
  readonly session: Session;
  /** Of the connection; the connection calls it once, when it is closed for whatever reason. */
  leave(): void;
}

export interface Connections {
  /**
   * Throws UNAUTHENTICATED, SERVICE_UNAVAILABLE, or RATE_LIMITED where the caller has too many. From here on nothing that
   * the caller subscribes to is missed.
   */
  admit(
    transport: Parameters<Telemetry['connections']>[0],
    credential: string | undefined,
    connection: Connection,
    requestId: string,
  ): Promise<Admission>;
  /** Yields what gives the place back. Throws RATE_LIMITED where the caller has too many subscriptions. */
  claimSubscription(session: Session): () => void;
  /** Admits nobody any more. */
  refuseFurther(): void;
  /** Ends all connections and waits, within bounds, until they are closed. */
  close(): Promise<void>;
}

interface Caller {
  readonly connections: Set<{ readonly session: Session; readonly connection: Connection }>;
  subscriptions: number;
}

const CLOSE_PATIENCE_MS = 1_000;

export const createConnections = (
  app: App,
  feeds: ChangeFeeds,
  telemetry: Telemetry,
  limits: ConnectionLimits,
): Connections => {
  const callers = new Map<string, Caller>();
  let closing = false;
  let onEmpty: () => void = () => undefined;

  const callerOf = (userId: string): Caller => {
    const caller = callers.get(userId) ?? { connections: new Set(), subscriptions: 0 };
    callers.set(userId, caller);
    return caller;
  };
  const forgetIdle = (userId: string, { connections, subscriptions }: Caller): void => {
    if (connections.size > 0 || subscriptions > 0) return;
    callers.delete(userId);
    if (callers.size === 0) onEmpty();
  };
  const all = () => [...callers.values()].flatMap(({ connections }) => [...connections]);

  feeds.onAccessChanged((userId) => {
    const concerned = userId === null ? all() : [...(callers.get(userId)?.connections ?? [])];
    for (const { session } of concerned) {
      app.identity.accessChanged(session.userId);
      session.forget();
      // Where nobody can tell, the next event asks again.
      session.actor().catch(() => undefined);
    }
  });

  const tending = setInterval(() => {
    const now = app.clock();
    for (const { session, connection } of all()) {
      if (session.expiresAt <= now) connection.end('TOKEN_EXPIRED');
      else connection.tend();
    }
  }, limits.tendMs);

  const demandOpen = (): void => {
    if (closing) throw fault('SERVICE_UNAVAILABLE', 'this process is stopping', { http: { status: 503 } });
  };

  return {
    admit: async (transport, credential, connection, requestId) => {
      demandOpen();
      const signIn = await demandSignIn(app, credential, requestId);
      await feeds.ready();
      demandOpen();
      const session = createSession(app, credential ?? '', signIn, requestId, () => connection.end('SIGNED_OUT'));
      const caller = callerOf(session.userId);
      if (caller.connections.size >= limits.connectionsPerCaller) {
        throw tooMany('TOO_MANY_CONNECTIONS', limits.connectionsPerCaller, 'connections');
      }
      const entry = { session, connection };
      caller.connections.add(entry);
      telemetry.connections(transport, 1);
      return {
        session,
        leave: () => {
          if (!caller.connections.delete(entry)) return;
          telemetry.connections(transport, -1);
          forgetIdle(session.userId, caller);
        },
      };
    },
    claimSubscription: ({ userId }) => {
      const caller = callerOf(userId);
      if (caller.subscriptions >= limits.subscriptionsPerCaller) {
        throw tooMany('TOO_MANY_SUBSCRIPTIONS', limits.subscriptionsPerCaller, 'subscriptions');
      }
      caller.subscriptions += 1;
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        caller.subscriptions -= 1;
        forgetIdle(userId, caller);
      };
    },
    refuseFurther: () => {
      closing = true;
    },
    close: async () => {
      closing = true;
      clearInterval(tending);
      const empty = new Promise<void>((resolve) => {
        onEmpty = resolve;
      });
      if (callers.size === 0) return;
      for (const { connection } of all()) connection.end('GOING_AWAY');
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_PATIENCE_MS);
      });
      await Promise.race([empty, late]);
      clearTimeout(timer);
    },
  };
};

export const tooMany = (reason: string, limit: number, what: string): Error =>
  fault('RATE_LIMITED', `at most ${limit} ${what} at a time: end some of them first`, {
    reason,
    params: { limit },
    http: { status: 429 },
  });
