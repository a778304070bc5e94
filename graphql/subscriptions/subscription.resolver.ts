/** What can be watched. Every subscription begins with where things stand, so that nothing is missed before it. */
import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import { concerns, isOpen } from '../../src/approvals';
import { isOpenRun } from '../../src/ratings';
import { valueOrFault, fault } from '../faults';
import { keyOf, toGlobalId } from '../global-id';
import { LiveContext } from './live-context';
import { InboxChange, RequestChange, RunProgress, WarningRaised } from './subscription.types';
import { watch } from './watch';

/** What `subscribe` is given. */
interface Subscribing {
  readonly context: unknown;
  readonly args: Readonly<Record<string, unknown>>;
}

@Resolver()
export class SubscriptionResolver {
  @Subscription(() => InboxChange, {
    description:
      'Requests that wait or waited for the caller, were decided by him, or were made by him, whenever one of them changes.',
    subscribe: ({ context }: Subscribing) => watchInbox(liveOf(context)),
  })
  inboxChanged(@Root() change: InboxChange | undefined): InboxChange {
    return delivered(change);
  }

  @Subscription(() => RequestChange, {
    description: 'One request, now and whenever it changes; ends when it is closed, since it never changes again.',
    subscribe: ({ context, args }: Subscribing) =>
      watchRequest(liveOf(context), keyOf('ChangeRequest', args['id'] as string)),
  })
  requestChanged(
    @Arg('id', () => ID, { description: 'The request.' }) _: string,
    @Root() change: RequestChange | undefined,
  ): RequestChange {
    return delivered(change);
  }

  @Subscription(() => RunProgress, {
    description: 'The progress of one run, now and with every chunk; ends with the run.',
    subscribe: ({ context, args }: Subscribing) => watchRun(liveOf(context), keyOf('RatingRun', args['id'] as string)),
  })
  runProgress(
    @Arg('id', () => ID, { description: 'The run.' }) _: string,
    @Root() progress: RunProgress | undefined,
  ): RunProgress {
    return delivered(progress);
  }

  @Subscription(() => WarningRaised, {
    description: 'Warnings as they are raised, and again where a further event is added to one.',
    subscribe: ({ context }: Subscribing) => watchWarnings(liveOf(context)),
  })
  warningRaised(@Root() raised: WarningRaised | undefined): WarningRaised {
    return delivered(raised);
  }
}

const watchInbox = (context: LiveContext) => {
  const { approvals } = context.app;
  const { reads } = context.broadcast;
  valueOrFault(approvals.queries.mayRead(context.actor));
  return watch<InboxChange>(context, {
    name: 'inboxChanged',
    topic: 'ChangeRequest',
    objectId: null,
    tell: async (viewer, change) => {
      if (change === 'ANYTHING') {
        return approvals.queries.mayRead(viewer).ok ? { event: { requestId: null, version: null } } : 'WITHHELD';
      }
      const found = await reads.request(viewer, change.objectId);
      if (!found.ok || !concerns(found.value, viewer)) return 'WITHHELD';
      const { id, version } = found.value;
      // It has moved on, and every version comes with a signal of its own.
      if (version > change.version) return 'COALESCED';
      return { event: { requestId: toGlobalId('ChangeRequest', id), version } };
    },
  });
};

const watchRequest = async (context: LiveContext, id: string) => {
  const { reads } = context.broadcast;
  valueOrFault(await reads.request(context.actor, id));
  let told = 0;
  return watch<RequestChange>(context, {
    name: 'requestChanged',
    topic: 'ChangeRequest',
    objectId: id,
    tell: async (viewer) => {
      const found = await reads.request(viewer, id);
      if (!found.ok) return 'WITHHELD';
      const { version, state } = found.value;
      if (version === told) return 'COALESCED';
      told = version;
      return { event: { requestId: toGlobalId('ChangeRequest', id), version, state }, last: !isOpen(state) };
    },
  });
};

const watchRun = async (context: LiveContext, id: string) => {
  const { reads } = context.broadcast;
  valueOrFault(await reads.run(context.actor, id));
  let told = '';
  return watch<RunProgress>(context, {
    name: 'runProgress',
    topic: 'RatingRun',
    objectId: id,
    tell: async (viewer) => {
      const found = await reads.run(viewer, id);
      if (!found.ok) return 'WITHHELD';
      const { state, rated, parked, customers: total, version } = found.value;
      const done = rated + parked;
      const news = `${version}/${done}`;
      if (news === told) return 'COALESCED';
      told = news;
      const event = { runId: toGlobalId('RatingRun', id), state, done, total, version };
      return { event, last: !isOpenRun(state) };
    },
  });
};

const watchWarnings = (context: LiveContext) => {
  const { warnings } = context.app;
  const { reads } = context.broadcast;
  valueOrFault(warnings.queries.mayRead(context.actor));
  return watch<WarningRaised>(context, {
    name: 'warningRaised',
    topic: 'Warning',
    objectId: null,
    tell: async (viewer, change) => {
      if (change === 'ANYTHING') {
        return warnings.queries.mayRead(viewer).ok
          ? { event: { warningId: null, severity: null, version: null } }
          : 'WITHHELD';
      }
      const found = await reads.warning(viewer, change.objectId);
      if (!found.ok) return 'WITHHELD';
      const { id, severity, version } = found.value;
      return { event: { warningId: toGlobalId('Warning', id), severity, version } };
    },
  });
};

const liveOf = (context: unknown): LiveContext => {
  if (context instanceof LiveContext) return context;
  throw streamNeeded();
};

/** An event is handed on as it is. Over plain HTTP there is none, since nobody subscribed. */
const delivered = <Event>(event: Event | undefined): Event => {
  if (event === undefined) throw streamNeeded();
  return event;
};

const streamNeeded = (): Error =>
  fault('BAD_USER_INPUT', 'subscriptions are served over WebSocket and event streams only', {
    reason: 'STREAM_NEEDED',
  });
