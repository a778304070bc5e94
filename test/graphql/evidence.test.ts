/** Evidence files as front ends handle them: announced, put, named or attached, got again; and every way to get it wrong. */
import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { keyOf } from '../../graphql/global-id';
import { asSystem } from '../../src/app';
import { useApi, type Loose } from '../support/api';
import type { Handle } from '../support/people';

const api = useApi('sample');

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const PDF = Buffer.from('%PDF-1.7\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n');
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const EXE = Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200, 1)]);

interface Announced {
  readonly name: string;
  readonly mediaType: string;
  readonly size: number;
  readonly sha256: string;
}
const pdf = (over: Partial<Announced> = {}, bytes: Buffer<ArrayBuffer> = PDF): Announced => ({
  name: '合同.pdf',
  mediaType: 'application/pdf',
  size: bytes.length,
  sha256: sha(bytes),
  ...over,
});

const announce = async (who: Handle, input: Announced): Promise<Loose> =>
  (await api.ask(who, 'prepare-evidence-upload', { input })).data['prepareEvidenceUpload'];
const put = async (url: string, body: Buffer<ArrayBuffer>): Promise<{ status: number; body: Loose }> => {
  const response = await fetch(`${api.url}${url}`, { method: 'PUT', body });
  return { status: response.status, body: await response.json() };
};
const stored = async (
  who: Handle,
  bytes: Buffer<ArrayBuffer> = PDF,
  over: Partial<Announced> = {},
): Promise<string> => {
  const { fileId, uploadUrl } = await announce(who, pdf(over, bytes));
  expect(await put(uploadUrl as string, bytes)).toMatchObject({ status: 201 });
  return fileId as string;
};
const isKept = async (fileId: string): Promise<boolean> =>
  (await api.test.asOwner('SELECT FROM evidence_content WHERE file_id = $1', [fileId])).length > 0;

let next = 0;
const override = async (evidence: readonly object[], who: Handle = 'maker'): Promise<Loose> => {
  const page = await api.ask('approver', 'customers', { first: 100, where: { grade: { eq: 'A' } } });
  const customer = page.data['customers'].nodes[next++];
  const input = {
    customerId: customer.id,
    toGrade: 'BBB',
    reasonCode: 'MATERIAL_EVENT',
    justification: 'The main customer of this company has stopped paying.',
    validUntil: '2026-03-01T00:00:00.000Z',
    expectedVersion: 1,
    evidence,
  };
  return (await api.ask(who, 'submit-grade-override', { input })).data['submitGradeOverride'];
};
const requestOf = async (who: Handle, id: string): Promise<Loose> =>
  (await api.ask(who, 'change-request', { id })).data['changeRequest'];

describe('a file', () => {
  it('that a proposal names goes into its digest, stands with it, and is got by whoever sees the request', async () => {
    const fileId = await stored('maker');
    const { request, userErrors } = await override([{ title: 'Contract', fileId }]);
    expect(userErrors).toEqual([]);
    const seen = await requestOf('approver', request.id as string);
    expect(seen.proposal.evidence).toEqual([
      { title: 'Contract', reference: `sha256:${sha(PDF)}`, fileId, sha256: sha(PDF) },
    ]);
    const [evidence] = seen.evidence;
    expect(evidence).toMatchObject({
      fileId,
      title: 'Contract',
      name: '合同.pdf',
      mediaType: 'application/pdf',
      size: PDF.length,
      sha256: sha(PDF),
    });
    const response = await fetch(`${api.url}${evidence.downloadUrl}`);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(PDF);
    expect(response.headers.get('content-type')).toBe('application/pdf');
    expect(response.headers.get('content-disposition')).toMatch(/^attachment/);
    expect(response.headers.get('cache-control')).toContain('no-store');
    await api.app.looks.flush();
    const looks = await api.test.asOwner<{ name: string }>(
      `SELECT person.subject AS name FROM audit_event AS event JOIN app_user AS person ON person.id::text = event.actor_id
       WHERE action = 'sensitive.read' AND convert_from(bytes, 'UTF8') LIKE '%evidence ' || $1 || '%'`,
      [fileId],
    );
    expect(looks).toEqual([{ name: 'approver' }]);
  });

  it('that is attached has no effect on the outcome, and the log holds its digest', async () => {
    const { request } = await override([]);
    const fileId = await stored('approver', PNG, { name: 'scan.PNG', mediaType: 'image/png' });
    const input = { requestId: request.id, fileId, comment: 'Seen on site.' };
    const { attachEvidence: attached } = (await api.ask('approver', 'attach-evidence', { input })).data;
    expect(attached).toMatchObject({ userErrors: [], request: { state: 'IN_REVIEW', version: request.version } });
    const [event] = await api.test.asOwner<{ said: string }>(
      `SELECT convert_from(bytes, 'UTF8') AS said FROM audit_event
       WHERE action = 'request.evidenceAttached' AND object_id = $1`,
      [keyOf('ChangeRequest', request.id as string)],
    );
    expect(event?.said).toContain(fileId);
    expect(event?.said).toContain(sha(PNG));
    const { timeline } = await requestOf('maker', request.id as string);
    expect(timeline.at(-1)).toMatchObject({ verb: 'ATTACH_EVIDENCE', text: 'Seen on site.' });
    const again = (await api.ask('approver', 'attach-evidence', { input })).data['attachEvidence'];
    expect(again.userErrors).toMatchObject([{ code: 'ALREADY_EXISTS' }]);
  });

  it.each([
    ['CSV', 'text/csv', 'ages.csv', Buffer.from('customer,days\n中文,61\n')],
    ['text', 'text/plain', 'note.txt', Buffer.from('plain words')],
  ])('of %s is text in UTF-8', async (_, mediaType, name, bytes) => {
    await stored('maker', bytes, { mediaType, name });
    for (const wrong of [Buffer.from([0xff, 0xfe, 0x41]), Buffer.from('a\0b'), PDF]) {
      const { fileId, uploadUrl } = await announce('maker', pdf({ mediaType, name }, wrong));
      expect(await put(uploadUrl as string, wrong)).toMatchObject({ status: 422, body: { reason: 'MEDIA_TYPE' } });
      expect(await isKept(fileId as string)).toBe(false);
    }
  });
});

