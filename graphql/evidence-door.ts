/**
 * Evidence files over plain HTTP, at /evidence/<id>: put once by the link that `prepareEvidenceUpload` gave out, got by the
 * links under `evidence` of a request. A link stands for a token; whoever it was given to must still be there.
 */
import type { Request, Response } from 'express';
import { Router } from 'express';
import type { App } from '../src/app';
import type { LinkUse } from '../src/approvals';
import type { Actor } from '../src/kernel/actor';
import { refusal, type Refusal, type RefusalCode } from '../src/kernel/refusal';
import { ok, refused, type Result } from '../src/kernel/result';

/** To be mounted at /evidence. */
export const createEvidenceDoor = (app: App): Router => {
  const { evidence } = app.approvals;
  const door = Router();

  door.put('/:id', async (request, response) => {
    const holder = await holderOf(app, 'PUT', request);
    if (!holder.ok) return refuse(response, holder.refusal);
    const { id: fileId } = request.params;
    const size = await evidence.announcedSize(holder.value, fileId);
    if (size === null) return refuse(response, refusal('NOT_FOUND', 'no such file'));
    const content = await readExactly(request, size);
    if (content === null) {
      // What is still on its way is not read: the connection ends with the answer.
      response.setHeader('connection', 'close');
      response.status(413).json({ error: `the file was announced with ${size} bytes`, code: 'PAYLOAD_TOO_LARGE' });
      return;
    }
    const by = { actor: holder.value, requestId: request.id as string };
    const stored = await evidence.storeContent(by, { fileId, content });
    if (!stored.ok) return refuse(response, stored.refusal);
    response.setHeader('cache-control', 'no-store');
    response.status(201).json(stored.value);
  });

  door.get('/:id', async (request, response) => {
    const holder = await holderOf(app, 'GET', request);
    if (!holder.ok) return refuse(response, holder.refusal);
    const found = await evidence.download(holder.value, request.params.id);
    if (!found.ok) return refuse(response, found.refusal);
    const { name, mediaType, content, fileId, requestId, customerId } = found.value;
    app.looks.looked(holder.value, `evidence ${fileId} of ${requestId}`, { customerId, field: 'evidence' });
    response.setHeader('cache-control', 'private, no-store');
    // Never shown in place: what came from outside runs nowhere under this address.
    response.setHeader(
      'content-disposition',
      `attachment; filename="${name.replace(/[^\w.-]/g, '_')}"; filename*=UTF-8''${encodeURIComponent(name)}`,
    );
    response.setHeader('content-type', mediaType);
    response.send(content);
  });

  return door;
};

/** Who the link was given to. */
const holderOf = async (app: App, use: LinkUse, { params, query }: Request<{ id: string }>): Promise<Result<Actor>> => {
  const link = await app.approvals.evidence.checkLink(use, params.id, query, app.clock());
  if (!link.ok) return link;
  const actor = await app.identity.queries.actorById(link.value.userId);
  return actor === null ? refused(refusal('FORBIDDEN', 'whom the link was given to is not here any more')) : ok(actor);
};

/** The body, or null as soon as it is longer. */
const readExactly = async (request: Request<{ id: string }>, size: number): Promise<Buffer | null> => {
  if (Number(request.headers['content-length'] ?? 0) > size) return null;
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > size) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
};

const STATUS: Readonly<Partial<Record<RefusalCode, number>>> = {
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  EXPIRED: 410,
};

const refuse = (response: Response, { code, reason, message }: Refusal): void => {
  response.setHeader('cache-control', 'no-store');
  response.status(STATUS[code] ?? 422).json({ error: message, code, ...(reason === undefined ? {} : { reason }) });
};
