/**
 * The life of a scorecard version: drafted from another one, edited, submitted, agreed to by others, live from its date, and
 * retired by the next. Nobody but the approvals room puts a version into effect.
 */
import type { Approvals, RequestHandler, VerbOutcome } from '../approvals';
import { permit } from '../identity';
import type { Initiator } from '../kernel/actor';
import type { Json } from '../kernel/canonical-json';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import type { ReadEnv } from '../platform/read-model';
import type { Tx } from '../platform/unit-of-work';
import { changeDraft, type DraftChanges } from './domain/change-draft';
import { diffDefinitions } from './domain/diff-definitions';
import { lintScorecard } from './domain/lint-scorecard';
import { nextVersionState, type ScorecardVersion, type VersionEvent } from './domain/scorecard-version';
import { versionPayloadSchema, type VersionPayload } from './domain/version-payload';
import type { Models } from './models';
import type { ScorecardDeps } from './scorecard.commands';
import { dueVersionIds, findLiveVersion, findTrial, versionsByIds } from './scorecard.queries';
import { insertDraft, lockScorecards, moveVersion } from './scorecard.store';
import { adoptCutPoints } from './trial.store';

export interface VersionDeps extends ScorecardDeps {
  readonly approvals: Pick<Approvals, 'submit'>;
  readonly models: Models;
  readonly whatIfs: VersionWhatIfs;
}

/** What a version would do to the portfolio, told by the room that rates. */
export interface VersionWhatIfs {
  /** Of exactly this definition; null where there is nobody to be rated. Refuses where it was not looked at, or too long ago. */
  of(tx: Tx, version: ScorecardVersion): Promise<Result<{ readonly trialId: string; readonly impact: Json } | null>>;
  /** The impact as the API shows it. */
  show(impact: Json, identify: ReadEnv['identify']): object;
}

export interface VersionOutcome {
  readonly versionId: string;
  readonly auditEventId: string;
}

const DAY_MS = 86_400_000;
const DECIDE_WITHIN_DAYS = 30;
const PATHS_SHOWN = 50;

/** Draws the next version from any version that there is. Refuses NOT_FOUND.SCORECARD_VERSION and what `changeDraft` refuses. */
export const createDraft = (
  deps: VersionDeps,
  by: Initiator,
  input: { readonly basedOnId: string; readonly changes: DraftChanges },
): Promise<Result<VersionOutcome>> =>
  drafting(deps, by, async (tx) => {
    const base = await versionOf(tx, input.basedOnId);
    if (!base.ok) return base;
    const definition = changeDraft(base.value.definition, input.changes);
    if (!definition.ok) return definition;
    const draft = await insertDraft(tx, base.value, definition.value);
    const auditEventId = tx.record({
      action: 'scorecard.drafted',
      object: { type: 'ScorecardVersion', id: draft.id },
      after: { scorecard: draft.scorecardCode, number: draft.number, digest: draft.digest },
      data: { basedOn: base.value.id },
    });
    return ok({ versionId: draft.id, auditEventId });
  });

export interface DraftHandle {
  readonly versionId: string;
  /** Revision that the editor saw. */
  readonly expectedVersion: number;
}

/** Refuses NOT_FOUND, STALE_VERSION, INVALID_STATE.NOT_A_DRAFT, INVALID_STATE.DRAFT_IN_USE and what `changeDraft` refuses. */
export const editDraft = (
  deps: VersionDeps,
  by: Initiator,
  input: DraftHandle & { readonly changes: DraftChanges },
): Promise<Result<VersionOutcome>> =>
  drafting(deps, by, async (tx) => {
    const draft = await draftOf(tx, input);
    if (!draft.ok) return draft;
    const [used] = await tx.query('SELECT FROM cut_point_set WHERE version_id = $1 LIMIT 1', [draft.value.id]);
    if (used !== undefined) {
      return refuse('INVALID_STATE', 'customers were rated with this draft; draw a new one from it', {
        reason: 'DRAFT_IN_USE',
      });
    }
    const definition = changeDraft(draft.value.definition, input.changes);
    if (!definition.ok) return definition;
    const edited = await moveVersion(tx, draft.value, { definition: definition.value });
    const auditEventId = tx.record({
      action: 'scorecard.edited',
      object: { type: 'ScorecardVersion', id: edited.id },
      before: { digest: draft.value.digest, revision: draft.value.revision },
      after: { digest: edited.digest, revision: edited.revision },
      data: { changes: diffDefinitions(draft.value.definition, edited.definition).map(({ path }) => path) },
    });
    return ok({ versionId: edited.id, auditEventId });
  });

/** Refuses as {@link editDraft} does. What is discarded stays on record. */
export const discardDraft = (deps: VersionDeps, by: Initiator, input: DraftHandle): Promise<Result<VersionOutcome>> =>
  drafting(deps, by, async (tx) => {
    const draft = await draftOf(tx, input);
    if (!draft.ok) return draft;
    const discarded = await move(tx, draft.value, 'DISCARD', 'scorecard.discarded');
    return ok({ versionId: draft.value.id, auditEventId: discarded.eventId });
  });

