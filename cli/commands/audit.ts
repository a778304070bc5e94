/**
 * `tierwarden audit`: exports of the audit log, proofs and checkpoints out of it, its keys; and, without any database, the
 * check of what was exported and the witness.
 */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { asSystem, required, type App } from '../../src/app';
import { formatVerifierKey, hexKeyId } from '../../src/audit';
import { loadConfig } from '../../src/config';
import { systemActor } from '../../src/kernel/actor';
import { ok } from '../../src/kernel/result';
import { versionsFromExport } from '../audit/rebuild';
import { runWitness } from '../audit/witness';
import { writeExport, type ExportRange } from '../audit/write-export';
import { interrupted } from '../interruption';
import { CommandFailed, EXIT_FAILURE, EXIT_UNVERIFIABLE, say, sayJson, UsageError } from '../output';
import {
  checkProof,
  checkRatingProof,
  checkStatement,
  entriesInThread,
  filesOf,
  nodeCrypto,
  RATING_PROOF,
  readKey,
  STATEMENT,
  verifyExport,
  type VerifierKey,
} from '../verify';
import { withApp } from '../with-app';

interface Json {
  readonly json?: true;
}

export const register = (program: Command): void => {
  const audit = program.command('audit').description('export, prove and verify the audit log');
  audit
    .command('export')
    .description('write the log, or entries of a time, into a folder that anybody can verify with the key alone')
    .requiredOption('--out <folder>', 'a folder that is not there yet')
    .option('--from <moment>', 'first entry: an index, or a moment such as 2026-01-31')
    .option('--to <moment>', 'end, exclusive: an index, or a moment')
    .option('--json', 'end with one JSON object: {size, from, to, missing}')
    .action(runExport);
  audit
    .command('verify <path>')
    .description(
      'check an exported folder, a proof file or a signed report; needs no database. 0 intact, 1 broken, 3 unverifiable',
    )
    .requiredOption(
      '--key <key>',
      'verifier key of the log, as `audit key` prints it; given again for each while one is replaced',
      gatherKeys,
    )
    .option('--entry <file>', 'with a proof file: the bytes of the entry, where it does not bring them')
    .option('--json', 'end with one JSON object: the report')
    .action(runVerify);
  audit
    .command('proof [event]')
    .description('print the proof file of an audit event, or of a rating; by its key, or its id of the API')
    .option('--rating <id>', 'instead of an event: a rating, by way of its run')
    .option('--out <file>', 'write it to a file instead')
    .action(runProof);
  audit.command('checkpoint').description('print the newest signed checkpoint').action(runCheckpoint);
  audit
    .command('key')
    .description('print the verifier keys of the log')
    .option('--add', 'make a key and sign with it as well from now on')
    .option('--retire <id>', 'sign with this key no more, by its hex id')
    .option('--json', 'end with one JSON object: {keys}')
    .action(runKey);
  audit
    .command('rebuild <table> <key>')
    .description('print every version of a record from the log alone; the key is an id, or column=value,column=value')
    .option('--from <folder>', 'an exported folder instead of the database; verify it before')
    .option('--json', 'end with one JSON object: {versions}')
    .action(runRebuild);
  audit
    .command('discrepancies')
    .description('print the rows that do not agree with the log')
    .option('--json', 'end with one JSON object: {discrepancies}')
    .action(runDiscrepancies);
  audit
    .command('witness')
    .description('watch a log from outside, and cosign what extends all that was seen before; needs no database')
    .requiredOption('--log <url>', 'address of the log, such as https://host/audit/log')
    .requiredOption('--key <key>', 'verifier key of the log')
    .requiredOption('--folder <folder>', 'where the key of the witness and what it has seen are kept')
    .option('--name <name>', 'name of the witness', 'witness')
    .option('--every <seconds>', 'seconds between two looks', '10')
    .option('--once', 'look once and end')
    .action(witness);
};

/* Out of the database */

interface ExportOptions extends Json {
  readonly out: string;
  readonly from?: string;
  readonly to?: string;
}

