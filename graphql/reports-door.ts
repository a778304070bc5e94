/**
 * Grade reports to print, at /reports/<id of the rating>.pdf. Whoever asks signs in by the token of the API, and the page holds
 * what he may see. It draws nothing itself.
 */
import { Router } from 'express';
import type { App } from '../src/app';
import { IdentityProviderUnavailable } from '../src/identity';
import type { Refusal } from '../src/kernel/refusal';
import { REPORT_LANGUAGES } from '../src/ratings';
import { parseGlobalId } from './global-id';

export const createReportsDoor = (app: App): Router => {
  const router = Router();
  router.get('/:name', async (request, response) => {
    const asked = await app.identity.authenticate(request.headers.authorization).catch(unavailable);
    if (asked === null) {
      response.status(503).json({ error: 'the identity provider does not answer', code: 'SERVICE_UNAVAILABLE' });
      return;
    }
    if (!asked.ok) {
      response.status(401).json({ error: asked.failure.message, code: asked.failure.code });
      return;
    }
    const id = parseGlobalId(request.params.name.replace(/\.pdf$/, ''));
    const wanted = request.query['lang'] ?? 'zh';
    const language = REPORT_LANGUAGES.find((known) => known === wanted);
    if (id?.type !== 'Rating' || !request.params.name.endsWith('.pdf') || language === undefined) {
      response.status(404).json({ error: 'not found' });
      return;
    }
    const printed = await app.ratings.queries.printReport(asked.value, id.key, language);
    response.setHeader('cache-control', 'private, no-store');
    if (!printed.ok) {
      response.status(statusOf(printed.refusal)).json({ error: printed.refusal.message, code: printed.refusal.code });
      return;
    }
    const { customerId, fileName, pdf } = printed.value;
    app.looks.looked(asked.value, `report ${id.key}`, { customerId, field: 'gradeReport' });
    response.setHeader('content-disposition', `inline; filename="${fileName.replace(/[^\w.-]/g, '_')}"`);
    response.type('application/pdf').send(pdf);
  });
  return router;
};

const unavailable = (error: unknown): null => {
  if (error instanceof IdentityProviderUnavailable) return null;
  throw error;
};

const statusOf = ({ code }: Refusal): number => (code === 'FORBIDDEN' ? 403 : code === 'INVALID_STATE' ? 409 : 404);