/**
 * Puts a draft up for decision, with what it would do to the portfolio. Refuses besides POLICY_VIOLATION.SCORECARD_FINDINGS,
 * REQUIRED, EXPIRED.EFFECTIVE_FROM, and INVALID_STATE where that was not looked at; of a model from elsewhere what
 * `Models.open` refuses, as nobody could be rated by it.
 */
export const submitVersion = (
  deps: VersionDeps,
  by: Initiator,
  input: DraftHandle & { readonly effectiveFrom: Date | null; readonly justification: string },
): Promise<Result<VerbOutcome>> =>
  drafting(deps, by, async (tx) => {
    const draft = await draftOf(tx, input);
    if (!draft.ok) return draft;
    const justification = input.justification.trim();
    if (justification === '') {
      return refuse('REQUIRED', 'a new version needs a justification', { field: ['justification'] });
    }
    if (input.effectiveFrom !== null && input.effectiveFrom <= tx.at) {
      return refuse('EXPIRED', 'a version cannot be live from a moment that is over', {
        reason: 'EFFECTIVE_FROM',
        field: ['effectiveFrom'],
      });
    }
    const errors = lintScorecard(draft.value.definition).filter(({ severity }) => severity === 'ERROR');
    if (errors.length > 0) {
      return refuse('POLICY_VIOLATION', `the draft is not fit for review: ${errors[0]?.text.en ?? ''}`, {
        reason: 'SCORECARD_FINDINGS',
        params: { codes: [...new Set(errors.map(({ code }) => code))].join(' '), count: errors.length },
      });
    }
    const model = await deps.models.open(draft.value);
    if (!model.ok) return model;
    const whatIf = await deps.whatIfs.of(tx, draft.value);
    if (!whatIf.ok) return whatIf;
    const { version } = await move(tx, draft.value, 'SUBMIT', 'scorecard.submitted');
    const payload: VersionPayload = {
      scorecard: version.scorecardCode,
      number: version.number,
      basedOnId: version.basedOnId,
      definitionDigest: version.digest,
      effectiveFrom: input.effectiveFrom?.toISOString() ?? null,
      justification,
      trialId: whatIf.value?.trialId ?? null,
    };
    const live = await findLiveVersion(tx.query, version.scorecardCode);
    const changes = live === null ? [] : diffDefinitions(live.definition, version.definition);
    return deps.approvals.submit(tx, {
      kind: 'SCORECARD_VERSION',
      subject: { type: 'ScorecardVersion', id: version.id },
      editorIds: version.developerIds,
      payload,
      base: await baseOf(tx, version),
      impact: {
        changedFromLive: changes.length,
        paths: changes.slice(0, PATHS_SHOWN).map(({ path }) => path),
        whatIf: whatIf.value?.impact ?? null,
      },
      facts: { kind: 'SCORECARD_VERSION' },
      decideBy: new Date(
        Math.min(tx.at.getTime() + DECIDE_WITHIN_DAYS * DAY_MS, input.effectiveFrom?.getTime() ?? Infinity),
      ),
    });
  });

interface VersionImpact {
  readonly changedFromLive: number;
  readonly paths: readonly string[];
  /** Absent from requests of before. */
  readonly whatIf?: Json;
}

export const versionHandler = ({ whatIfs }: Pick<VersionDeps, 'whatIfs'>): RequestHandler => ({
  kind: 'SCORECARD_VERSION',
  currentBase: async (tx, versionId) => {
    await lockScorecards(tx);
    const version = await versionOf(tx, versionId);
    return version.ok ? baseOf(tx, version.value) : null;
  },
  show: (payload) => {
    // Checked when it was written; it cannot have changed since.
    return { __typename: 'ScorecardVersionProposal', ...(payload as VersionPayload) };
  },
  showImpact: (impact, identify) => {
    const { changedFromLive, paths, whatIf } = impact as unknown as VersionImpact;
    return {
      __typename: 'ScorecardVersionImpact',
      changedFromLive,
      paths,
      whatIf: whatIf == null ? null : whatIfs.show(whatIf, identify),
    };
  },
  apply: async (tx, request) => {
    const payload = versionPayloadSchema.parse(request.payload);
    await lockScorecards(tx);
    const version = await versionOf(tx, request.subject.id);
    if (!version.ok) return version;
    if (version.value.digest !== payload.definitionDigest || version.value.state !== 'IN_REVIEW') {
      return refuse('STALE_VERSION', 'this is not the version that was submitted', { reason: 'BASE' });
    }
    const approved = await move(tx, version.value, 'APPROVE', 'scorecard.approved', { request: request.number });
    if (payload.trialId !== null) await adopt(tx, approved.version, payload.trialId);
    const effectiveFrom = payload.effectiveFrom === null ? tx.at : new Date(payload.effectiveFrom);
    if (effectiveFrom > tx.at) {
      await move(tx, approved.version, 'SCHEDULE', 'scorecard.scheduled', {}, { effectiveFrom });
    } else {
      await goLive(tx, approved.version);
    }
    return ok(true);
  },
  ended: async (tx, request) => {
    await lockScorecards(tx);
    const version = await versionOf(tx, request.subject.id);
    if (version.ok && version.value.state === 'IN_REVIEW') {
      await move(tx, version.value, 'RETURN', 'scorecard.returned', { request: request.number });
    }
  },
});

