/**
 * The audit log over plain HTTP, in the formats of C2SP tlog-tiles, for whoever mirrors and checks it. Checkpoints and hashes
 * are public: they say nothing of what was done. Entries do, and are for people who may read the audit log.
 */
import express, { Router, type RequestHandler, type Response } from 'express';
import type { App } from '../src/app';
import { parseTilePath } from '../src/audit';
import { IdentityProviderUnavailable, permit } from '../src/identity';
import type { Actor } from '../src/kernel/actor';

/** Checkpoints are signed every second. */
const SHORT = 'public, max-age=1';
/** What a tile of a name holds never changes, one that is partial included. */
const FOR_GOOD = 'max-age=31536000, immutable';
const MAX_NOTE_BYTES = 64 * 1024;

/** To be mounted at /audit/log. */
export const createAuditLogDoor = (app: App): Router => {
  const { log } = app.audit;
  const door = Router();

  door.get('/checkpoint', async (_, response) => {
    const checkpoint = await log.queries.checkpoint();
    if (checkpoint === null) return refuse(response, 404, 'nothing is signed yet');
    response.setHeader('cache-control', SHORT);
    open(response);
    response.type('text/plain; charset=utf-8').send(checkpoint.note);
  });

  door.get('/tile/*path', async (request, response) => {
    const tile = parseTilePath(request.path.slice(1));
    if (tile === null) return refuse(response, 404, 'no tile has this name');
    if (tile.level === 'entries') {
      const reader = await readerOf(app, request.headers.authorization);
      if (typeof reader === 'number') return refuse(response, reader, ENTRIES[reader]);
      app.looks.looked(reader, `entries ${tile.index}`, { customerId: null, field: 'auditEntries' });
    }
    const bytes = await log.queries.tile(tile);
    if (bytes === null) return refuse(response, 404, 'the log has no such tile yet');
    response.setHeader('cache-control', `${tile.level === 'entries' ? 'private' : 'public'}, ${FOR_GOOD}`);
    if (tile.level !== 'entries') open(response);
    response.type('application/octet-stream').send(bytes);
  });

  // A witness hands in the checkpoint with its cosignature.
  door.post('/cosignature', express.text({ type: () => true, limit: MAX_NOTE_BYTES }), async (request, response) => {
    const added = await log.witnesses.add(typeof request.body === 'string' ? request.body : '');
    response.setHeader('cache-control', 'no-store');
    if (added.ok) {
      response.status(200).json({ added: added.value });
      return;
    }
    const { code, message } = added.refusal;
    refuse(response, code === 'FORBIDDEN' ? 403 : code === 'NOT_FOUND' ? 404 : 400, message);
  });

  const onlyThese: RequestHandler = (_, response) => refuse(response, 404, 'not found');
  door.use(onlyThese);
  return door;
};

/** For pages of other sites, such as a verifier. */
const open = (response: Response): void => {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('cross-origin-resource-policy', 'cross-origin');
};

const ENTRIES = {
  401: 'entries are for people who may read the audit log: send a token',
  403: 'your roles do not allow reading the audit log',
  503: 'the identity provider does not answer',
} as const;

/** Who may read entries and asks for some; the status of the answer for anybody else. */
const readerOf = async (app: App, credential: string | undefined): Promise<Actor | keyof typeof ENTRIES> => {
  try {
    const asked = await app.identity.authenticate(credential);
    if (!asked.ok) return 401;
    return permit(asked.value, 'audit.read').ok ? asked.value : 403;
  } catch (error) {
    if (error instanceof IdentityProviderUnavailable) return 503;
    throw error;
  }
};

const refuse = (response: Response, status: number, error: string): void => {
  response.setHeader('cache-control', 'no-store');
  if (status === 401) response.setHeader('www-authenticate', 'Bearer');
  response.status(status).json({ error });
};