const runExport = async ({ out, from, to, json }: ExportOptions): Promise<void> => {
  const bounds = [boundOf('--from', from), boundOf('--to', to)] as const;
  if (isBackwards(bounds)) throw new UsageError('--to comes before --from');
  if (await isThere(out)) throw new CommandFailed(`${out} is there already`);
  await withApp(loadConfig(), async (app) => {
    const range = await rangeOf(app, bounds);
    const exported = await writeExport(app, out, range);
    required(
      await app.unitOfWork.run(asSystem('cli', app.newId()), async (tx) => {
        const { size } = exported;
        tx.record({
          action: 'audit.exported',
          object: { type: 'AuditLog', id: app.config.auditLog.origin },
          data: { ...exported, size },
        });
        return ok(true);
      }),
    );
    if (json) sayJson(exported);
    else if (exported.from === exported.to) say(`no entry is of that range; the tree of ${exported.size} in ${out}`);
    else say(`entries ${exported.from} to ${exported.to} of ${exported.size} in ${out}`);
    if (exported.missing > 0)
      throw new CommandFailed(
        `${exported.missing} events are gone from the database; verification will name the first`,
      );
  });
};

type Bound = { readonly index: number } | { readonly at: Date } | null;

const boundOf = (option: string, text: string | undefined): Bound => {
  if (text === undefined) return null;
  if (/^\d{1,15}$/.test(text)) return { index: Number(text) };
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new UsageError(`${option} is neither an index nor a moment such as 2026-01-31`);
  return { at };
};

const isBackwards = ([from, to]: readonly [Bound, Bound]): boolean => {
  if (from === null || to === null) return false;
  if ('index' in from && 'index' in to) return to.index < from.index;
  return 'at' in from && 'at' in to && to.at < from.at;
};