describe('refused, and nothing kept, is', () => {
  it.each<[string, Partial<Announced>, Buffer<ArrayBuffer>, object]>([
    ['another digest', { sha256: sha(PNG) }, PDF, { status: 422, body: { code: 'INVALID', reason: 'SHA256' } }],
    ['fewer bytes', { size: PDF.length + 1 }, PDF, { status: 422, body: { code: 'INVALID', reason: 'FILE_SIZE' } }],
    ['more bytes', { size: PDF.length - 1 }, PDF, { status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } }],
    ['a program renamed', {}, EXE, { status: 422, body: { code: 'INVALID', reason: 'MEDIA_TYPE' } }],
    ['a picture called a PDF', {}, PNG, { status: 422, body: { code: 'INVALID', reason: 'MEDIA_TYPE' } }],
  ])('%s', async (_, over, bytes, expected) => {
    const { fileId, uploadUrl } = await announce('maker', { ...pdf({}, bytes), ...over });
    expect(await put(uploadUrl as string, bytes)).toMatchObject(expected);
    expect(await isKept(fileId as string)).toBe(false);
  });

  it.each<[string, Partial<Announced>, object]>([
    [
      'a kind that is not taken',
      { mediaType: 'application/x-msdownload', name: 'a.exe' },
      { messageKey: 'INVALID.MEDIA_TYPE' },
    ],
    ['a name of another kind', { name: 'contract.exe' }, { messageKey: 'INVALID.FILE_NAME' }],
    ['a name with a folder', { name: '../contract.pdf' }, { messageKey: 'INVALID.FILE_NAME' }],
    ['too large a file', { size: 10_485_761 }, { messageKey: 'OUT_OF_RANGE.FILE_SIZE' }],
    ['no digest', { sha256: 'abc' }, { messageKey: 'INVALID.SHA256' }],
  ])('%s, before it is put', async (_, over, expected) => {
    expect(await announce('maker', pdf(over))).toMatchObject({ fileId: null, userErrors: [expected] });
  });

  it('a second upload, and the first stays', async () => {
    const { fileId, uploadUrl } = await announce('maker', pdf());
    await put(uploadUrl as string, PDF);
    expect(await put(uploadUrl as string, PDF)).toMatchObject({ status: 409, body: { code: 'ALREADY_EXISTS' } });
    expect(await isKept(fileId as string)).toBe(true);
  });

  it('a body that goes on and on, before it has ended', async () => {
    const { fileId, uploadUrl } = await announce('maker', pdf());
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sending = httpRequest(`${api.url}${uploadUrl}`, { method: 'PUT' }, (response) => {
        resolve(response.statusCode);
        sending.destroy();
      });
      sending.on('error', reject);
      // In chunks, without saying how many come; the end never does.
      sending.write(Buffer.alloc(PDF.length));
      sending.write(Buffer.alloc(1));
    });
    expect(status).toBe(413);
    expect(await isKept(fileId as string)).toBe(false);
  });

  it('a link that was tampered with, or is over', async () => {
    const { uploadUrl } = await announce('maker', pdf());
    const url = new URL(uploadUrl as string, api.url);
    const other = await announce('maker', pdf());
    const tampered: [string, string][] = [
      ['expires', String(Number(url.searchParams.get('expires')) + 3_600)],
      ['user', keyOf('User', (await api.ask('analyst', 'viewer')).data['viewer'].id as string)],
      ['signature', 'A'.repeat(43)],
      ['signature', ''],
    ];
    for (const [name, value] of tampered) {
      const changed = new URL(url);
      changed.searchParams.set(name, value);
      expect(await put(changed.pathname + changed.search, PDF)).toMatchObject({
        status: 403,
        body: { code: 'FORBIDDEN' },
      });
    }
    expect(await put(`/evidence/${other.fileId}${url.search}`, PDF)).toMatchObject({ status: 403 });
    expect((await fetch(url)).status).toBe(403);
    api.test.clock.advance(11 * 60_000);
    expect(await put(uploadUrl as string, PDF)).toMatchObject({
      status: 410,
      body: { code: 'EXPIRED', reason: 'LINK' },
    });
  });

  it('the file of somebody else, or one that was never put', async () => {
    const fileId = await stored('analyst');
    const { fileId: announcedId } = await announce('maker', pdf());
    const { request } = await override([]);
    const attach = async (id: string): Promise<Loose> =>
      (await api.ask('maker', 'attach-evidence', { input: { requestId: request.id, fileId: id } })).data[
        'attachEvidence'
      ];
    expect(await attach(fileId)).toMatchObject({ userErrors: [{ code: 'NOT_FOUND' }] });
    expect(await attach(announcedId as string)).toMatchObject({
      userErrors: [{ messageKey: 'INVALID_STATE.NOT_STORED' }],
    });
    const named = await override([{ title: 'Not mine', fileId }]);
    expect(named).toMatchObject({ request: null, userErrors: [{ code: 'NOT_FOUND', index: 0 }] });
    const both = await override([{ title: 'Both', reference: 'Shelf 3', fileId }]);
    expect(both).toMatchObject({ userErrors: [{ messageKey: 'INVALID.EVIDENCE_TWICE' }] });
    expect(await override([{ title: 'Neither' }])).toMatchObject({ userErrors: [{ code: 'REQUIRED', index: 0 }] });
  });

  it('to whom the request is not shown, the file', async () => {
    const { request } = await override([{ title: 'Contract', fileId: await stored('maker') }]);
    expect(await requestOf('system', request.id as string)).toBeNull();
    const [evidence] = (await requestOf('approver2', request.id as string)).evidence;
    await api.test.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
    await api.test.asOwner("UPDATE app_user SET active = false WHERE subject = 'approver2'");
    expect((await fetch(`${api.url}${evidence.downloadUrl}`)).status).toBe(403);
    await api.test.asOwner("UPDATE app_user SET active = true WHERE subject = 'approver2'");
  });
});

