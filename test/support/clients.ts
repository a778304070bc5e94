/** What front ends use, and the generator of the reference: packages of clients/, which the program itself does without. */
import { join } from 'node:path';
import { PROJECT } from './processes';

export const CLIENT_PACKAGES = join(PROJECT, 'clients', 'node_modules');

/** Call at file level: installs them if they are missing. */
export const useClients = (): void => {
  beforeAll(async () => {
    const { prepareClients } = jest.requireActual<{ prepareClients: () => Promise<void> }>('../../scripts/prepare.js');
    await prepareClients();
  }, 600_000);
};