const rangeOf = async ({ audit: { log } }: App, [from, to]: readonly [Bound, Bound]): Promise<ExportRange | null> => {
  if (from === null && to === null) return null;
  const momentOf = (bound: Bound): Date | null => (bound !== null && 'at' in bound ? bound.at : null);
  const isByTime = momentOf(from) !== null || momentOf(to) !== null;
  const inTime = isByTime
    ? await log.queries.leavesBetween(momentOf(from), momentOf(to))
    : { begin: 0, end: Number.MAX_SAFE_INTEGER };
  const begin = Math.max(inTime.begin, from !== null && 'index' in from ? from.index : 0);
  const end = Math.min(inTime.end, to !== null && 'index' in to ? to.index : Number.MAX_SAFE_INTEGER);
  return { from: begin, to: Math.max(begin, end) };
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The key that is meant by it, or by the id that the API has for it; whoever looked an event up there has no other. */
const keyOf = (type: 'AuditEvent' | 'Rating', text: string): string => {
  const [named, key = ''] = Buffer.from(text, 'base64url').toString('utf8').split(':', 2);
  const id = named === type ? key : text;
  if (!UUID.test(id)) throw new UsageError('an event or a rating is named by its key, a UUID, or by its id of the API');
  return id.toLowerCase();
};

interface ProofOptions {
  readonly rating?: string;
  readonly out?: string;
}

const runProof = async (event: string | undefined, { rating, out }: ProofOptions): Promise<void> => {
  if ((event === undefined) === (rating === undefined)) throw new UsageError('proof takes an event or --rating ID');
  const id = event === undefined ? keyOf('Rating', rating ?? '') : keyOf('AuditEvent', event);
  await withApp(loadConfig(), async (app) => {
    const proof = event === undefined ? await ratingProof(app, id) : (await app.audit.log.queries.proof(id))?.proof;
    if (proof === undefined) throw new CommandFailed('no signed tree holds this event (yet)');
    if (out === undefined) process.stdout.write(proof);
    else await writeFile(out, proof);
  });
};

/** It holds the values that the rating came from: the look is on record before anybody sees them. */
const ratingProof = async (app: App, id: string): Promise<string> => {
  const by = asSystem('cli', app.newId());
  const { customerId, proof } = required(await app.ratings.queries.ratingProof(by.actor, id));
  app.looks.looked(by.actor, by.requestId, { customerId, field: 'ratingProof' });
  await app.looks.flush();
  return proof;
};

const runCheckpoint = (): Promise<void> =>
  withApp(loadConfig(), async (app) => {
    const checkpoint = await app.audit.log.queries.checkpoint();
    if (checkpoint === null) throw new CommandFailed('nothing is signed yet: a worker must run first');
    process.stdout.write(checkpoint.note);
  });

interface KeyOptions extends Json {
  readonly add?: true;
  readonly retire?: string;
}

const runKey = async ({ add, retire, json }: KeyOptions): Promise<void> => {
  if (add && retire !== undefined) throw new UsageError('--add and --retire are two steps: first one, later the other');
  if (retire !== undefined && !/^[0-9a-f]{8}$/.test(retire))
    throw new UsageError('--retire takes the id in the middle of a verifier key');
  await withApp(loadConfig(), async (app) => {
    const { keys } = app.audit.log;
    const before = await keys.load();
    const changed = add ? await keys.add() : retire !== undefined ? await keys.retire(retire) : null;
    if (changed !== null) {
      required(
        await app.unitOfWork.run(asSystem('cli', app.newId()), async (tx) => {
          tx.record({
            action: add ? 'auditKey.added' : 'auditKey.retired',
            object: { type: 'AuditLog', id: app.config.auditLog.origin },
            before: before.map(formatVerifierKey),
            after: changed.map(formatVerifierKey),
          });
          return ok(true);
        }),
      );
    }
    const present = changed ?? before;
    if (present.length === 0) throw new CommandFailed('the log has no key: --add makes one');
    if (json) sayJson({ keys: present.map((key) => ({ id: hexKeyId(key), key: formatVerifierKey(key) })) });
    else present.forEach((key) => say(formatVerifierKey(key)));
  });
};

interface RebuildOptions extends Json {
  readonly from?: string;
}

const runRebuild = async (table: string, key: string, { from, json }: RebuildOptions): Promise<void> => {
  const columns = readColumns(key);
  const versions =
    from === undefined
      ? await withApp(loadConfig(), async (app) =>
          required(await app.audit.completeness.versionsOf(systemActor('cli'), table, columns)),
        )
      : await versionsFromExport(from, table, columns);
  for (const { leafIndex, event, op, state } of versions) {
    say(`${leafIndex} ${event.occurredAt.toISOString()} ${event.action} by ${event.actorId}: ${op}`);
    say(`  ${JSON.stringify(state)}`);
  }
  if (json) sayJson({ versions });
  if (versions.length === 0) throw new CommandFailed(`the log holds no ${table} with this key`);
};

const readColumns = (key: string): Record<string, string> => {
  if (!key.includes('=')) return { id: key };
  const pairs = key.split(',').map((pair) => /^([a-z_]+)=(.*)$/.exec(pair));
  if (pairs.includes(null)) throw new UsageError('a key is an id, or column=value,column=value');
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
};

const runDiscrepancies = ({ json }: Json): Promise<void> =>
  withApp(loadConfig(), async (app) => {
    const discrepancies = await app.audit.completeness.open();
    for (const { table, key, kind, leafIndex, foundAt } of discrepancies) {
      say(`${foundAt.toISOString()} ${kind} ${table} ${key}${leafIndex === null ? '' : ` (leaf ${leafIndex})`}`);
    }
    if (json) sayJson({ discrepancies });
    if (discrepancies.length > 0)
      throw new CommandFailed(`${discrepancies.length} rows do not agree with the audit log`);
    say('no row is known not to agree with the audit log');
  });

/* Without a database */

interface VerifyOptions extends Json {
  readonly key: readonly string[];
  readonly entry?: string;
}

/** Several keys in one value, as `audit key` prints them, are several. */
const gatherKeys = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...text.split(/\s+/).filter((key) => key !== ''),
];

const EXIT = { intact: 0, broken: EXIT_FAILURE, unverifiable: EXIT_UNVERIFIABLE } as const;