/** What was shown with these cut points comes into effect with these cut points. */
const adopt = async (tx: Tx, version: ScorecardVersion, trialId: string): Promise<void> => {
  const trial = await findTrial(tx.query, trialId);
  if (trial?.version.id !== version.id || trial.version.digest !== version.digest) {
    throw new Error(`trial ${trialId} is not one of scorecard version ${version.id}`);
  }
  for (const { id, digest, cutPoints } of await adoptCutPoints(tx, trial)) {
    const { segment, referenceSize } = cutPoints;
    tx.record({
      action: 'cutPoints.frozen',
      object: { type: 'CutPointSet', id },
      after: { versionId: version.id, segment, referenceSize, digest },
      data: { trial: trialId },
    });
  }
};

/** Puts scheduled versions live whose moment has come, each in a transaction of its own; yields how many. */
export const goLiveDue = async (deps: VersionDeps, by: Initiator, atMost: number): Promise<Result<number>> => {
  const due = await dueVersionIds(deps.database.query, deps.clock(), atMost);
  for (const id of due) {
    await deps.unitOfWork.run(by, async (tx) => {
      await lockScorecards(tx);
      const version = await versionOf(tx, id);
      // Somebody else was faster.
      if (!version.ok || version.value.state !== 'SCHEDULED') tx.unchanged();
      else await goLive(tx, version.value);
      return ok(true);
    });
  }
  return ok(due.length);
};

/** The version of now retires in the same moment. */
const goLive = async (tx: Tx, version: ScorecardVersion): Promise<void> => {
  const live = await findLiveVersion(tx.query, version.scorecardCode);
  if (live !== null) await move(tx, live, 'RETIRE', 'scorecard.retired', { by: version.id });
  const effectiveFrom = version.effectiveFrom ?? tx.at;
  await move(tx, version, 'GO_LIVE', 'scorecard.published', {}, { effectiveFrom });
};

const drafting = async <T>(
  deps: VersionDeps,
  by: Initiator,
  work: (tx: Tx) => Promise<Result<T>>,
): Promise<Result<T>> => {
  const permitted = permit(by.actor, 'scorecard.draft');
  if (!permitted.ok) return permitted;
  return deps.unitOfWork.run(by, async (tx) => {
    await lockScorecards(tx);
    return work(tx);
  });
};

const versionOf = async (tx: Tx, id: string): Promise<Result<ScorecardVersion>> => {
  const [version] = await versionsByIds(tx.query, [id]);
  return version === undefined
    ? refuse('NOT_FOUND', 'there is no such scorecard version', { reason: 'SCORECARD_VERSION' })
    : ok(version);
};

const draftOf = async (tx: Tx, { versionId, expectedVersion }: DraftHandle): Promise<Result<ScorecardVersion>> => {
  const version = await versionOf(tx, versionId);
  if (!version.ok) return version;
  const { state, revision } = version.value;
  if (revision !== expectedVersion) {
    return refuse('STALE_VERSION', `the draft is at version ${revision} now`, {
      field: ['expectedVersion'],
      params: { expected: expectedVersion, current: revision },
    });
  }
  if (state !== 'DRAFT') {
    return refuse('INVALID_STATE', `the version is ${state} and no draft`, {
      reason: 'NOT_A_DRAFT',
      params: { state },
    });
  }
  return version;
};

const move = async (
  tx: Tx,
  version: ScorecardVersion,
  event: VersionEvent,
  action: string,
  data: Readonly<Record<string, string>> = {},
  content: Pick<Partial<ScorecardVersion>, 'effectiveFrom'> = {},
): Promise<{ readonly version: ScorecardVersion; readonly eventId: string }> => {
  const state = nextVersionState(version.state, event);
  if (state === null) throw new Error(`no transition of a scorecard version from ${version.state} by ${event}`);
  const moved = await moveVersion(tx, version, { state, ...content });
  const eventId = tx.record({
    action,
    object: { type: 'ScorecardVersion', id: version.id },
    before: { state: version.state, revision: version.revision },
    after: {
      scorecard: version.scorecardCode,
      number: version.number,
      digest: version.digest,
      state,
      revision: moved.revision,
      ...(moved.effectiveFrom === null ? {} : { effectiveFrom: moved.effectiveFrom.toISOString() }),
    },
    ...(Object.keys(data).length === 0 ? {} : { data }),
  });
  return { version: moved, eventId };
};

/** The draft itself, and what is live while it is decided. */
const baseOf = async (tx: Tx, version: ScorecardVersion): Promise<Json> => ({
  revision: version.revision,
  digest: version.digest,
  live: (await findLiveVersion(tx.query, version.scorecardCode))?.id ?? null,
});