it('what nobody used in a day is purged, and what stands with a request never is', async () => {
  const unused = await stored('maker');
  const used = await stored('maker');
  await override([{ title: 'Contract', fileId: used }]);
  api.test.clock.advance(25 * 3_600_000);
  const by = asSystem('scheduler', 'test');
  const purged = await api.app.approvals.evidence.purge(by, 100);
  expect(purged.ok && purged.value).toBeGreaterThan(0);
  expect([await isKept(unused), await isKept(used)]).toEqual([false, true]);
  await api.test.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
  await expect(api.test.asOwner('DELETE FROM evidence_content WHERE file_id = $1', [used])).rejects.toThrow(
    /violates foreign key/,
  );
  await expect(
    api.test.asOwner("UPDATE evidence_content SET content = '\\x00' WHERE file_id = $1", [used]),
  ).rejects.toThrow();
});

it('the database takes no other bytes than were announced', async () => {
  const { fileId } = await announce('maker', pdf());
  await expect(
    api.test.asOwner(
      `WITH actor AS (SELECT set_config('tierwarden.actor', owner_id::text, false) FROM evidence_file WHERE id = $1)
       INSERT INTO evidence_content (file_id, content, stored_at) SELECT $1, $2, now() FROM actor`,
      [fileId, PNG],
    ),
  ).rejects.toMatchObject({ code: 'TW006' });
});