const runVerify = async (path: string, { key, entry, json }: VerifyOptions): Promise<void> => {
  const keys = key.map((text): VerifierKey => {
    const read = readKey(nodeCrypto, text);
    if (read === null) throw new UsageError(`${text} is no verifier key of the form name+1a2b3c4d+BASE64`);
    return read;
  });
  const found = await stat(path).catch(() => null);
  if (found === null) throw new CommandFailed(`${path} is not there`, EXIT_UNVERIFIABLE);
  if (found.isDirectory()) {
    const report = await verifyExport(filesOf(path), nodeCrypto, keys, entriesInThread(path));
    const { verdict, problem, firstBadIndex, badBefore, checkpoint } = report;
    const told = { ...report, checkpoint: checkpoint === null ? null : { ...checkpoint, root: btoa(checkpoint.root) } };
    if (verdict !== 'intact') {
      if (json) sayJson(told);
      const where =
        firstBadIndex === null
          ? ''
          : badBefore === firstBadIndex + 1
            ? ` (first bad index ${firstBadIndex})`
            : ` (first bad index from ${firstBadIndex}, before ${badBefore})`;
      throw new CommandFailed(`${verdict}: ${problem}${where}`, EXIT[verdict]);
    }
    say(
      `intact: ${report.entries} entries of ${checkpoint?.size} in ${checkpoint?.origin}, ${report.checkpoints} checkpoints`,
    );
    if (report.range !== null)
      say(`exported: entries ${report.range.from} to ${report.range.to}, with ${report.bodies} bodies`);
    if (report.passedOver > 0)
      say(`${report.passedOver} checkpoints are signed by none of these keys and were passed over`);
    if (json) sayJson(told);
    return;
  }
  const bytes = entry === undefined ? null : await readFile(entry);
  const proof = await readFile(path, 'utf8');
  if (proof.startsWith(RATING_PROOF)) {
    if (bytes !== null)
      throw new UsageError('the proof file of a rating brings its entry: --entry does not go with it');
    sayRating(await checkRatingProof(nodeCrypto, proof, keys), json === true);
    return;
  }
  if (proof.startsWith(STATEMENT)) {
    if (bytes !== null) throw new UsageError('a signed report is whole: --entry does not go with it');
    sayStatement(await checkStatement(nodeCrypto, proof, keys), json === true);
    return;
  }
  const checked = await checkProof(nodeCrypto, proof, bytes, keys);
  demandIntact(checked, json === true);
  const { index, checkpoint } = checked;
  say(`intact: entry ${index} of ${checkpoint.size} in ${checkpoint.origin}`);
  say(new TextDecoder().decode(checked.entry));
  if (json) sayJson({ verdict: 'intact', index, size: checkpoint.size });
};

type Verdict =
  { readonly verdict: 'intact' } | { readonly verdict: 'broken' | 'unverifiable'; readonly problem: string };

/** Throws what there is to say against it. */
function demandIntact<Checked extends Verdict>(
  checked: Checked,
  json: boolean,
): asserts checked is Extract<Checked, { readonly verdict: 'intact' }> {
  const judged: Verdict = checked;
  if (judged.verdict === 'intact') return;
  if (json) sayJson(judged);
  throw new CommandFailed(`${judged.verdict}: ${judged.problem}`, EXIT[judged.verdict]);
}

const sayRating = (checked: Awaited<ReturnType<typeof checkRatingProof>>, json: boolean): void => {
  demandIntact(checked, json);
  const { rating, inRun, event, index, checkpoint } = checked;
  const { customer, asOf, score, modelGrade } = rating;
  say(`intact: customer ${customer} as of ${asOf}: ${modelGrade} by the model, score ${score}`);
  if (inRun !== null) say(`rating ${inRun.index} of ${inRun.size} in run ${event.object.id}`);
  say(`${event.action} at ${event.at}: entry ${index} of ${checkpoint.size} in ${checkpoint.origin}`);
  if (json) sayJson({ verdict: 'intact', rating, inRun, event, index, size: checkpoint.size });
};

const sayStatement = (checked: Awaited<ReturnType<typeof checkStatement>>, json: boolean): void => {
  demandIntact(checked, json);
  say(`intact: ${checked.about} of ${checked.at}`);
  say(checked.said);
  if (json) sayJson(checked);
};

interface WitnessArguments {
  readonly log: string;
  readonly key: string;
  readonly folder: string;
  readonly name: string;
  readonly every: string;
  readonly once?: true;
}

const witness = async ({ log, key, folder, name, every, once }: WitnessArguments): Promise<void> => {
  if (!/^[1-9]\d{0,4}$/.test(every)) throw new UsageError('--every takes a number of seconds from 1');
  if (!/^[^\s+]+$/.test(name)) throw new UsageError('--name has neither blanks nor plus signs');
  if (!URL.canParse(log)) throw new UsageError('--log is no address');
  if (!(await isThere(folder))) throw new CommandFailed(`${folder} is not there`);
  let over = false;
  if (!once) void interrupted().then(() => (over = true));
  const options = {
    url: log.replace(/\/+$/, ''),
    key,
    name,
    keyFile: join(folder, 'witness.key'),
    stateFile: join(folder, 'witness.seen.json'),
    everySeconds: Number(every),
    once: once === true,
  };
  await runWitness(options, () => over);
};

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
