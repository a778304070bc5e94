/** What a thread of {@link entriesInThread} does: one order, one report. */
import { parentPort, workerData } from 'node:worker_threads';
import { checkEntries, type EntriesOrder } from './entries';
import { filesOf, nodeCrypto } from './node';

const { folder, order } = workerData as { readonly folder: string; readonly order: EntriesOrder };

void checkEntries(filesOf(folder), nodeCrypto, order).then((report) => parentPort?.postMessage(report));
